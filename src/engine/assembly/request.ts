// Reads the operations of a staged section (docs/PROTOCOL.md, "Operations").

import { KEY_BYTES_MAX, VALUE_BYTES_MAX } from '../../protocol/limits.ts'
import { OP_CODE_END, OP_CODE_MASK, OP_SET } from '../../protocol/codes.ts'
import { REQUEST_AT } from './layout.ts'
import { CHECK_MALFORMED, CHECK_OK, CHECK_UNSUPPORTED } from './outcomes.ts'

/** A compact length's first byte: up to here it is the length itself. */
const COMPACT_ONE_BYTE_MAX: u32 = 252
const COMPACT_U16: u32 = 253
const COMPACT_U32: u32 = 254

/** Where the operation after `at` starts. Set by `readLength`. */
export let lengthEnd: usize = 0

/** Reads a compact length of an operation that was checked; sets `lengthEnd`. */
@inline
export function readLength(at: usize): u32 {
  const first = <u32>load<u8>(at)
  if (first <= COMPACT_ONE_BYTE_MAX) {
    lengthEnd = at + 1
    return first
  }
  return readLongLength(at, first)
}

function readLongLength(at: usize, first: u32): u32 {
  if (first == COMPACT_U16) {
    lengthEnd = at + 3
    return load<u16>(at, 1)
  }
  lengthEnd = at + 5
  return load<u32>(at, 1)
}

/** Reads a compact length that ends before `end` and is written in its shortest form, or returns -1. */
@inline
function checkLength(at: usize, end: usize): u32 {
  if (at >= end) return -1
  const first = <u32>load<u8>(at)
  if (first <= COMPACT_ONE_BYTE_MAX) {
    lengthEnd = at + 1
    return first
  }
  return checkLongLength(at, end, first)
}

function checkLongLength(at: usize, end: usize, first: u32): u32 {
  if (first == COMPACT_U16) {
    if (at + 3 > end) return -1
    lengthEnd = at + 3
    const length = <u32>load<u16>(at, 1)
    return length > COMPACT_ONE_BYTE_MAX ? length : -1
  }
  if (first != COMPACT_U32 || at + 5 > end) return -1
  lengthEnd = at + 5
  const length = load<u32>(at, 1)
  return length > 0xffff ? length : -1
}

/** Whether the staged bytes are exactly `count` operations that this engine can execute. Nothing is executed. */
export function checkOperations(bytes: u32, count: u32): u32 {
  const end = REQUEST_AT + bytes
  let at: usize = REQUEST_AT
  for (let index: u32 = 0; index < count; index++) {
    if (at >= end) return CHECK_MALFORMED
    const code = <u32>load<u8>(at) & OP_CODE_MASK
    // The shape of an unknown operation is unknown too: nothing after it can be read.
    if (code - 1 >= <u32>OP_CODE_END - 1) return CHECK_UNSUPPORTED
    const keyBytes = checkLength(at + 1, end)
    if (keyBytes - 1 >= <u32>KEY_BYTES_MAX) return CHECK_MALFORMED
    let valueBytes: u32 = 0
    if (code == OP_SET) {
      valueBytes = checkLength(lengthEnd, end)
      if (valueBytes > <u32>VALUE_BYTES_MAX) return CHECK_MALFORMED
    }
    const body = keyBytes + valueBytes
    if (body > <u32>(end - lengthEnd)) return CHECK_MALFORMED
    at = lengthEnd + body
  }
  return at == end ? CHECK_OK : CHECK_MALFORMED
}
