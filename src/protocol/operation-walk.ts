// Steps over encoded operations. The engine has its own walk in WebAssembly; this one is for the sender, which finds
// the first operation to send again, and for tests and documents.

import { readU8, readU16 } from '../util/bytes.ts'
import { OP_ATOMIC } from './codes.ts'
import { compactSize, readCompact } from './compact.ts'
import { KEY_BYTES_MAX, VALUE_BYTES_MAX } from './limits.ts'
import { type HeadFields, headEnd, readHead } from './operation-head.ts'
import { type OperationRow, operationRow } from './operations.ts'
import { protocolError } from './protocol-error.ts'

/** Bytes of the shortest operation: an operation byte alone. */
export const OPERATION_BYTES_MIN = 1

const NO_BYTES = new Uint8Array(0)

/**
 * The position behind the operation at `at`, or -1 when it is malformed, not supported, or passes `end`. The
 * operations of an atomic group come behind it and are not part of it.
 */
export function operationEnd(bytes: Uint8Array, at: number, end: number): number {
  if (at >= end) return -1
  const row = operationRow(readU8(bytes, at))
  if (row === undefined) return -1
  let position = headEnd(row, bytes, at, end)
  if (position < 0 || !row.hasKey) return position
  const keyBytes = readCompact(bytes, position, end)
  if (keyBytes < 1 || keyBytes > KEY_BYTES_MAX) return -1
  position += compactSize(keyBytes)
  let valueBytes = 0
  if (row.hasValue) {
    valueBytes = readCompact(bytes, position, end)
    if (valueBytes < 0 || valueBytes > VALUE_BYTES_MAX) return -1
    position += compactSize(valueBytes)
  }
  position += keyBytes + valueBytes
  return position <= end ? position : -1
}

/**
 * The position behind the first `count` operations at `at`, or -1 when one of them is malformed or not supported, or
 * when they end inside an atomic group. O(count).
 */
export function skipOperations(bytes: Uint8Array, at: number, end: number, count: number): number {
  let position = at
  let groupLeft = 0
  for (let skipped = 0; skipped < count; skipped++) {
    const next = operationEnd(bytes, position, end)
    if (next < 0) return -1
    const row = operationRow(readU8(bytes, position))
    if (groupLeft > 0) {
      if (row?.hasKey !== true) return -1
      groupLeft--
    } else if (row?.code === OP_ATOMIC) {
      // The count of its group is the last that it consists of.
      groupLeft = readU16(bytes, next - 2)
    }
    position = next
  }
  return groupLeft === 0 ? position : -1
}

/** An operation taken apart; `SectionWriter.appendOperation` takes it as it is. Views into the bytes it came from. */
export interface DecodedOperation extends HeadFields {
  readonly row: OperationRow
  readonly withVersion: boolean
  /** Empty when the operation has none. */
  readonly key: Uint8Array
  /** Undefined when the operation has none. */
  readonly value: Uint8Array | undefined
  /** The position behind the operation. */
  readonly end: number
}

/** Takes the operation at `at` apart. Throws PROTOCOL when it is malformed. Allocates: for tools and tests. */
export function decodeOperation(bytes: Uint8Array, at: number, end: number): DecodedOperation {
  const next = operationEnd(bytes, at, end)
  const row = operationRow(readU8(bytes, at))
  if (next < 0 || row === undefined) throw protocolError('a malformed operation')
  const fields = readHead(row, bytes, at)
  if (!row.hasKey) return { row, ...fields, key: NO_BYTES, value: undefined, end: next }
  const keyLengthAt = headEnd(row, bytes, at, end)
  const keyBytes = readCompact(bytes, keyLengthAt, end)
  const valueBytes = row.hasValue ? readCompact(bytes, keyLengthAt + compactSize(keyBytes), end) : 0
  const valueStart = next - valueBytes
  return {
    row,
    ...fields,
    key: bytes.subarray(valueStart - keyBytes, valueStart),
    value: row.hasValue ? bytes.subarray(valueStart, next) : undefined,
    end: next,
  }
}
