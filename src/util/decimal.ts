// Decimal text in byte arrays, for protocols that write their numbers so.

/** The digit 0 in ASCII. */
export const DIGIT_0 = 0x30

/** So many digits are exact as a number, and without an intermediate result that is not. */
const EXACT_DIGITS_MAX = 15

const MINUS = 0x2d

/**
 * The integer that `bytes[start, end)` is in decimal; NaN when it is none, or has more than 15 digits. Hot: most integers
 * are short, and making a text of one costs more than all of this.
 */
export function shortIntegerOf(bytes: Uint8Array, start: number, end: number): number {
  const isNegative = bytes[start] === MINUS
  const first = isNegative ? start + 1 : start
  if (first >= end || end - first > EXACT_DIGITS_MAX) return Number.NaN
  if (bytes[first] === DIGIT_0) return end - first === 1 && !isNegative ? 0 : Number.NaN
  let value = 0
  for (let at = first; at < end; at++) {
    const digit = (bytes[at] as number) - DIGIT_0
    if (digit < 0 || digit > 9) return Number.NaN
    value = 10 * value + digit
  }
  return isNegative ? -value : value
}

/** Digits of a whole number from 0 in decimal text. */
export function decimalDigits(value: number): number {
  let digits = 1
  for (let bound = 10; value >= bound; bound *= 10) digits++
  return digits
}
