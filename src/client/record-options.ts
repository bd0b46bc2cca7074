// The fields of operations that the options of writes become.

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
import type { SetOptions } from '../protocol/write-options.ts'
import { SluiceError } from '../util/errors.ts'

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
