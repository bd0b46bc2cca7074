// What became of an operation (its result's status byte, which alone decides the result's shape) and of a
// section (its outcome).

import {
  STATUS_ABORTED,
  STATUS_MISSING,
  STATUS_NO_MEMORY,
  STATUS_NOT_A_NUMBER,
  STATUS_NUMBER,
  STATUS_NUMBER_VERSION,
  STATUS_OK,
  STATUS_OK_EXPIRY,
  STATUS_OK_VERSION,
  STATUS_OVERFLOW,
  STATUS_REPEAT,
  STATUS_TOO_LARGE,
  STATUS_UNMET,
  STATUS_UNMET_VALUE,
  STATUS_UNMET_VALUE_VERSION,
  STATUS_UNMET_VERSION,
  STATUS_VALUE,
  STATUS_VALUE_EXPIRY,
  STATUS_VALUE_VERSION,
} from './codes.ts'

/** What a result consists of behind its status: [compact length], [expiry u64], [version u64], [value or number]. */
export interface ResultShapeRow {
  /** Whether the length of a value follows the status. */
  readonly hasLength: boolean
  /** Bytes of expiry and version together: 0, or 8 for the version alone, or 16. */
  readonly stampBytes: 0 | 8 | 16
  /** Bytes of the number: 8 or none. */
  readonly numberBytes: 0 | 8
}

/** How the bytes of a result continue after its status; `distance` is a compact length alone. */
export const RESULT_SHAPES = {
  empty: { hasLength: false, stampBytes: 0, numberBytes: 0 },
  version: { hasLength: false, stampBytes: 8, numberBytes: 0 },
  expiry: { hasLength: false, stampBytes: 16, numberBytes: 0 },
  value: { hasLength: true, stampBytes: 0, numberBytes: 0 },
  'value-version': { hasLength: true, stampBytes: 8, numberBytes: 0 },
  'value-expiry': { hasLength: true, stampBytes: 16, numberBytes: 0 },
  number: { hasLength: false, stampBytes: 0, numberBytes: 8 },
  'number-version': { hasLength: false, stampBytes: 8, numberBytes: 8 },
  distance: { hasLength: false, stampBytes: 0, numberBytes: 0 },
} as const satisfies Readonly<Record<string, ResultShapeRow>>

/** The name of a shape. */
export type ResultShape = keyof typeof RESULT_SHAPES

/** A row of the status table. */
export interface StatusRow {
  readonly code: number
  readonly name: string
  readonly shape: ResultShape
  /** Whether the operation was executed (a read that found nothing was, and so was a condition that did not hold). */
  readonly isDone: boolean
}

/** Every status, in the order of its code; codes are dense from 0. */
export const STATUSES = [
  { code: STATUS_OK, name: 'ok', shape: 'empty', isDone: true },
  { code: STATUS_OK_VERSION, name: 'ok-version', shape: 'version', isDone: true },
  { code: STATUS_VALUE, name: 'value', shape: 'value', isDone: true },
  { code: STATUS_VALUE_VERSION, name: 'value-version', shape: 'value-version', isDone: true },
  { code: STATUS_MISSING, name: 'missing', shape: 'empty', isDone: true },
  { code: STATUS_REPEAT, name: 'repeat', shape: 'distance', isDone: true },
  { code: STATUS_NO_MEMORY, name: 'no-memory', shape: 'empty', isDone: false },
  { code: STATUS_OK_EXPIRY, name: 'ok-expiry', shape: 'expiry', isDone: true },
  { code: STATUS_VALUE_EXPIRY, name: 'value-expiry', shape: 'value-expiry', isDone: true },
  { code: STATUS_NUMBER, name: 'number', shape: 'number', isDone: true },
  { code: STATUS_NUMBER_VERSION, name: 'number-version', shape: 'number-version', isDone: true },
  { code: STATUS_UNMET, name: 'unmet', shape: 'empty', isDone: true },
  { code: STATUS_UNMET_VERSION, name: 'unmet-version', shape: 'version', isDone: true },
  { code: STATUS_UNMET_VALUE, name: 'unmet-value', shape: 'value', isDone: true },
  { code: STATUS_UNMET_VALUE_VERSION, name: 'unmet-value-version', shape: 'value-version', isDone: true },
  { code: STATUS_NOT_A_NUMBER, name: 'not-a-number', shape: 'empty', isDone: false },
  { code: STATUS_OVERFLOW, name: 'overflow', shape: 'empty', isDone: false },
  { code: STATUS_TOO_LARGE, name: 'too-large', shape: 'empty', isDone: false },
  { code: STATUS_ABORTED, name: 'aborted', shape: 'empty', isDone: false },
] as const satisfies readonly StatusRow[]

/** Names of the outcomes, by number. */
export const OUTCOME_NAMES = [
  'executed',
  'stopped',
  'wrong-slot',
  'stale',
  'behind',
  'not-ready',
  'fenced',
  'unknown-shard',
  'unsupported',
  'too-many-operations',
] as const
