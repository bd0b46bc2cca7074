// What the promise of a single call resolves to, by what its caller wants of the result.

import { assert } from '../util/assert.ts'
import { SluiceError } from '../util/errors.ts'
import type { OwnedBytes } from '../util/owned-bytes.ts'
import type { BatchResults } from './batch-results.ts'

/** The value, copied; undefined when there is none. */
export const WANTS_BYTES = 0
/** The value as text. */
export const WANTS_TEXT = 1
/** Whether there was a record. */
export const WANTS_FOUND = 2
/** Nothing but that it is done. */
export const WANTS_NOTHING = 3
/** Whether the condition held. */
export const WANTS_MET = 4
/** The number. */
export const WANTS_NUMBER = 5
/** The record's new version; undefined when the condition did not hold. */
export const WANTS_VERSION = 6
/** Value, version and expiry; undefined when there is no record. */
export const WANTS_RECORD = 7
/** The expiry, of a result that has one; undefined when there is no record. */
export const WANTS_EXPIRY = 8

/** A record as `getRecord` found it. */
export interface StoredRecord {
  /** The caller's own. */
  readonly value: Uint8Array
  /** Grows with every change of the record; `{ if: version }` lets a write take effect only while it is the same. */
  readonly version: bigint
  /** Milliseconds since 1970 at which the record is gone; Infinity for never. */
  readonly expiresAtMs: number
}

/** Why there is no outcome of operation `index`: what kept it from being done, or a result of another kind. */
export function failureOf(results: BatchResults, index: number, want: number): SluiceError | undefined {
  const error = results.error(index)
  if (error !== undefined || want !== WANTS_NUMBER || results.hasNumber(index)) return error
  return new SluiceError('PROTOCOL', 'the server answered with no number', { fate: 'unknown' })
}

/** The outcome of operation `index`, which has no failure. */
export function outcomeOf(results: BatchResults, index: number, want: number, owned: OwnedBytes): unknown {
  switch (want) {
    case WANTS_BYTES:
      return results.ownedValue(index, owned)
    case WANTS_TEXT:
      return results.string(index)
    case WANTS_FOUND:
      return results.found(index)
    case WANTS_NOTHING:
      return undefined
    case WANTS_MET:
      return results.met(index)
    case WANTS_NUMBER:
      return results.number(index)
    case WANTS_VERSION:
      return results.met(index) ? results.version(index) : undefined
    case WANTS_EXPIRY:
      return results.expiresAtMs(index)
    default:
      assert(want === WANTS_RECORD, 'every want is known')
      return recordOf(results, index, owned)
  }
}

/** The record that a read with expiry found; undefined when there was none. */
export function recordOf(results: BatchResults, index: number, owned: OwnedBytes): StoredRecord | undefined {
  const value = results.ownedValue(index, owned)
  const expiresAtMs = results.expiresAtMs(index)
  if (value === undefined || expiresAtMs === undefined) return undefined
  return { value, version: results.version(index), expiresAtMs }
}
