// The head of an operation: everything before the lengths of key and value. Writing, stepping over and reading it lie
// together here because they must agree. The plain operations, whose head is one byte, do not come by: the section
// writer writes them without it.
//
//   operation byte, [options, [version u64], [expiry u64]], arguments

import { readU8, readU16, readU32, readU64, writeU16, writeU32, writeU64 } from '../util/bytes.ts'
import { SluiceError } from '../util/errors.ts'
import {
  CONDITION_NONE,
  CONDITION_VERSION,
  OP_OPTIONS,
  OP_WITH_VERSION,
  OPTION_CONDITION_MASK,
  OPTION_EXPIRY,
  OPTION_KEEP_EXPIRY,
  OPTION_PREVIOUS,
  OPTION_WITH_EXPIRY,
} from './codes.ts'
import { EXPIRY_MS_MAX } from './limits.ts'
import { type ArgumentName, type ArgumentRow, type OperationRow, takesOptions } from './operations.ts'

const U64_MAX = 2n ** 64n - 1n

const ARGUMENT_BYTES = { i64: 8, u64: 8, u32: 4, u16: 2 } as const

const ARGUMENT_NAMES: readonly ArgumentName[] = ['delta', 'offset', 'bytes', 'cursor', 'count']

/** Bytes of the longest head: operation byte, options, version, expiry, and a scan's arguments. */
export const OPERATION_HEAD_BYTES_MAX = 1 + 1 + 8 + 8 + 12

/** An operation's fields but its code. Which of them it takes is in its row of the operation table. */
export interface OperationFields extends HeadFields {
  /** Text is sent as UTF-8. */
  readonly key?: string | Uint8Array | undefined
  readonly value?: string | Uint8Array | undefined
}

/** The fields in an operation's head. */
export interface HeadFields {
  /** Whether the result carries the record's version. Default false. */
  readonly withVersion?: boolean | undefined
  /** A `CONDITION_*`: what must hold for anything to change. Default CONDITION_NONE. */
  readonly condition?: number | undefined
  /** The version that CONDITION_VERSION asks for; with no other condition. */
  readonly version?: bigint | undefined
  /** The record's new expiry, in ms since 1970; 1 to EXPIRY_MS_MAX. */
  readonly expiryMs?: number | undefined
  /** Whether the record keeps its expiry. Default false: a set without `expiryMs` removes it. */
  readonly keepExpiry?: boolean | undefined
  /** Whether the result carries the value before the change. Default false. */
  readonly previous?: boolean | undefined
  /** Whether the result carries version and expiry. Default false. */
  readonly withExpiry?: boolean | undefined
  /** What is added; 64 bits with sign. */
  readonly delta?: bigint | undefined
  /** The first byte of a range. */
  readonly offset?: number | undefined
  /** Bytes of a range that is read. */
  readonly bytes?: number | undefined
  /** Where a scan goes on; 0 where it begins. */
  readonly cursor?: bigint | undefined
  /** Keys wanted of a scan, 1 to SCAN_KEYS_MAX; operations of an atomic group, 1 to ATOMIC_OPS_MAX. */
  readonly count?: number | undefined
}

/**
 * Writes the head of an operation at `at` and returns the position behind it. Throws INVALID_ARGUMENT when the
 * operation does not take the fields, or a field is missing or outside its limits. There must be room for
 * OPERATION_HEAD_BYTES_MAX bytes.
 */
export function writeHead(bytes: Uint8Array, at: number, row: OperationRow, fields: OperationFields): number {
  checkFields(row, fields)
  const options = optionsOf(row, fields)
  bytes[at] = row.code | (fields.withVersion === true ? OP_WITH_VERSION : 0) | (options === 0 ? 0 : OP_OPTIONS)
  let position = at + 1
  if (options !== 0) bytes[position++] = options
  if (fields.version !== undefined) position = writeWord(bytes, position, fields.version)
  if (fields.expiryMs !== undefined) position = writeWord(bytes, position, BigInt(fields.expiryMs))
  for (const { name, type } of row.arguments) {
    const value = fields[name] as number | bigint
    if (type === 'u16') writeU16(bytes, position, Number(value))
    else if (type === 'u32') writeU32(bytes, position, Number(value))
    else writeU64(bytes, position, BigInt(value))
    position += ARGUMENT_BYTES[type]
  }
  return position
}

/** The position behind the head at `at`, or -1 when it is malformed, not supported, or passes `end`. */
export function headEnd(row: OperationRow, bytes: Uint8Array, at: number, end: number): number {
  const operation = readU8(bytes, at)
  if ((operation & OP_WITH_VERSION) !== 0 && !row.takesVersion) return -1
  let position = (operation & OP_OPTIONS) === 0 ? at + 1 : optionsEnd(row, bytes, at + 1, end)
  if (position < 0) return -1
  for (const argument of row.arguments) {
    const argumentAt = position
    position += ARGUMENT_BYTES[argument.type]
    if (position > end) return -1
    const value = readArgument(argument, bytes, argumentAt)
    if (value < argument.min || value > argument.max) return -1
  }
  return position
}

/** The fields of a head that `headEnd` accepts. Allocates. */
export function readHead(row: OperationRow, bytes: Uint8Array, at: number): HeadFields & { withVersion: boolean } {
  const operation = readU8(bytes, at)
  const hasOptions = (operation & OP_OPTIONS) !== 0
  const options = hasOptions ? readU8(bytes, at + 1) : 0
  const condition = options & OPTION_CONDITION_MASK
  let position = hasOptions ? at + 2 : at + 1
  let version: bigint | undefined
  if (condition === CONDITION_VERSION) {
    version = readU64(bytes, position)
    position += 8
  }
  let expiryMs: number | undefined
  if ((options & OPTION_EXPIRY) !== 0) {
    expiryMs = Number(readU64(bytes, position))
    position += 8
  }
  const values: { [name in ArgumentName]?: number | bigint } = {}
  for (const argument of row.arguments) {
    values[argument.name] = readArgument(argument, bytes, position)
    position += ARGUMENT_BYTES[argument.type]
  }
  return {
    withVersion: (operation & OP_WITH_VERSION) !== 0,
    condition,
    version,
    expiryMs,
    keepExpiry: (options & OPTION_KEEP_EXPIRY) !== 0,
    previous: (options & OPTION_PREVIOUS) !== 0,
    withExpiry: (options & OPTION_WITH_EXPIRY) !== 0,
    // An argument's type goes with its name.
    ...(values as Pick<HeadFields, ArgumentName>),
  }
}

function checkFields(row: OperationRow, fields: OperationFields): void {
  // A key has at least one byte, so an empty one stands for none.
  const hasKey = fields.key !== undefined && (row.hasKey || fields.key.length > 0)
  check(hasKey === row.hasKey, row, 'key')
  check((fields.value !== undefined) === row.hasValue, row, 'value')
  check(fields.withVersion !== true || row.takesVersion, row, 'withVersion')
  check((fields.version !== undefined) === (fields.condition === CONDITION_VERSION), row, 'version')
  check(fields.version === undefined || isWithin(fields.version, 0n, U64_MAX), row, 'version')
  check(fields.expiryMs === undefined || isWithin(fields.expiryMs, 1, EXPIRY_MS_MAX), row, 'expiryMs')
  for (const name of ARGUMENT_NAMES) {
    const argument = row.arguments.find((each) => each.name === name)
    const value = fields[name]
    const isGood =
      argument === undefined ? value === undefined : value !== undefined && isWithin(value, argument.min, argument.max)
    check(isGood, row, name)
  }
}

function optionsOf(row: OperationRow, fields: HeadFields): number {
  const condition = fields.condition ?? CONDITION_NONE
  check(isWithin(condition, CONDITION_NONE, OPTION_CONDITION_MASK), row, 'condition')
  const options =
    condition |
    (fields.expiryMs === undefined ? 0 : OPTION_EXPIRY) |
    (fields.keepExpiry === true ? OPTION_KEEP_EXPIRY : 0) |
    (fields.previous === true ? OPTION_PREVIOUS : 0) |
    (fields.withExpiry === true ? OPTION_WITH_EXPIRY : 0)
  check(takesOptions(row, options), row, 'options')
  return options
}

/** Whether `value` is a whole number within the bounds, and a bigint exactly when they are. */
function isWithin(value: number | bigint, min: number | bigint, max: number | bigint): boolean {
  if (typeof value !== typeof min || value < min || value > max) return false
  return typeof value === 'bigint' || Number.isInteger(value)
}

function check(isGood: boolean, row: OperationRow, field: string): void {
  if (!isGood)
    throw new SluiceError('INVALID_ARGUMENT', `${field} of ${row.name}: missing, not taken or outside its limits`)
}

function writeWord(bytes: Uint8Array, at: number, value: bigint): number {
  writeU64(bytes, at, value)
  return at + 8
}

/** The position behind the options byte at `at` and what it announces, or -1. */
function optionsEnd(row: OperationRow, bytes: Uint8Array, at: number, end: number): number {
  if (at >= end) return -1
  const options = readU8(bytes, at)
  if (!takesOptions(row, options)) return -1
  let position = at + 1
  if ((options & OPTION_CONDITION_MASK) === CONDITION_VERSION) position += 8
  if ((options & OPTION_EXPIRY) !== 0) {
    const expiryMs = readU64(bytes, position)
    if (expiryMs < 1n || expiryMs > EXPIRY_MS_MAX) return -1
    position += 8
  }
  return position <= end ? position : -1
}

function readArgument({ type }: ArgumentRow, bytes: Uint8Array, at: number): number | bigint {
  if (type === 'u16') return readU16(bytes, at)
  if (type === 'u32') return readU32(bytes, at)
  const word = readU64(bytes, at)
  return type === 'i64' ? BigInt.asIntN(64, word) : word
}
