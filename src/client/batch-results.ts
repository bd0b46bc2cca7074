// What became of a batch: views into the replies, by operation. Nothing is copied or allocated for an operation
// until its value is asked for.
//
// The replies' memory belongs to these results while they are reachable: it is never written again, unless the
// caller hands it back with `release`.

import {
  STATUS_ABORTED,
  STATUS_MISSING,
  STATUS_NO_MEMORY,
  STATUS_NOT_A_NUMBER,
  STATUS_OVERFLOW,
  STATUS_TOO_LARGE,
  STATUS_UNMET,
  STATUS_UNMET_VALUE_VERSION,
} from '../protocol/codes.ts'
import { RESULT_SHAPES, STATUSES, type StatusRow } from '../protocol/statuses.ts'
import { assert } from '../util/assert.ts'
import { readU64 } from '../util/bytes.ts'
import { type ErrorCode, type Fate, SluiceError } from '../util/errors.ts'
import type { OwnedBytes } from '../util/owned-bytes.ts'
import { type Columns, STATUS_NOT_DONE, STATUS_UNKNOWN } from './columns.ts'
import type { Pools } from './pools.ts'
import type { MemoryReuse } from './transport.ts'

const VERSION_BYTES = 8

const STATUS_ERRORS: ReadonlyMap<number, readonly [ErrorCode, string]> = new Map([
  [STATUS_NO_MEMORY, ['NO_MEMORY', 'the shard is at its memory limit']],
  [STATUS_NOT_A_NUMBER, ['NOT_A_NUMBER', 'the value is no decimal integer of 64 bits']],
  [STATUS_OVERFLOW, ['OVERFLOW', 'the sum would pass 64 bits']],
  [STATUS_TOO_LARGE, ['VALUE_TOO_LARGE', 'the value would be too large, or the group too much work']],
  [STATUS_ABORTED, ['ABORTED', 'another operation of the atomic group kept all of it from taking effect']],
])

const NO_BYTES = new Uint8Array(0)

// What a status says, one bit each. None is set for an operation that was not answered.
const IS_DONE = 1
const IS_FOUND = 2
const HAS_VALUE = 4
const HAS_VERSION = 8
const IS_MET = 16
const HAS_NUMBER = 32
const HAS_EXPIRY = 64

/** Those bits by status byte. */
const TRAITS = new Uint8Array(256)
for (const row of STATUSES) TRAITS[row.code] = traitsOf(row)

/** A reply that holds values of a batch, and whom to tell that nobody reads it any more. */
export interface Source {
  readonly bytes: Uint8Array
  readonly reuse: MemoryReuse | undefined
}

/**
 * The results of a batch, by the index that the operation's append returned.
 *
 * ```ts
 * const batch = client.batch()
 * const name = batch.get('name')
 * const seen = batch.exists('seen')
 * const results = await batch.send()
 * console.log(results.string(name), results.found(seen))
 * ```
 *
 * Every method throws INVALID_ARGUMENT for an index that is not in the batch, and CLOSED after `release`.
 */
export class BatchResults {
  readonly #pools: Pools
  #columns: Columns | undefined
  #length: number
  readonly #sources: readonly Source[]
  readonly #failures: readonly SluiceError[]
  /** The sources as buffers, whose `toString` decodes a range without a view; made when first asked for. */
  #texts: Buffer[] | undefined

  /** @internal */
  constructor(
    columns: Columns,
    length: number,
    sources: readonly Source[],
    failures: readonly SluiceError[],
    pools: Pools,
  ) {
    this.#columns = columns
    this.#length = length
    this.#sources = sources
    this.#failures = failures
    this.#pools = pools
  }

  /** Operations in the batch; 0 after `release`. */
  get length(): number {
    return this.#length
  }

  /** The errors that kept operations from being answered: empty in the results that `send` resolves to. */
  get failures(): readonly SluiceError[] {
    return this.#failures
  }

  /** The status byte of the protocol (`STATUS_*` of `sluice/protocol`); 0xfe for `not-done`, 0xff for `unknown`. */
  status(index: number): number {
    return this.#at(index).statuses[index] as number
  }

  /**
   * What is known of the operation: `done` unless its shard could not execute it or it was not answered. An operation
   * whose condition did not hold is done.
   */
  fate(index: number): Fate {
    const status = this.status(index)
    if (status === STATUS_UNKNOWN) return 'unknown'
    return this.#has(index, IS_DONE) ? 'done' : 'not-done'
  }

  /**
   * Why the operation was not done: NO_MEMORY, NOT_A_NUMBER, OVERFLOW, VALUE_TOO_LARGE, ABORTED, or what kept it from
   * being answered. Undefined when it was done.
   */
  error(index: number): SluiceError | undefined {
    const fate = this.fate(index)
    if (fate === 'done') return undefined
    const columns = this.#at(index)
    const status = columns.statuses[index] as number
    if (status < STATUS_NOT_DONE) return errorOfStatus(status)
    const failure = this.#failures[columns.sources[index] as number]
    assert(failure !== undefined, 'an operation that was not answered has a failure')
    return failure
  }

  /** Whether there was a record: for get, exists and delete. True for a set that was done and whose condition held. */
  found(index: number): boolean {
    return this.#has(index, IS_FOUND)
  }

  /** Whether the operation was done and its condition held; true when it had none. */
  met(index: number): boolean {
    return this.#has(index, IS_MET)
  }

  /** @internal Whether the operation gave a number. */
  hasNumber(index: number): boolean {
    return this.#has(index, HAS_NUMBER)
  }

  /** The number that an add, append or writeRange gave. Throws INVALID_ARGUMENT when there is none. */
  number(index: number): bigint {
    if (!this.hasNumber(index)) throw new SluiceError('INVALID_ARGUMENT', `operation ${index} gave no number`)
    return BigInt.asIntN(64, readU64(this.source(index), this.valueStart(index)))
  }

  /**
   * When the record of a getRecord or expiry expires, in ms since 1970; Infinity for never, undefined when there is no
   * record.
   */
  expiresAtMs(index: number): number | undefined {
    if (!this.#has(index, HAS_EXPIRY)) return undefined
    const expiresAtMs = Number(readU64(this.source(index), this.valueStart(index) - 2 * VERSION_BYTES))
    return expiresAtMs === 0 ? Infinity : expiresAtMs
  }

  /** Whether the result has a value, which may be empty: that of a record which a get found. */
  hasValue(index: number): boolean {
    return this.#has(index, HAS_VALUE)
  }

  /**
   * The value that a get found, as a view into the reply; undefined when there was none. The view keeps the whole
   * reply in memory: copy it (`slice`) to keep it for long, or past `release`.
   */
  value(index: number): Uint8Array | undefined {
    if (!this.hasValue(index)) return undefined
    const bytes = this.source(index)
    return new Uint8Array(bytes.buffer, bytes.byteOffset + this.valueStart(index), this.valueBytes(index))
  }

  /** @internal The value as bytes of the caller's own; undefined when there is none. */
  ownedValue(index: number, owned: OwnedBytes): Uint8Array | undefined {
    if (!this.hasValue(index)) return undefined
    return owned.copy(this.source(index), this.valueStart(index), this.valueBytes(index))
  }

  /** As `value`, decoded as UTF-8 (a malformed sequence becomes U+FFFD). */
  string(index: number): string | undefined {
    if (!this.hasValue(index)) return undefined
    const source = this.#at(index).sources[index] as number
    this.#texts ??= this.#sources.map(({ bytes }) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))
    const start = this.valueStart(index)
    return this.#texts[source]?.toString('utf8', start, start + this.valueBytes(index))
  }

  /** The record's version, in a batch with versions; 0n for an operation that has none, such as a get of no record. */
  version(index: number): bigint {
    if (!this.#has(index, HAS_VERSION)) return 0n
    return readU64(this.source(index), this.valueStart(index) - VERSION_BYTES)
  }

  /**
   * The reply that the value lies in, for loops that read values in place: from `valueStart(index)`,
   * `valueBytes(index)` bytes. Read only; empty for an operation that was not answered.
   */
  source(index: number): Uint8Array {
    const columns = this.#at(index)
    if ((columns.statuses[index] as number) >= STATUS_NOT_DONE) return NO_BYTES
    return this.#sources[columns.sources[index] as number]?.bytes ?? NO_BYTES
  }

  /** Where the value begins in its source. Meaningless when `valueBytes` is 0. */
  valueStart(index: number): number {
    return this.#at(index).starts[index] as number
  }

  /** Bytes of the value; 0 when there is none. */
  valueBytes(index: number): number {
    return this.#at(index).lengths[index] as number
  }

  /**
   * Optional: hands the memory back for later batches, which saves its allocation. The results and every view and
   * source taken from them must not be used any more: another batch may write there. Calling it again does nothing.
   */
  release(): void {
    const columns = this.#columns
    if (columns === undefined) return
    this.#columns = undefined
    this.#length = 0
    this.#texts = undefined
    for (const { bytes, reuse } of this.#sources) reuse?.release(bytes)
    this.#pools.columns.give(columns)
  }

  #has(index: number, trait: number): boolean {
    return ((TRAITS[this.#at(index).statuses[index] as number] as number) & trait) !== 0
  }

  #at(index: number): Columns {
    const columns = this.#columns
    if (columns !== undefined && index >= 0 && index < this.#length) return columns
    throw columns === undefined
      ? new SluiceError('CLOSED', 'the results were released')
      : new SluiceError('INVALID_ARGUMENT', `the batch has no operation ${index}`)
  }
}

function errorOfStatus(status: number): SluiceError {
  const [code, message] = STATUS_ERRORS.get(status) ?? ['NOT_EXECUTED', `the server answered ${STATUSES[status]?.name}`]
  return new SluiceError(code, message)
}

function traitsOf({ code, shape, isDone }: StatusRow): number {
  if (!isDone) return 0
  const { hasLength, stampBytes, numberBytes } = RESULT_SHAPES[shape]
  const isMet = code < STATUS_UNMET || code > STATUS_UNMET_VALUE_VERSION
  let traits = IS_DONE
  if (isMet) traits |= IS_MET
  if (isMet && code !== STATUS_MISSING) traits |= IS_FOUND
  if (hasLength) traits |= HAS_VALUE
  if (stampBytes > 0) traits |= HAS_VERSION
  if (stampBytes > VERSION_BYTES) traits |= HAS_EXPIRY
  if (numberBytes > 0) traits |= HAS_NUMBER
  return traits
}
