// Compact lengths: one byte up to 252, then a marker byte with a u16 or a u32 behind it. Only the shortest form is
// valid, so one length has one spelling, and the size of what was read follows from its value: a reader returns
// just the length, and the hot loops need no second result.
//
//   0..252   one byte
//   253      u16 follows: 253..65535
//   254      u32 follows: 65536..4294967295
//   255      malformed

import { readU8, readU16, readU32, writeU16, writeU32 } from '../util/bytes.ts'

/** Lengths up to this one take a single byte. */
const COMPACT_BYTE_MAX = 252

const MARKER_U16 = 253
const MARKER_U32 = 254

/** Bytes that a compact length takes: 1, 3 or 5. */
export function compactSize(length: number): 1 | 3 | 5 {
  return length <= COMPACT_BYTE_MAX ? 1 : length <= 0xffff ? 3 : 5
}

/** Writes a compact length, 0 to 2^32 - 1, and returns the position behind it. */
export function writeCompact(bytes: Uint8Array, at: number, length: number): number {
  if (length <= COMPACT_BYTE_MAX) {
    bytes[at] = length
    return at + 1
  }
  if (length <= 0xffff) {
    bytes[at] = MARKER_U16
    writeU16(bytes, at + 1, length)
    return at + 3
  }
  bytes[at] = MARKER_U32
  writeU32(bytes, at + 1, length)
  return at + 5
}

/**
 * The compact length at `at`, or -1 when it is malformed or does not end before `end`. It took `compactSize(length)`
 * bytes.
 */
export function readCompact(bytes: Uint8Array, at: number, end: number): number {
  if (at >= end) return -1
  const first = readU8(bytes, at)
  if (first <= COMPACT_BYTE_MAX) return first
  if (first === MARKER_U16 && end - at >= 3) {
    const length = readU16(bytes, at + 1)
    return length > COMPACT_BYTE_MAX ? length : -1
  }
  if (first === MARKER_U32 && end - at >= 5) {
    const length = readU32(bytes, at + 1)
    return length > 0xffff ? length : -1
  }
  return -1
}
