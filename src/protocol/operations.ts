// The operation table: one row an operation, from which names, shapes and the documentation's table follow.
//
//   operation byte, compact length of the key, [compact length of the value], key, [value]

import { OP_DELETE, OP_EXISTS, OP_GET, OP_SET } from './codes.ts'

/** A row of the operation table. */
export interface OperationRow {
  readonly code: number
  /** Lower-case name for logs, metrics and documents. */
  readonly name: string
  /** Whether a value follows the key. */
  readonly hasValue: boolean
  /** Whether it can change a record: decides what may be retried. */
  readonly isWrite: boolean
}

/** Every operation, in the order of its code; codes are dense from 1. */
export const OPERATIONS = [
  { code: OP_GET, name: 'get', hasValue: false, isWrite: false },
  { code: OP_SET, name: 'set', hasValue: true, isWrite: true },
  { code: OP_DELETE, name: 'delete', hasValue: false, isWrite: true },
  { code: OP_EXISTS, name: 'exists', hasValue: false, isWrite: false },
] as const satisfies readonly OperationRow[]
