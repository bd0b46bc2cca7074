import { expect, it } from 'vitest'
import { byteCount, decimalNumber, wholeNumber } from './numbers.ts'

it.each([
  ['0', 0],
  ['8192', 8_192],
  ['007', 7],
  ['9007199254740991', Number.MAX_SAFE_INTEGER],
])('%s is a whole number', (text, value) => expect(wholeNumber(text)).toBe(value))

it.each(['', ' 1', '1e9', '0x10', '-1', '+1', '1.0', '1_000', '9007199254740993', 'ten'])(
  '%j is no whole number',
  (text) => expect(() => wholeNumber(text)).toThrow('whole number'),
)

it.each([
  ['0', 0],
  ['0.99', 0.99],
  ['12.5', 12.5],
])('%s is a decimal number', (text, value) => expect(decimalNumber(text)).toBe(value))

it.each(['', '.5', '1.', '1e-3', '-0.5', '0,99', 'NaN', 'Infinity'])('%j is no decimal number', (text) =>
  expect(() => decimalNumber(text)).toThrow('decimal number'),
)

it.each([
  ['0', 0],
  ['1024', 1_024],
  ['512K', 512 * 1024],
  ['512M', 512 * 1024 ** 2],
  ['3G', 3 * 1024 ** 3],
])('%s is a number of bytes', (text, value) => expect(byteCount(text)).toBe(value))

it.each(['', 'M', '1.5G', '1 G', '1g', '1T', '-1K', '9007199254740991K'])('%j is no number of bytes', (text) =>
  expect(() => byteCount(text)).toThrow('bytes'),
)
