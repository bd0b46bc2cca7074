// The operation table: one row an operation, from which its shape, its names and the document's tables follow.
//
//   operation byte, [options, [version], [expiry]], arguments, [key length], [value length], [key], [value]

import {
  CONDITION_ABSENT,
  CONDITION_EARLIER,
  CONDITION_HAS_EXPIRY,
  CONDITION_LATER,
  CONDITION_NO_EXPIRY,
  CONDITION_NONE,
  CONDITION_PRESENT,
  CONDITION_VERSION,
  OP_ADD,
  OP_APPEND,
  OP_ATOMIC,
  OP_CLEAR,
  OP_CODE_MASK,
  OP_COUNT,
  OP_DELETE,
  OP_EXISTS,
  OP_EXPIRE,
  OP_GET,
  OP_RANDOM_KEY,
  OP_READ_RANGE,
  OP_SCAN,
  OP_SET,
  OP_WRITE_RANGE,
  OPTION_CONDITION_MASK,
  OPTION_EXPIRY,
  OPTION_KEEP_EXPIRY,
  OPTION_PREVIOUS,
  OPTION_WITH_EXPIRY,
} from './codes.ts'
import { ATOMIC_OPS_MAX, SCAN_KEYS_MAX } from './limits.ts'

/** An argument of fixed length. */
export interface ArgumentRow {
  readonly name: ArgumentName
  /** How it is encoded; one of 64 bits is a bigint. */
  readonly type: 'i64' | 'u64' | 'u32' | 'u16'
  readonly min: number | bigint
  readonly max: number | bigint
}

/** The arguments' names, which are those of their fields too. */
export type ArgumentName = 'delta' | 'offset' | 'bytes' | 'cursor' | 'count'

/** A row of the operation table. */
export interface OperationRow {
  readonly code: number
  /** Lower-case name for logs, metrics and documents. */
  readonly name: string
  /** Whether it can change a record: decides what may be retried. */
  readonly isWrite: boolean
  /** Whether it is about one record. Only such an operation can be in an atomic group. */
  readonly hasKey: boolean
  /** Whether a value follows the key. */
  readonly hasValue: boolean
  /** Whether OP_WITH_VERSION may be set. */
  readonly takesVersion: boolean
  /** The conditions that it takes besides none. */
  readonly conditions: readonly number[]
  /** The other bits that it takes in its options byte. */
  readonly options: number
  readonly arguments: readonly ArgumentRow[]
}

const U32_MAX = 2 ** 32 - 1

const DELTA = { name: 'delta', type: 'i64', min: -(2n ** 63n), max: 2n ** 63n - 1n } as const
const OFFSET = { name: 'offset', type: 'u32', min: 0, max: U32_MAX } as const
const BYTES = { name: 'bytes', type: 'u32', min: 0, max: U32_MAX } as const
const CURSOR = { name: 'cursor', type: 'u64', min: 0n, max: 2n ** 64n - 1n } as const
const KEYS_WANTED = { name: 'count', type: 'u32', min: 1, max: SCAN_KEYS_MAX } as const
const GROUP_SIZE = { name: 'count', type: 'u16', min: 1, max: ATOMIC_OPS_MAX } as const

const READ_OF_KEY = { isWrite: false, hasKey: true, hasValue: false, takesVersion: true } as const
const WRITE_TO_KEY = { isWrite: true, hasKey: true, hasValue: false, takesVersion: true } as const
const WRITE_OF_VALUE = { ...WRITE_TO_KEY, hasValue: true } as const
const READ_OF_SHARD = { isWrite: false, hasKey: false, hasValue: false, takesVersion: false } as const
const WRITE_TO_SHARD = { ...READ_OF_SHARD, isWrite: true } as const
const PLAIN = { conditions: [], options: 0, arguments: [] } as const

const SET_CONDITIONS = [CONDITION_ABSENT, CONDITION_PRESENT, CONDITION_VERSION] as const
const EXPIRE_CONDITIONS = [
  CONDITION_VERSION,
  CONDITION_NO_EXPIRY,
  CONDITION_HAS_EXPIRY,
  CONDITION_LATER,
  CONDITION_EARLIER,
] as const

/** Every operation, in the order of its code; codes are dense from 1. */
export const OPERATIONS = [
  { ...READ_OF_KEY, ...PLAIN, code: OP_GET, name: 'get', options: OPTION_WITH_EXPIRY },
  {
    ...WRITE_OF_VALUE,
    ...PLAIN,
    code: OP_SET,
    name: 'set',
    conditions: SET_CONDITIONS,
    options: OPTION_EXPIRY | OPTION_KEEP_EXPIRY | OPTION_PREVIOUS,
  },
  {
    ...WRITE_TO_KEY,
    ...PLAIN,
    code: OP_DELETE,
    name: 'delete',
    conditions: [CONDITION_VERSION],
    options: OPTION_PREVIOUS,
  },
  { ...READ_OF_KEY, ...PLAIN, code: OP_EXISTS, name: 'exists', options: OPTION_WITH_EXPIRY },
  {
    ...WRITE_TO_KEY,
    ...PLAIN,
    code: OP_EXPIRE,
    name: 'expire',
    conditions: EXPIRE_CONDITIONS,
    options: OPTION_EXPIRY | OPTION_PREVIOUS,
  },
  { ...WRITE_TO_KEY, ...PLAIN, code: OP_ADD, name: 'add', options: OPTION_EXPIRY, arguments: [DELTA] },
  { ...WRITE_OF_VALUE, ...PLAIN, code: OP_APPEND, name: 'append', options: OPTION_EXPIRY },
  {
    ...WRITE_OF_VALUE,
    ...PLAIN,
    code: OP_WRITE_RANGE,
    name: 'write-range',
    options: OPTION_EXPIRY,
    arguments: [OFFSET],
  },
  { ...READ_OF_KEY, ...PLAIN, code: OP_READ_RANGE, name: 'read-range', arguments: [OFFSET, BYTES] },
  { ...READ_OF_SHARD, ...PLAIN, code: OP_SCAN, name: 'scan', arguments: [CURSOR, KEYS_WANTED] },
  { ...READ_OF_SHARD, ...PLAIN, code: OP_RANDOM_KEY, name: 'random-key' },
  { ...READ_OF_SHARD, ...PLAIN, code: OP_COUNT, name: 'count' },
  { ...WRITE_TO_SHARD, ...PLAIN, code: OP_CLEAR, name: 'clear', takesVersion: true },
  { ...WRITE_TO_SHARD, ...PLAIN, code: OP_ATOMIC, name: 'atomic', arguments: [GROUP_SIZE] },
] as const satisfies readonly OperationRow[]

/** Names of the conditions, by number. */
export const CONDITION_NAMES = [
  'none',
  'absent',
  'present',
  'version',
  'no-expiry',
  'has-expiry',
  'later',
  'earlier',
] as const

/** The bits of an options byte behind its condition, in their order. */
export const OPTIONS = [
  { bit: OPTION_EXPIRY, name: 'EXPIRY' },
  { bit: OPTION_KEEP_EXPIRY, name: 'KEEP_EXPIRY' },
  { bit: OPTION_PREVIOUS, name: 'PREVIOUS' },
  { bit: OPTION_WITH_EXPIRY, name: 'WITH_EXPIRY' },
] as const

/** The table's row of an operation byte, or undefined when there is none. */
export function operationRow(operationByte: number): OperationRow | undefined {
  return OPERATIONS[(operationByte & OP_CODE_MASK) - 1]
}

/** Whether an operation takes these options together. What it does not take is unsupported, not malformed. */
export function takesOptions(row: OperationRow, options: number): boolean {
  const condition = options & OPTION_CONDITION_MASK
  if ((options & ~(row.options | OPTION_CONDITION_MASK)) !== 0) return false
  if (condition !== CONDITION_NONE && !row.conditions.includes(condition)) return false
  const hasExpiry = (options & OPTION_EXPIRY) !== 0
  if (hasExpiry && (options & OPTION_KEEP_EXPIRY) !== 0) return false
  return hasExpiry || (condition !== CONDITION_LATER && condition !== CONDITION_EARLIER)
}
