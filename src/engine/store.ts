// A store inside the process: synchronous calls, records off the JavaScript heap.
//
// This file is the face; `store-core.ts` has the engine, `operation-writer.ts` writes what goes into it.

import {
  OP_CLEAR,
  OP_COUNT,
  OP_EXISTS,
  OP_GET,
  OP_RANDOM_KEY,
  OP_WITH_VERSION,
  OPTION_PREVIOUS,
  OPTION_WITH_EXPIRY,
  STATUS_MISSING,
  STATUS_OK,
  STATUS_OK_VERSION,
  STATUS_UNMET,
  STATUS_VALUE,
} from '../protocol/codes.ts'
import type { DeleteOptions, ExpireOptions, NewRecordOptions, SetOptions } from '../protocol/write-options.ts'
import type { Exchange, ScanPage, StoredRecord } from './store-answers.ts'
import { StoreBatch } from './store-batch.ts'
import { StoreCore } from './store-core.ts'
import { type Bytes, checkRange } from './store-errors.ts'
import type { BatchOptions, ScanOptions, StoreOptions } from './store-options.ts'
import { PAGE_KEYS_DEFAULT, readPage, walkPages } from './store-scan.ts'
import { type StoreStats, storeStats } from './store-stats.ts'
import { BytesForm, TEXT_FORM, type ValueForm } from './value-form.ts'

/** Buckets of up to twelve records that `maintain` looks at unless told otherwise: some microseconds. */
const MAINTAIN_BUCKETS_DEFAULT = 1_024
const MAINTAIN_BUCKETS_MAX = 2 ** 31 - 1

/**
 * Opens an empty store. It holds its memory until `close`, or until nobody refers to it.
 *
 * ```ts
 * const store = openStore({ maxBytes: 64 * 1024 * 1024, eviction: 'any' })
 * store.set('user:1', 'Ada', { ttlMs: 60_000 })
 * store.get('user:1') // 'Ada'
 * store.getBytes('user:1') // Uint8Array(3) [ 65, 100, 97 ]
 * store.close()
 * ```
 *
 * Throws INVALID_ARGUMENT for an option outside its limits.
 */
export function openStore(options: StoreOptions = {}): Store {
  return new Store(new StoreCore(options), TEXT_FORM)
}

/**
 * A store, made by `openStore`, that hands out keys and values as text; `bytes` is the same store handing out bytes.
 *
 * Keys have 1 to 65,535 bytes, values 0 to 8 MiB. Both may be given as text, stored as UTF-8, or as bytes, which are
 * copied. Text is read as UTF-8; a malformed sequence becomes U+FFFD. A missing record is `undefined` or `false`, and
 * so is a condition that did not hold: neither is an error.
 *
 * Calls throw a `SluiceError`: KEY_TOO_LARGE, VALUE_TOO_LARGE, INVALID_ARGUMENT; NO_MEMORY from those that write, when
 * too little may or can be evicted; CLOSED after `close`. A call that throws did nothing of what it was asked to.
 */
export class Store<Form extends string | Uint8Array = string> {
  readonly #core: StoreCore
  readonly #form: ValueForm<Form>
  #bytes: Store<Uint8Array> | undefined

  /** @internal */
  constructor(core: StoreCore, form: ValueForm<Form>) {
    this.#core = core
    this.#form = form
  }

  /** The same store, handing out keys and values as arrays of bytes that belong to the caller. */
  get bytes(): Store<Uint8Array> {
    this.#bytes ??= new Store(this.#core, new BytesForm())
    return this.#bytes
  }

  /** The value under the key. */
  get(key: Bytes): Form | undefined {
    return this.#core.read(this.#form, key)
  }

  /** As `bytes.get`: the value as bytes that belong to the caller. */
  getBytes(key: Bytes): Uint8Array | undefined {
    return this.bytes.get(key)
  }

  /** Value, version and expiry under the key. */
  getRecord(key: Bytes): StoredRecord<Form> | undefined {
    const core = this.#core
    core.begin().ofKey(OP_GET, key, OPTION_WITH_EXPIRY)
    if (core.run() === STATUS_MISSING) return undefined
    return { value: core.value(this.#form), version: core.version(), expiresAtMs: core.expiresAtMs() }
  }

  /** Whether there is a record. It does not count as a use of it. */
  has(key: Bytes): boolean {
    this.#core.begin().ofKey(OP_EXISTS, key)
    return this.#core.run() === STATUS_OK
  }

  /** Milliseconds that the record has left; Infinity when it does not expire, undefined when there is none. */
  ttlMs(key: Bytes): number | undefined {
    const core = this.#core
    core.begin().ofKey(OP_EXISTS, key, OPTION_WITH_EXPIRY)
    if (core.run() === STATUS_MISSING) return undefined
    const expiresAtMs = core.expiresAtMs()
    return expiresAtMs === Infinity ? Infinity : expiresAtMs - core.time.latestMs
  }

  /** Writes a record, new or over the old one. False when `options.if` did not hold and nothing was written. */
  set(key: Bytes, value: Bytes, options?: SetOptions): boolean {
    this.#core.begin().set(key, value, options, 0, 0)
    return this.#core.run() === STATUS_OK
  }

  /**
   * As `set`, and tells the value before and the version now. A change that depends on what was there:
   *
   * ```ts
   * const seen = store.getRecord('tags')
   * const value = seen === undefined ? 'new' : `${seen.value},new`
   * const { written } = store.exchange('tags', value, { if: seen?.version ?? 'absent' })
   * ```
   */
  exchange(key: Bytes, value: Bytes, options?: SetOptions): Exchange<Form> {
    const core = this.#core
    core.begin().set(key, value, options, OP_WITH_VERSION, OPTION_PREVIOUS)
    const status = core.run()
    const written = status < STATUS_UNMET
    if (status === STATUS_UNMET) return { written, version: undefined, previous: undefined }
    const version = core.version()
    return { written, version, previous: status === STATUS_OK_VERSION ? undefined : core.value(this.#form) }
  }

  /** Deletes a record. False when there was none, or none of the version in `options.if`. */
  delete(key: Bytes, options?: DeleteOptions): boolean {
    this.#core.begin().delete(key, options, 0, 0)
    return this.#core.run() === STATUS_OK
  }

  /** Deletes a record and returns its value. */
  take(key: Bytes): Form | undefined {
    const core = this.#core
    core.begin().delete(key, undefined, 0, OPTION_PREVIOUS)
    return core.run() === STATUS_VALUE ? core.value(this.#form) : undefined
  }

  /**
   * Lets a record expire in `ttlMs` from now, never if Infinity. False when there is none, or `options.if` did not
   * hold.
   */
  expire(key: Bytes, ttlMs: number, options?: ExpireOptions): boolean {
    this.#core.begin().expire(key, ttlMs, options, 0)
    return this.#core.run() === STATUS_OK
  }

  /**
   * Adds to a decimal integer of 64 bits, kept as text; a record that is not there counts as 0. Returns the sum in the
   * type of `delta`: exact as a bigint, rounded beyond 2^53 as a number. The record keeps its expiry. Throws
   * NOT_A_NUMBER and OVERFLOW.
   */
  add(key: Bytes, delta?: number, options?: NewRecordOptions): number
  add(key: Bytes, delta: bigint, options?: NewRecordOptions): bigint
  add(key: Bytes, delta: number | bigint = 1, options?: NewRecordOptions): number | bigint {
    const core = this.#core
    core.begin().add(key, delta, options?.ttlMs, 0)
    core.run()
    return typeof delta === 'bigint' ? core.bigint() : core.number()
  }

  /**
   * Writes behind the end of the value and returns its bytes then. The record keeps its expiry; a new one lives for the
   * store's `ttlMs`.
   * Throws VALUE_TOO_LARGE when the whole would be.
   */
  append(key: Bytes, value: Bytes): number {
    this.#core.begin().append(key, value, 0)
    this.#core.run()
    return this.#core.number()
  }

  /** As `append`, from byte `offset` of the value on; zero bytes fill what lies between its end and there. */
  writeRange(key: Bytes, offset: number, value: Bytes): number {
    this.#core.begin().writeRange(key, offset, value, 0)
    this.#core.run()
    return this.#core.number()
  }

  /**
   * Up to `bytes` bytes of the value from byte `offset` on, as many as there are; undefined when there is no record.
   */
  readRange(key: Bytes, offset: number, bytes: number): Form | undefined {
    const core = this.#core
    core.begin().readRange(key, offset, bytes, 0)
    return core.run() === STATUS_MISSING ? undefined : core.value(this.#form)
  }

  /**
   * One page of all keys, in no order of meaning. Begin with cursor 0 and go on with the page's `cursor` until that is
   * 0. Each record that is there all the time is in at least one page, whatever changes in between; it may be in two. A
   * page holds about `count` keys, or none.
   */
  scan({ cursor = 0, count = PAGE_KEYS_DEFAULT }: ScanOptions = {}): ScanPage<Form> {
    const page = readPage(this.#core, cursor, count)
    return {
      cursor: page.cursor,
      keys: Array.from({ length: page.keyCount }, (_, index) => page.key(this.#form, index)),
    }
  }

  /** All keys, as `scan` gives them. The store may be changed between two of them. */
  *keys(): Generator<Form, void, undefined> {
    for (const page of walkPages(this.#core)) {
      for (let index = 0; index < page.keyCount; index++) yield page.key(this.#form, index)
    }
  }

  /** All records, as `scan` gives their keys; each value is read when it is its turn. */
  *entries(): Generator<[key: Form, value: Form], void, undefined> {
    for (const page of walkPages(this.#core)) {
      for (let index = 0; index < page.keyCount; index++) {
        const value = page.value(this.#form, index)
        if (value !== undefined) yield [page.key(this.#form, index), value]
      }
    }
  }

  /** The values of `entries`. */
  *values(): Generator<Form, void, undefined> {
    for (const page of walkPages(this.#core)) {
      for (let index = 0; index < page.keyCount; index++) {
        const value = page.value(this.#form, index)
        if (value !== undefined) yield value
      }
    }
  }

  /** As `entries`. */
  [Symbol.iterator](): Generator<[key: Form, value: Form], void, undefined> {
    return this.entries()
  }

  /** Some key; undefined when there is none. Every record may be drawn, though not all equally often. */
  randomKey(): Form | undefined {
    this.#core.begin().ofCode(OP_RANDOM_KEY)
    return this.#core.run() === STATUS_MISSING ? undefined : this.#core.value(this.#form)
  }

  /** Records; those that have expired are counted until their memory is given back. */
  get size(): number {
    this.#core.begin().ofCode(OP_COUNT)
    this.#core.run()
    return this.#core.number()
  }

  /** Removes all records. Takes the same time however many there are: their memory is given back in later calls. */
  clear(): void {
    this.#core.begin().ofCode(OP_CLEAR)
    this.#core.run()
  }

  /** An empty batch: operations that are executed with one call of `run`. */
  batch(options?: BatchOptions): StoreBatch<Form> {
    this.#core.checkOpen()
    return new StoreBatch(this.#core, this.#form, options)
  }

  /** The store's numbers. */
  stats(): StoreStats {
    return storeStats(this.#core.engine.stats())
  }

  /**
   * Gives memory of expired and cleared records back, for times in which nothing else happens: writes do so themselves.
   * Looks at `buckets` buckets of up to twelve records, each call where the one before ended.
   */
  maintain(buckets = MAINTAIN_BUCKETS_DEFAULT): void {
    checkRange('buckets', buckets, 1, MAINTAIN_BUCKETS_MAX)
    this.#core.engine.maintain(this.#core.time.nowMs(), buckets)
  }

  /** Lets go of all records and their memory. Every later call throws CLOSED, but this one, which does nothing then. */
  close(): void {
    this.#core.close()
  }

  /** As `close`, for `using`. */
  [Symbol.dispose](): void {
    this.close()
  }
}
