// Small numbers for 64-bit ones: 1, 2, 3, ... in the order of their first appearance. Values and versions are compared,
// counted and remembered by these numbers; 0 is free to mean none. Open addressing at half load.

import { assert } from '../util/assert.ts'

const SLOTS_MIN = 16

/** Numbers given to pairs of 32-bit words. */
export class LongTable {
  /** Numbers given: 1 to this. */
  count = 0
  #lows = new Uint32Array(SLOTS_MIN)
  #highs = new Uint32Array(SLOTS_MIN)
  #slots = new Uint32Array(2 * SLOTS_MIN)

  /** @param expected How many are expected; more may come. */
  constructor(expected = 0) {
    let slots = SLOTS_MIN
    while (slots <= expected) slots *= 2
    this.#lows = new Uint32Array(slots)
    this.#highs = new Uint32Array(slots)
    this.#slots = new Uint32Array(2 * slots)
  }

  /** The number of a long, new or not. */
  numberOf(low: number, high: number): number {
    const mask = this.#slots.length - 1
    let slot = hashOf(low, high) & mask
    for (;;) {
      const number = this.#slots[slot] as number
      if (number === 0) break
      if (this.#lows[number - 1] === low && this.#highs[number - 1] === high) return number
      slot = (slot + 1) & mask
    }
    if (this.count === this.#lows.length) {
      this.#grow()
      return this.numberOf(low, high)
    }
    this.#lows[this.count] = low
    this.#highs[this.count] = high
    this.#slots[slot] = ++this.count
    return this.count
  }

  low(number: number): number {
    assert(number >= 1 && number <= this.count, 'a number is asked for that was given')
    return this.#lows[number - 1] as number
  }

  high(number: number): number {
    assert(number >= 1 && number <= this.count, 'a number is asked for that was given')
    return this.#highs[number - 1] as number
  }

  #grow(): void {
    const lows = new Uint32Array(2 * this.count)
    const highs = new Uint32Array(2 * this.count)
    lows.set(this.#lows)
    highs.set(this.#highs)
    this.#lows = lows
    this.#highs = highs
    this.#slots = new Uint32Array(4 * this.count)
    const mask = this.#slots.length - 1
    for (let number = 1; number <= this.count; number++) {
      let slot = hashOf(lows[number - 1] as number, highs[number - 1] as number) & mask
      while (this.#slots[slot] !== 0) slot = (slot + 1) & mask
      this.#slots[slot] = number
    }
  }
}

/** The finisher of MurmurHash3 over both words. */
function hashOf(low: number, high: number): number {
  let mixed = Math.imul(low ^ Math.imul(high, 0x9e3779b1), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return mixed ^ (mixed >>> 16)
}
