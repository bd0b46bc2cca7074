// The errors of a store, and the checks of what its callers hand in.

import {
  STATUS_ABORTED,
  STATUS_NO_MEMORY,
  STATUS_NOT_A_NUMBER,
  STATUS_OVERFLOW,
  STATUS_TOO_LARGE,
} from '../protocol/codes.ts'
import { KEY_BYTES_MAX, VALUE_BYTES_MAX } from '../protocol/limits.ts'
import { assert } from '../util/assert.ts'
import { SluiceError } from '../util/errors.ts'

/** A key or a value: text is stored as UTF-8, in which a lone surrogate becomes U+FFFD. */
export type Bytes = string | Uint8Array

/** Whether an operation with this status was not executed. */
export function hasFailed(status: number): boolean {
  return status >= STATUS_NOT_A_NUMBER || status === STATUS_NO_MEMORY
}

/** What to throw for an operation that was not executed. */
export function errorOf(status: number): SluiceError {
  if (status === STATUS_NO_MEMORY) return new SluiceError('NO_MEMORY', 'the store is at its memory limit')
  if (status === STATUS_TOO_LARGE) return valueTooLarge()
  if (status === STATUS_OVERFLOW) return new SluiceError('OVERFLOW', 'the sum passes 64 bits')
  if (status === STATUS_NOT_A_NUMBER) return new SluiceError('NOT_A_NUMBER', 'the value is no decimal integer')
  assert(status === STATUS_ABORTED, 'every other status stands for something that was done')
  return new SluiceError('ABORTED', 'another operation of the atomic batch failed, or its condition did not hold')
}

/** An INVALID_ARGUMENT to throw. */
export function invalid(message: string): SluiceError {
  return new SluiceError('INVALID_ARGUMENT', message)
}

/** A KEY_TOO_LARGE to throw. */
export function keyTooLarge(): SluiceError {
  return new SluiceError('KEY_TOO_LARGE', `a key must have 1 to ${KEY_BYTES_MAX} bytes`)
}

/** A VALUE_TOO_LARGE to throw. */
export function valueTooLarge(): SluiceError {
  return new SluiceError('VALUE_TOO_LARGE', `a value must have at most ${VALUE_BYTES_MAX} bytes`)
}

/** Throws INVALID_ARGUMENT for what is neither text nor bytes: not every caller has a compiler. */
export function checkBytes(bytes: Bytes): void {
  if (typeof bytes === 'string' || bytes instanceof Uint8Array) return
  throw invalid(`a key or value must be a string or a Uint8Array, not ${typeof bytes}`)
}

/** Throws INVALID_ARGUMENT unless `value` is a whole number within the bounds. */
export function checkRange(name: string, value: number, min: number, max: number): void {
  if (Number.isInteger(value) && value >= min && value <= max) return
  throw invalid(`${name} must be a whole number from ${min} to ${max}, not ${value}`)
}
