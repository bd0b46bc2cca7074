// The client: promise calls and batches over one set of connections. It holds no logic of its own; calls go to the
// batcher of their lane, batches to the dispatcher.

import type { Topology } from '../cluster/topology.ts'
import {
  OP_ADD,
  OP_APPEND,
  OP_CLEAR,
  OP_COUNT,
  OP_DELETE,
  OP_EXISTS,
  OP_EXPIRE,
  OP_GET,
  OP_READ_RANGE,
  OP_SET,
  OP_WRITE_RANGE,
} from '../protocol/codes.ts'
import type { OperationFields } from '../protocol/operation-head.ts'
import type { DeleteOptions, ExpireOptions, NewRecordOptions, SetOptions } from '../protocol/write-options.ts'
import { decodeUtf8 } from '../util/bytes.ts'
import { SluiceError } from '../util/errors.ts'
import { AtomicBatch } from './atomic-batch.ts'
import { Batch, type BatchOptions } from './batch.ts'
import { BatchError } from './batch-error.ts'
import type { CallOptions } from './call-limits.ts'
import {
  type StoredRecord,
  WANTS_BYTES,
  WANTS_EXPIRY,
  WANTS_FOUND,
  WANTS_MET,
  WANTS_NOTHING,
  WANTS_NUMBER,
  WANTS_RECORD,
  WANTS_TEXT,
  WANTS_VERSION,
} from './call-outcome.ts'
import { Calls } from './calls.ts'
import { type ScannedRecord, type ScanOptions, scanKeys, scanRecords } from './cluster-scan.ts'
import type { Dispatcher, SendOptions } from './dispatcher.ts'
import { ofEveryShard } from './every-shard.ts'
import { type Bytes, wholeNumber } from './operation-list.ts'
import { conditionFields, expiryFields, setFields } from './record-options.ts'

/** The counters of one shard thread, by the names that its server gives them. */
export type ThreadStats = Readonly<Record<string, unknown>>

/**
 * A connected client, made by `connect`.
 *
 * ```ts
 * const client = await connect('127.0.0.1')
 * await client.set('greeting', 'hello')
 * await client.getString('greeting') // 'hello'
 * await client.close()
 * ```
 *
 * Keys have 1 to 65,535 bytes, values 0 to 8 MiB; text is sent as UTF-8, and all of it is copied before a call returns.
 * Calls made in the same turn share a frame: make many at once (`Promise.all`, many callers) rather than one after the
 * other, or use `batch()`. Calls on one shard run in the order in which they were made, batches included; between shards
 * there is no order.
 *
 * Every call rejects with a `SluiceError`: KEY_TOO_LARGE, VALUE_TOO_LARGE or INVALID_ARGUMENT before anything is sent;
 * NO_MEMORY when the shard is full; TIMEOUT after `timeoutMs`; NOT_EXECUTED when the server kept refusing; DISCONNECTED
 * or PROTOCOL when the connection was lost; QUEUE_FULL when the client is not to wait; CLOSED after `close` or `destroy`.
 * Its `fate` tells whether the operation took effect. Connections are opened again by themselves.
 */
export class Client {
  readonly #dispatcher: Dispatcher
  readonly #calls: Calls
  readonly #nowMs: () => number

  /** @internal */
  constructor(dispatcher: Dispatcher) {
    this.#dispatcher = dispatcher
    this.#calls = new Calls(dispatcher)
    this.#nowMs = () => dispatcher.clock.nowMs()
  }

  /** The topology by which operations are routed now. */
  get topology(): Topology {
    return this.#dispatcher.topology
  }

  /** The value under the key, or undefined when there is none. The bytes are the caller's own. */
  get(key: Bytes, options?: CallOptions): Promise<Uint8Array | undefined> {
    return this.#calls.ofKey(WANTS_BYTES, OP_GET, key, options) as Promise<Uint8Array | undefined>
  }

  /** The value as text, or undefined when there is none. A malformed UTF-8 sequence becomes U+FFFD. */
  getString(key: Bytes, options?: CallOptions): Promise<string | undefined> {
    return this.#calls.ofKey(WANTS_TEXT, OP_GET, key, options) as Promise<string | undefined>
  }

  /**
   * The value as `JSON.parse` reads it, or undefined when there is no record. What it is, is the caller's word. Rejects
   * with INVALID_ARGUMENT when the value is no JSON.
   */
  async getJson<T = unknown>(key: Bytes, options?: CallOptions): Promise<T | undefined> {
    const text = await this.getString(key, options)
    if (text === undefined) return undefined
    try {
      return JSON.parse(text) as T
    } catch (cause) {
      throw new SluiceError('INVALID_ARGUMENT', 'the value is no JSON', { cause })
    }
  }

  /** Value, version and expiry, or undefined when there is no record. */
  getRecord(key: Bytes, options?: CallOptions): Promise<StoredRecord | undefined> {
    return this.#calls.operation(WANTS_RECORD, OP_GET, key, { withExpiry: true }, options) as Promise<
      StoredRecord | undefined
    >
  }

  /** The values under the keys, in their order; undefined where there is none. One promise for all of them. */
  getMany(keys: readonly Bytes[], options?: CallOptions): Promise<(Uint8Array | undefined)[]> {
    return this.#calls.gather(keys, 'bytes', options) as Promise<(Uint8Array | undefined)[]>
  }

  /** As `getMany`, with the values as text. */
  getManyStrings(keys: readonly Bytes[], options?: CallOptions): Promise<(string | undefined)[]> {
    return this.#calls.gather(keys, 'text', options) as Promise<(string | undefined)[]>
  }

  /**
   * Milliseconds that the record has left, by this machine's clock; Infinity when it does not expire, undefined when there
   * is none.
   */
  async ttlMs(key: Bytes, options?: CallOptions): Promise<number | undefined> {
    const expiresAtMs = await this.#calls.operation(WANTS_EXPIRY, OP_EXISTS, key, { withExpiry: true }, options)
    return typeof expiresAtMs === 'number' ? Math.max(expiresAtMs - this.#nowMs(), 0) : undefined
  }

  /** Whether there is a record under the key. */
  exists(key: Bytes, options?: CallOptions): Promise<boolean> {
    return this.#calls.ofKey(WANTS_FOUND, OP_EXISTS, key, options) as Promise<boolean>
  }

  /**
   * Writes a record, new or over the old one. Resolves to whether it was written: false only when the condition `if` did
   * not hold.
   */
  set(key: Bytes, value: Bytes, options?: SetOptions & CallOptions): Promise<boolean> {
    if (options === undefined) return this.#calls.set(WANTS_MET, key, value) as Promise<boolean>
    return this.#write(WANTS_MET, OP_SET, key, options, (given) => ({ ...setFields(given, this.#nowMs), value }))
  }

  /** As `set`, of a value as `JSON.stringify` writes it. Rejects with INVALID_ARGUMENT when it cannot. */
  async setJson(key: Bytes, value: unknown, options?: SetOptions & CallOptions): Promise<boolean> {
    return this.set(key, textOf(value), options)
  }

  /**
   * Writes several records; of a key that is there twice the later value stays. Rejects with BatchError when some were not
   * written.
   */
  async setMany(
    entries: Iterable<readonly [key: Bytes, value: Bytes]>,
    options?: SetOptions & SendOptions,
  ): Promise<void> {
    const batch = this.batch()
    for (const [key, value] of entries) batch.set(key, value, options)
    await this.#sendAll(batch, options)
  }

  /**
   * Writes the value if the record's version is still `version`, as `getRecord` gave it. Resolves to the record's new
   * version, or undefined when it has another one or is gone. As with `set`, its expiry goes unless the options say
   * otherwise.
   */
  compareAndSet(
    key: Bytes,
    value: Bytes,
    version: bigint,
    options?: Omit<SetOptions, 'if'> & CallOptions,
  ): Promise<bigint | undefined> {
    return this.#write(WANTS_VERSION, OP_SET, key, options, (given) => {
      return { ...setFields({ ...given, if: version }, this.#nowMs), value, withVersion: true }
    })
  }

  /** Writes the value and resolves to the one before, undefined when there was no record. */
  exchange(key: Bytes, value: Bytes, options?: Omit<SetOptions, 'if'> & CallOptions): Promise<Uint8Array | undefined> {
    return this.#write(WANTS_BYTES, OP_SET, key, options, (given) => {
      return { ...setFields(given, this.#nowMs), value, previous: true }
    })
  }

  /** Deletes a record; whether there was one, of the version that was asked for. */
  delete(key: Bytes, options?: DeleteOptions & CallOptions): Promise<boolean> {
    if (options === undefined) return this.#calls.ofKey(WANTS_FOUND, OP_DELETE, key, undefined) as Promise<boolean>
    return this.#write(WANTS_FOUND, OP_DELETE, key, options, (given) => conditionFields(given.if))
  }

  /** Deletes a record and resolves to its value, undefined when there was none. */
  take(key: Bytes, options?: CallOptions): Promise<Uint8Array | undefined> {
    return this.#write(WANTS_BYTES, OP_DELETE, key, options, () => ({ previous: true }))
  }

  /** Deletes the records; resolves to how many there were. Rejects with BatchError when some were not looked at. */
  async deleteMany(keys: Iterable<Bytes>, options?: SendOptions): Promise<number> {
    const batch = this.batch()
    for (const key of keys) batch.delete(key)
    return this.#sendAll(batch, options)
  }

  /**
   * Lets a record expire `ttlMs` milliseconds from now on, or never for Infinity. Resolves to whether there is a record and
   * the condition held.
   */
  expire(key: Bytes, ttlMs: number, options?: ExpireOptions & CallOptions): Promise<boolean> {
    return this.#write(WANTS_FOUND, OP_EXPIRE, key, options, (given) => {
      return { ...conditionFields(given.if), ...expiryFields(ttlMs, this.#nowMs) }
    })
  }

  /**
   * Adds to a value that is a decimal integer of 64 bits, 0 when there is no record; resolves to the sum. Rejects with
   * NOT_A_NUMBER or OVERFLOW, and nothing has changed then.
   */
  add(key: Bytes, delta: bigint | number = 1n, options?: NewRecordOptions & CallOptions): Promise<bigint> {
    return this.#write(WANTS_NUMBER, OP_ADD, key, options, (given) => {
      return { delta: wholeNumber(delta), ...expiryFields(given.ttlMs, this.#nowMs) }
    })
  }

  /** Writes behind a value's end; resolves to the bytes that the value has then. */
  append(key: Bytes, value: Bytes, options?: NewRecordOptions & CallOptions): Promise<number> {
    return this.#write<bigint, NewRecordOptions>(WANTS_NUMBER, OP_APPEND, key, options, (given) => {
      return { value, ...expiryFields(given.ttlMs, this.#nowMs) }
    }).then(Number)
  }

  /** Writes into a value from byte `offset` on, after zeros if it ends before; resolves to the bytes that it has then. */
  writeRange(key: Bytes, offset: number, value: Bytes, options?: NewRecordOptions & CallOptions): Promise<number> {
    return this.#write<bigint, NewRecordOptions>(WANTS_NUMBER, OP_WRITE_RANGE, key, options, (given) => {
      return { offset, value, ...expiryFields(given.ttlMs, this.#nowMs) }
    }).then(Number)
  }

  /** Up to `bytes` bytes of a value from byte `offset` on, as many as there are; undefined when there is no record. */
  readRange(key: Bytes, offset: number, bytes: number, options?: CallOptions): Promise<Uint8Array | undefined> {
    return this.#calls.operation(WANTS_BYTES, OP_READ_RANGE, key, { offset, bytes }, options) as Promise<
      Uint8Array | undefined
    >
  }

  /**
   * All keys of the cluster, in no order of meaning. A key that is there from the beginning to the end is listed at least
   * once, whatever changes in between; one that comes or goes meanwhile may be.
   *
   * ```ts
   * for await (const key of client.scanStrings()) console.log(key)
   * ```
   */
  scan(options: ScanOptions = {}): AsyncGenerator<Uint8Array, void, undefined> {
    return scanKeys(this.#dispatcher, this.#calls, options, (page, start, end) => page.slice(start, end))
  }

  /** As `scan`, with the keys as text. */
  scanStrings(options: ScanOptions = {}): AsyncGenerator<string, void, undefined> {
    return scanKeys(this.#dispatcher, this.#calls, options, decodeUtf8)
  }

  /**
   * All records, as `scan` lists their keys; those that are gone before they are read are left out. The values of one page
   * are in memory together: ask for fewer keys a page when they are large.
   */
  scanRecords(options: ScanOptions = {}): AsyncGenerator<ScannedRecord, void, undefined> {
    return scanRecords(this.#dispatcher, this.#calls, options)
  }

  /** The number of records in the cluster; some that have expired may be counted. Each shard is asked at its own time. */
  async count(options?: CallOptions): Promise<number> {
    const counts = await ofEveryShard(this.#dispatcher, this.#calls, WANTS_NUMBER, OP_COUNT, options)
    return counts.reduce<number>((sum, count) => sum + Number(count), 0)
  }

  /**
   * Removes all records of the cluster: each shard's at one instant, but not all at the same. When some shards fail, it
   * rejects with a message that names them, and the others are empty.
   */
  async clear(options?: CallOptions): Promise<void> {
    await ofEveryShard(this.#dispatcher, this.#calls, WANTS_NOTHING, OP_CLEAR, options)
  }

  /** An empty batch: the fast way to send many operations. Throws CLOSED after `close` or `destroy`. */
  batch(options?: BatchOptions): Batch {
    if (this.#dispatcher.closeReason !== undefined) throw this.#dispatcher.closeReason
    return new Batch(this.#dispatcher, options)
  }

  /** An empty atomic batch: all of its operations take effect, or none. Throws CLOSED after `close` or `destroy`. */
  atomic(options: BatchOptions = {}): AtomicBatch {
    if (this.#dispatcher.closeReason !== undefined) throw this.#dispatcher.closeReason
    return new AtomicBatch(this.#dispatcher, options.withVersions === true)
  }

  /**
   * Resolves when less than `queueBytesMax` bytes wait for each server, and no call waits for room. Whoever makes calls
   * without awaiting them awaits this now and then, or memory grows with what the servers have not taken yet.
   */
  ready(): Promise<void> {
    if (this.#dispatcher.closeReason !== undefined) return Promise.reject(this.#dispatcher.closeReason)
    return this.#dispatcher.ready()
  }

  /**
   * The numbers of every shard thread that the client is connected to: with `via: 'public'` that is one of each node.
   * Rejects with DISCONNECTED when one of them cannot be reached.
   */
  async stats(): Promise<ThreadStats[]> {
    if (this.#dispatcher.closeReason !== undefined) throw this.#dispatcher.closeReason
    const replies = await this.#dispatcher.admin('{"command":"stats"}')
    return replies.map(parseStats)
  }

  /** Sends and finishes every call made so far, then closes the connections. Later calls reject with CLOSED. */
  close(): Promise<void> {
    return this.#dispatcher.close()
  }

  /** Closes the connections at once; writes that were sent and not answered reject with fate `unknown`. */
  destroy(error?: Error): void {
    this.#dispatcher.destroy(error)
  }

  /** As `close`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** A write whose fields follow from its options. */
  async #write<T, Options extends object = CallOptions>(
    want: number,
    code: number,
    key: Bytes,
    options: (Options & CallOptions) | undefined,
    fieldsOf: (options: Options) => OperationFields,
  ): Promise<T> {
    const fields = fieldsOf(options ?? ({} as Options))
    return (await this.#calls.operation(want, code, key, fields, options)) as T
  }

  async #sendAll(batch: Batch, options: SendOptions | undefined): Promise<number> {
    const results = await batch.send(options)
    let found = 0
    for (let index = 0; index < results.length; index++) {
      const error = results.error(index)
      if (error !== undefined) throw new BatchError(error, results)
      if (results.found(index)) found++
    }
    results.release()
    return found
  }
}

function textOf(value: unknown): string {
  let text: string | undefined
  try {
    text = JSON.stringify(value)
  } catch (cause) {
    throw new SluiceError('INVALID_ARGUMENT', 'the value cannot be written as JSON', { cause })
  }
  if (text === undefined) throw new SluiceError('INVALID_ARGUMENT', `JSON has no ${typeof value}`)
  return text
}

function parseStats(reply: string): ThreadStats {
  const stats: unknown = JSON.parse(reply)
  if (typeof stats === 'object' && stats !== null) return { ...stats }
  throw new SluiceError('PROTOCOL', 'the server sent no statistics')
}
