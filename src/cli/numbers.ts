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

const UNITS: Readonly<Record<string, number>> = { '': 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 }

/** Bytes: a whole number, with K, M or G for powers of 1,024. */
export function byteCount(text: string): number {
  const [, digits = '', unit = ''] = /^(\d+)([KMG]?)$/.exec(text) ?? []
  const value = Number(digits) * (UNITS[unit] ?? 1)
  if (digits !== '' && Number.isSafeInteger(value)) return value
  throw new InvalidArgumentError('It must be a whole number of bytes, or one with K, M or G behind it, such as 512M.')
}

/** Ports from the first to the last, such as `7100-7103`. Ranges are checked where the options are. */
export function portRange(text: string): [from: number, to: number] {
  const [, from, to] = /^(\d{1,5})-(\d{1,5})$/.exec(text) ?? []
  if (from !== undefined && to !== undefined) return [Number(from), Number(to)]
  throw new InvalidArgumentError('It must be the first and the last port, such as 7100-7103.')
}
