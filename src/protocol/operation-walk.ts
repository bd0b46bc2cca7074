// Steps over encoded operations. The engine has its own walk in WebAssembly; this one is for the sender, which finds
// the first operation to send again, and for tests and documents.

import { readU8 } from '../util/bytes.ts'
import { OP_CODE_MASK, OP_WITH_VERSION } from './codes.ts'
import { compactSize, readCompact } from './compact.ts'
import { KEY_BYTES_MAX, VALUE_BYTES_MAX } from './limits.ts'
import { OPERATIONS, type OperationRow } from './operations.ts'
import { protocolError } from './protocol-error.ts'

/** Bytes of the shortest operation: operation byte, key length, a key of one byte. */
export const OPERATION_BYTES_MIN = 3

/** The position behind the operation at `at`, or -1 when it is malformed, unknown, or passes `end`. */
export function operationEnd(bytes: Uint8Array, at: number, end: number): number {
  if (at >= end) return -1
  const row = operationRow(readU8(bytes, at))
  if (row === undefined) return -1
  let position = at + 1
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

/** The position behind the first `count` operations at `at`, or -1 when one of them is malformed. O(count). */
export function skipOperations(bytes: Uint8Array, at: number, end: number, count: number): number {
  let position = at
  for (let skipped = 0; skipped < count && position >= 0; skipped++) position = operationEnd(bytes, position, end)
  return position
}

/** An operation taken apart. Key and value are views into the bytes that it was decoded from. */
export interface DecodedOperation {
  readonly row: OperationRow
  readonly withVersion: boolean
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
  const keyBytes = readCompact(bytes, at + 1, end)
  const valueLengthAt = at + 1 + compactSize(keyBytes)
  const valueBytes = row.hasValue ? readCompact(bytes, valueLengthAt, end) : 0
  const valueStart = next - valueBytes
  return {
    row,
    withVersion: (readU8(bytes, at) & OP_WITH_VERSION) !== 0,
    key: bytes.subarray(valueStart - keyBytes, valueStart),
    value: row.hasValue ? bytes.subarray(valueStart, next) : undefined,
    end: next,
  }
}

/** The table's row of an operation byte, or undefined when there is none. */
function operationRow(operationByte: number): OperationRow | undefined {
  return OPERATIONS[(operationByte & OP_CODE_MASK) - 1]
}
