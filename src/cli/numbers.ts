// Numbers as the command line spells them. Strict: `Number()` would take `1e9`, `0x10` and blanks, and rounds beyond
// 2^53.

import { InvalidArgumentError } from 'commander'

/** A whole number in decimal digits. Ranges are checked where the options are. */
export function wholeNumber(text: string): number {
  const value = Number(text)
  if (/^\d+$/.test(text) && Number.isSafeInteger(value)) return value
  throw new InvalidArgumentError('It must be a whole number in decimal digits.')
}

/** A number in decimal digits, with a fraction or not. */
export function decimalNumber(text: string): number {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text)
  throw new InvalidArgumentError('It must be a decimal number such as 0.99.')
}
