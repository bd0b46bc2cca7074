// The operations that can be put into a group, by their names: what `Batch` and `AtomicBatch` have in common.

import {
  OP_ADD,
  OP_APPEND,
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
import { SluiceError } from '../util/errors.ts'
import { conditionFields, expiryFields, setFields } from './record-options.ts'

/** Bytes of a key or a value; text is sent as UTF-8. */
export type Bytes = string | Uint8Array

/**
 * Appends operations. Every method returns the operation's index in the results, and throws KEY_TOO_LARGE,
 * VALUE_TOO_LARGE or INVALID_ARGUMENT for what cannot be sent; the list is as before then. Keys have 1 to 65,535 bytes,
 * values 0 to 8 MiB; they are copied before the method returns.
 */
export abstract class OperationList {
  readonly #nowMs: () => number

  /** @internal */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs
  }

  /** Appends an operation of that code. */
  protected abstract appendOperation(code: number, key: Bytes, fields: OperationFields): number

  /** Appends a read of the value; `value`, `string` and `found` of the results have it. */
  get(key: Bytes): number {
    return this.appendOperation(OP_GET, key, {})
  }

  /** Appends a read of value, version and expiry; `version` and `expiresAtMs` of the results have the latter two. */
  getRecord(key: Bytes): number {
    return this.appendOperation(OP_GET, key, { withExpiry: true })
  }

  /** Appends a question whether there is a record; `found` of the results answers it. */
  exists(key: Bytes): number {
    return this.appendOperation(OP_EXISTS, key, {})
  }

  /** Appends a question when a record expires; `expiresAtMs` of the results answers it. */
  expiry(key: Bytes): number {
    return this.appendOperation(OP_EXISTS, key, { withExpiry: true })
  }

  /** Appends a write, of a new record or over the old one; `met` of the results tells whether its condition held. */
  set(key: Bytes, value: Bytes, options: SetOptions = {}): number {
    return this.appendOperation(OP_SET, key, { ...setFields(options, this.#nowMs), value })
  }

  /** As `set`; `value` of the results has the value before, if there was a record. */
  exchange(key: Bytes, value: Bytes, options: SetOptions = {}): number {
    return this.appendOperation(OP_SET, key, { ...setFields(options, this.#nowMs), value, previous: true })
  }

  /** Appends a deletion; `found` of the results tells whether there was a record, `met` whether the condition held. */
  delete(key: Bytes, options: DeleteOptions = {}): number {
    return this.appendOperation(OP_DELETE, key, conditionFields(options.if))
  }

  /** As `delete`; `value` of the results has the value before, if there was a record. */
  take(key: Bytes, options: DeleteOptions = {}): number {
    return this.appendOperation(OP_DELETE, key, { ...conditionFields(options.if), previous: true })
  }

  /**
   * Appends a change of a record's expiry to `ttlMs` milliseconds from now, or to never for Infinity; `found` and `met`
   * of the results tell whether it took place.
   */
  expire(key: Bytes, ttlMs: number, options: ExpireOptions = {}): number {
    return this.appendOperation(OP_EXPIRE, key, { ...conditionFields(options.if), ...expiryFields(ttlMs, this.#nowMs) })
  }

  /** Appends an addition to a value that is a decimal integer; `number` of the results has the sum. */
  add(key: Bytes, delta: bigint | number = 1n, options: NewRecordOptions = {}): number {
    return this.appendOperation(OP_ADD, key, { delta: wholeNumber(delta), ...expiryFields(options.ttlMs, this.#nowMs) })
  }

  /** Appends bytes behind a value's end; `number` of the results has the value's bytes then. */
  append(key: Bytes, value: Bytes, options: NewRecordOptions = {}): number {
    return this.appendOperation(OP_APPEND, key, { value, ...expiryFields(options.ttlMs, this.#nowMs) })
  }

  /** Appends a write of bytes from `offset` on, with zeros before them; `number` has the value's bytes then. */
  writeRange(key: Bytes, offset: number, value: Bytes, options: NewRecordOptions = {}): number {
    return this.appendOperation(OP_WRITE_RANGE, key, { offset, value, ...expiryFields(options.ttlMs, this.#nowMs) })
  }

  /** Appends a read of up to `bytes` bytes from `offset` on; `value` of the results has them. */
  readRange(key: Bytes, offset: number, bytes: number): number {
    return this.appendOperation(OP_READ_RANGE, key, { offset, bytes })
  }
}

/** A delta as it is sent. Throws INVALID_ARGUMENT for a number that is not exact. */
export function wholeNumber(delta: bigint | number): bigint {
  if (typeof delta === 'bigint') return delta
  if (Number.isSafeInteger(delta)) return BigInt(delta)
  throw new SluiceError('INVALID_ARGUMENT', `delta must be a bigint or a safe integer, not ${delta}`)
}

/** The same bytes, which nobody else can change. */
export function keep(bytes: Bytes): Bytes {
  // `slice` of a Buffer is no copy.
  return typeof bytes === 'string' ? bytes : new Uint8Array(bytes)
}
