// What became of an operation (its result's status byte, which alone decides the result's shape) and of a
// section (its outcome).

import {
  STATUS_MISSING,
  STATUS_NO_MEMORY,
  STATUS_OK,
  STATUS_OK_VERSION,
  STATUS_REPEAT,
  STATUS_VALUE,
  STATUS_VALUE_VERSION,
} from './codes.ts'

/** How the bytes of a result continue after its status. */
export type ResultShape = 'empty' | 'version' | 'value' | 'value-version' | 'distance'

/** A row of the status table. */
export interface StatusRow {
  readonly code: number
  readonly name: string
  readonly shape: ResultShape
  /** Whether the operation took effect (a read that found nothing did). */
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
