import { expect, it } from 'vitest'
import { decimalNumber, wholeNumber } from './numbers.ts'

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
