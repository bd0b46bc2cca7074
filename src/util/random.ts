// Randomness is an argument everywhere: this file alone makes any. `seededRandom` is for workloads, simulation and
// tests, where a seed must give the same run again; secrets come from `systemRandomBytes`.
//
// The generator is xoshiro128** (Blackman and Vigna, 2018): 128 bits of state, 32 bits a step, no multiplication wider
// than 32 bits. splitmix32 spreads the seed, so that neighbouring seeds give unrelated sequences.

import { randomFillSync } from 'node:crypto'
import { assert } from './assert.ts'

/** A source of uniform numbers. Not for secrets. */
export interface Random {
  /** 32 bits, as an integer from 0. */
  next32(): number
  /** A fraction in [0, 1) with 32 random bits. */
  nextFloat(): number
  /** An unbiased integer in [0, end); `end` is an integer from 1 to 2^32. */
  nextBelow(end: number): number
  /** Overwrites every byte. */
  fillBytes(bytes: Uint8Array): void
}

/** A generator whose sequence follows from the seed alone (its lower 32 bits), on every machine. */
export function seededRandom(seed: number): Random {
  return new Xoshiro128(seed)
}

/** Bytes from the operating system's generator, fit for secrets. */
export function systemRandomBytes(count: number): Uint8Array {
  return randomFillSync(new Uint8Array(count))
}

const RANGE_32 = 2 ** 32

class Xoshiro128 implements Random {
  #a: number
  #b: number
  #c: number
  #d: number

  constructor(seed: number) {
    this.#a = splitmix32(seed, 1)
    this.#b = splitmix32(seed, 2)
    this.#c = splitmix32(seed, 3)
    this.#d = splitmix32(seed, 4)
    assert((this.#a | this.#b | this.#c | this.#d) !== 0, 'the all-zero state would never leave zero')
  }

  next32(): number {
    const product = Math.imul(this.#b, 5)
    const result = Math.imul((product << 7) | (product >>> 25), 9) >>> 0
    const shifted = this.#b << 9
    this.#c ^= this.#a
    this.#d ^= this.#b
    this.#b ^= this.#c
    this.#a ^= this.#d
    this.#c ^= shifted
    this.#d = (this.#d << 11) | (this.#d >>> 21)
    return result
  }

  nextFloat(): number {
    return this.next32() / RANGE_32
  }

  nextBelow(end: number): number {
    assert(Number.isInteger(end) && end >= 1 && end <= RANGE_32, 'the end of the range is an integer from 1 to 2^32')
    // Draws from the last, incomplete multiple of `end` would favour small numbers: they are drawn again.
    const fair = RANGE_32 - (RANGE_32 % end)
    let drawn = this.next32()
    while (drawn >= fair) drawn = this.next32()
    return drawn % end
  }

  fillBytes(bytes: Uint8Array): void {
    let word = 0
    for (let index = 0; index < bytes.length; index++) {
      word = (index & 3) === 0 ? this.next32() : word >>> 8
      bytes[index] = word
    }
  }
}

/** The `step`-th output of splitmix32 from the seed: a bijection of seed + step * constant. */
function splitmix32(seed: number, step: number): number {
  let mixed = (seed + Math.imul(step, 0x9e3779b9)) | 0
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return mixed ^ (mixed >>> 16)
}
