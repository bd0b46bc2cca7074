// Numbers as decimal text, right-aligned in eight bytes, all digits at once: the number is split into halves, these
// into pairs and these into digits, each step for all parts inside one 64-bit word (a part's quotient is a
// multiplication and a shift, exact for numbers as small as these).

/** Digits in a word. */
export const DIGITS: u32 = 8

/** One past the largest number that they spell. */
export const DIGITS_END: u64 = 100_000_000

const ZEROS: u64 = 0x3030_3030_3030_3030

/** The eight digits of a number below 10^8, the first one in the lowest byte. */
@inline
export function digitsOf(value: u32): u64 {
  const halves = <u64>(value / 10_000) | (<u64>(value % 10_000) << 32)
  const hundreds = ((halves * 10_486) >> 20) & 0x0000_007f_0000_007f
  const pairs = hundreds | ((halves - hundreds * 100) << 16)
  const tens = ((pairs * 103) >> 10) & 0x000f_000f_000f_000f
  return tens | ((pairs - tens * 10) << 8)
}

/** Bytes of the text of these digits without leading zeros, at least one. */
@inline
export function keyLengthOf(digits: u64): u32 {
  return DIGITS - min<u32>(<u32>ctz(digits) >> 3, DIGITS - 1)
}

/** The digits as text. */
@inline
export function textOf(digits: u64): u64 {
  return digits | ZEROS
}
