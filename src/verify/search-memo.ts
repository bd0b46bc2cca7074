// The configurations that a search has been in: sequences of words in one growing array, found by hash and compared as a
// whole, so that a collision can never hide an order that exists.
//
// The first words of an entry are bits of what was used up: with the same rest, an entry that used up no more than another
// can do all that the other can, so the other need not be looked at. Without that, each operation of unknown outcome
// would double what a search for an order that does not exist has to see.

import { assert } from '../util/assert.ts'

const WORDS_MIN = 1 << 12
const SLOTS_MIN = 1 << 10

/** What `SearchMemo.add` says. */
export type Added = 'new' | 'known' | 'full'

/** A set of sequences of words. */
export class SearchMemo {
  /** The sequence that `add` takes, from index 0; the caller writes it. */
  entry = new Uint32Array(64)
  count = 0
  readonly #wordsMax: number
  readonly #usedWords: number
  #words = new Uint32Array(WORDS_MIN)
  #used = 0
  /** Positions of entries, plus one. An entry is its hash, its length and its words. */
  #slots = new Uint32Array(SLOTS_MIN)

  /**
   * @param usedWords Words in front of every entry that are bits of what was used up.
   * @param bytesMax Memory that entries may take, at most 4 GiB; their table takes no more than that again.
   */
  constructor(usedWords: number, bytesMax: number) {
    this.#usedWords = usedWords
    this.#wordsMax = Math.floor(bytesMax / 4)
    assert(this.#wordsMax >= WORDS_MIN && this.#wordsMax <= 2 ** 30, 'positions of entries are small integers')
  }

  /** Makes room for an entry of so many words. */
  reserve(words: number): void {
    if (words <= this.entry.length) return
    const larger = new Uint32Array(2 * words)
    larger.set(this.entry)
    this.entry = larger
  }

  /** Adds the first words of `entry`, unless an entry that is as good is known, or there is no memory left. */
  add(length: number): Added {
    const hash = this.#hash(length)
    const mask = this.#slots.length - 1
    let slot = hash & mask
    for (;;) {
      const position = this.#slots[slot] as number
      if (position === 0) break
      if (this.#words[position - 1] === hash && this.#isCovered(position, length)) return 'known'
      slot = (slot + 1) & mask
    }
    if (!this.#reserveWords(length + 2)) return 'full'
    this.#slots[slot] = this.#used + 1
    this.#words[this.#used] = hash
    this.#words[this.#used + 1] = length
    for (let index = 0; index < length; index++) this.#words[this.#used + 2 + index] = this.entry[index] as number
    this.#used += length + 2
    if (2 * ++this.count > this.#slots.length) this.#growSlots()
    return 'new'
  }

  #hash(length: number): number {
    let hash = length
    for (let index = this.#usedWords; index < length; index++) {
      hash = Math.imul(hash ^ (this.entry[index] as number), 0x9e3779b1)
      hash ^= hash >>> 15
    }
    hash = Math.imul(hash, 0x85ebca6b)
    return (hash ^ (hash >>> 13)) >>> 0
  }

  #isCovered(position: number, length: number): boolean {
    if (this.#words[position] !== length) return false
    const start = position + 1
    for (let index = this.#usedWords; index < length; index++) {
      if (this.#words[start + index] !== this.entry[index]) return false
    }
    for (let index = 0; index < this.#usedWords; index++) {
      if (((this.#words[start + index] as number) & ~(this.entry[index] as number)) !== 0) return false
    }
    return true
  }

  #reserveWords(words: number): boolean {
    const needed = this.#used + words
    if (needed > this.#wordsMax) return false
    if (needed <= this.#words.length) return true
    const larger = new Uint32Array(Math.min(this.#wordsMax, Math.max(needed, 2 * this.#words.length)))
    larger.set(this.#words)
    this.#words = larger
    return true
  }

  #growSlots(): void {
    this.#slots = new Uint32Array(2 * this.#slots.length)
    const mask = this.#slots.length - 1
    for (let position = 0; position < this.#used; position += 2 + (this.#words[position + 1] as number)) {
      let slot = (this.#words[position] as number) & mask
      while (this.#slots[slot] !== 0) slot = (slot + 1) & mask
      this.#slots[slot] = position + 1
    }
  }
}
