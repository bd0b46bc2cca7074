// Bytes that are written one after the other into one array, which grows when it must. Hot: writers of pipelined requests
// append every operation here, so nothing is allocated but a larger array now and then.

import { assert } from './assert.ts'
import { copyBytes } from './bytes.ts'
import { DIGIT_0, decimalDigits } from './decimal.ts'

/** No array is longer: positions stay small integers. */
const BYTES_MAX = 2 ** 30

/** The most digits of a number that `appendDecimal` writes. */
const DIGITS_MAX = 16

/** An array and how much of it is written. */
export class GrowingBytes {
  bytes: Uint8Array
  /** Bytes written. */
  used = 0

  /** @param roomBytes Room to begin with, at least 1. */
  constructor(roomBytes: number) {
    assert(roomBytes >= 1 && roomBytes <= BYTES_MAX, 'the room to begin with is at least a byte')
    this.bytes = new Uint8Array(roomBytes)
  }

  /** What was written; valid until something is written again. */
  get written(): Uint8Array {
    return this.bytes.subarray(0, this.used)
  }

  /** Forgets what was written, and keeps the array. */
  clear(): void {
    this.used = 0
  }

  /** Makes room for so many bytes more. */
  reserve(bytes: number): void {
    if (this.used + bytes > this.bytes.length) this.#grow(bytes)
  }

  /** Appends `source[start, end)`. */
  append(source: Uint8Array, start: number, end: number): void {
    this.reserve(end - start)
    this.used = copyBytes(this.bytes, this.used, source, start, end)
  }

  /** Appends a whole number from 0 as decimal text. */
  appendDecimal(value: number): void {
    assert(Number.isSafeInteger(value) && value >= 0, 'decimal text is written of whole numbers from 0')
    this.reserve(DIGITS_MAX)
    const { bytes } = this
    const end = this.used + decimalDigits(value)
    let rest = value
    for (let at = end - 1; at >= this.used; at--) {
      // Faster than `Math.trunc` and `%` while the number is small, which lengths are.
      const next = rest < 0x8000_0000 ? (rest / 10) | 0 : Math.floor(rest / 10)
      bytes[at] = rest - next * 10 + DIGIT_0
      rest = next
    }
    this.used = end
  }

  #grow(bytes: number): void {
    const neededBytes = this.used + bytes
    assert(neededBytes <= BYTES_MAX, 'what is written at once fits a gibibyte')
    const larger = new Uint8Array(Math.min(BYTES_MAX, Math.max(neededBytes, 2 * this.bytes.length)))
    larger.set(this.written)
    this.bytes = larger
  }
}
