// The options of writes, and the fields of operations that they become.

import {
  CONDITION_ABSENT,
  CONDITION_EARLIER,
  CONDITION_HAS_EXPIRY,
  CONDITION_LATER,
  CONDITION_NO_EXPIRY,
  CONDITION_PRESENT,
  CONDITION_VERSION,
} from '../protocol/codes.ts'
import { EXPIRY_MS_MAX } from '../protocol/limits.ts'
import type { OperationFields } from '../protocol/operation-head.ts'
import { SluiceError } from '../util/errors.ts'

/** Options of `set`: when the record expires, and what must hold for it to be written. */
export interface SetOptions {
  /** Milliseconds from now on, by this machine's clock. Above 0; Infinity: never. Default Infinity. */
  readonly ttlMs?: number
  /** Instead of `ttlMs`: milliseconds since 1970, above 0, at which the record is gone; Infinity: never. */
  readonly expiresAtMs?: number
  /** Instead of `ttlMs`: the expiry that the record has; a new record has none. Default false. */
  readonly keepExpiry?: boolean
  /** Write only if there is no record, if there is one, or if there is one of this version. Default: always. */
  readonly if?: 'absent' | 'present' | bigint
}

/** Options of `delete`. */
export interface DeleteOptions {
  /** Delete only the record of this version. Default: any. */
  readonly if?: bigint
}

/** Options of `expire`. */
export interface ExpireOptions {
  /**
   * Change the expiry only if there is none, if there is one, if the new one is later or earlier than the one there is
   * (none is later than any), or if the record has this version. Default: always.
   */
  readonly if?: 'no-expiry' | 'has-expiry' | 'later' | 'earlier' | bigint
}

/** Options of `add`, `append` and `writeRange`. */
export interface NewRecordOptions {
  /** Milliseconds that a record lives which the call creates. Above 0; Infinity: never. Default Infinity. */
  readonly ttlMs?: number
}

const CONDITIONS: Readonly<Record<string, number>> = {
  absent: CONDITION_ABSENT,
  present: CONDITION_PRESENT,
  'no-expiry': CONDITION_NO_EXPIRY,
  'has-expiry': CONDITION_HAS_EXPIRY,
  later: CONDITION_LATER,
  earlier: CONDITION_EARLIER,
}

/** The fields of a set. Throws INVALID_ARGUMENT. */
export function setFields(options: SetOptions, nowMs: () => number): OperationFields {
  const { ttlMs, expiresAtMs, keepExpiry = false } = options
  const given = [ttlMs !== undefined, expiresAtMs !== undefined, keepExpiry].filter(Boolean)
  if (given.length > 1) throw invalid('only one of ttlMs, expiresAtMs and keepExpiry can be given')
  const expiry = expiresAtMs === undefined ? expiryFields(ttlMs, nowMs) : expiryAt(expiresAtMs)
  return { ...conditionFields(options.if), ...expiry, keepExpiry }
}

/** The fields of a condition. Throws INVALID_ARGUMENT. */
export function conditionFields(condition: string | bigint | undefined): OperationFields {
  if (condition === undefined) return {}
  if (typeof condition === 'bigint') return { condition: CONDITION_VERSION, version: condition }
  const code = CONDITIONS[condition]
  if (code === undefined) throw invalid(`there is no condition ${JSON.stringify(condition)}`)
  return { condition: code }
}

/** The field of an expiry `ttlMs` from now on; none for Infinity or undefined. Throws INVALID_ARGUMENT. */
export function expiryFields(ttlMs: number | undefined, nowMs: () => number): OperationFields {
  if (ttlMs === undefined || ttlMs === Infinity) return {}
  if (!(typeof ttlMs === 'number' && ttlMs > 0)) throw invalid(`ttlMs must be a number above 0, not ${ttlMs}`)
  return expiryAt(nowMs() + ttlMs)
}

function expiryAt(expiresAtMs: number): OperationFields {
  if (expiresAtMs === Infinity) return {}
  if (expiresAtMs > 0 && expiresAtMs <= EXPIRY_MS_MAX) return { expiryMs: Math.ceil(expiresAtMs) }
  throw invalid(`an expiry must lie above 0 and up to ${EXPIRY_MS_MAX} ms since 1970, not at ${expiresAtMs}`)
}

function invalid(message: string): SluiceError {
  return new SluiceError('INVALID_ARGUMENT', message)
}
