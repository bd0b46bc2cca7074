// Counters are stored as decimal text, as Redis does, so that a get shows what an add made.

/** Digits and sign of the longest number of 64 bits. */
const NUMBER_BYTES_MAX: u32 = 20

/** The number that `parseNumber` read. */
export let parsed: i64 = 0

/** Reads a decimal integer in its only spelling: no sign but a leading minus, no leading zeros, no blanks, 64 bits. */
export function parseNumber(at: usize, bytes: u32): bool {
  if (!bytes || bytes > NUMBER_BYTES_MAX) return false
  const end = at + bytes
  const isNegative = load<u8>(at) == 0x2d
  if (isNegative) at++
  const first = at
  let magnitude: u64 = 0
  for (; at < end; at++) {
    const digit = <u32>load<u8>(at) - 0x30
    if (digit > 9 || magnitude > (<u64>-1 - digit) / 10) return false
    magnitude = magnitude * 10 + digit
  }
  const digits = <u32>(end - first)
  if (!digits || (load<u8>(first) == 0x30 && (digits > 1 || isNegative))) return false
  if (magnitude > <u64>i64.MAX_VALUE + (isNegative ? 1 : 0)) return false
  parsed = isNegative ? -(<i64>magnitude) : <i64>magnitude
  return true
}

/** Bytes of the number as text. */
export function numberBytes(value: i64): u32 {
  let magnitude = magnitudeOf(value)
  let bytes: u32 = value < 0 ? 2 : 1
  while (magnitude > 9) {
    magnitude /= 10
    bytes++
  }
  return bytes
}

/** Writes the number as text of `bytes` bytes. */
export function formatNumber(value: i64, at: usize, bytes: u32): void {
  let magnitude = magnitudeOf(value)
  let end = at + bytes
  do {
    store<u8>(--end, 0x30 + <u32>(magnitude % 10))
    magnitude /= 10
  } while (magnitude)
  if (value < 0) store<u8>(at, 0x2d)
}

@inline
function magnitudeOf(value: i64): u64 {
  return value < 0 ? 0 - <u64>value : <u64>value
}
