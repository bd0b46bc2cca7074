// A first-in first-out queue over a ring whose size is a power of two: `push` and `shift` touch one cell, where
// an array's `shift` moves all others.

import { assert } from '../util/assert.ts'

/** A queue of `T`. Its owner bounds it; the ring doubles when full. */
export class Fifo<T> {
  #ring: (T | undefined)[] = new Array(8)
  #head = 0
  #length = 0

  /** Items in the queue. */
  get length(): number {
    return this.#length
  }

  /** Adds an item at the end. */
  push(item: T): void {
    if (this.#length === this.#ring.length) this.#grow()
    this.#ring[(this.#head + this.#length) & (this.#ring.length - 1)] = item
    this.#length += 1
  }

  /** The oldest item, left in place. */
  peek(): T | undefined {
    return this.#ring[this.#head]
  }

  /** Removes and returns the oldest item. */
  shift(): T | undefined {
    if (this.#length === 0) return undefined
    const item = this.#ring[this.#head]
    this.#ring[this.#head] = undefined
    this.#head = (this.#head + 1) & (this.#ring.length - 1)
    this.#length -= 1
    return item
  }

  /** The items from the oldest on; the queue must not change meanwhile. */
  *[Symbol.iterator](): Generator<T, void, undefined> {
    for (let index = 0; index < this.#length; index++) {
      yield this.#ring[(this.#head + index) & (this.#ring.length - 1)] as T
    }
  }

  /** Removes and returns everything, oldest first. */
  takeAll(): T[] {
    const items: T[] = []
    for (let item = this.shift(); item !== undefined; item = this.shift()) items.push(item)
    assert(this.#length === 0, 'a queue holds no undefined items')
    return items
  }

  #grow(): void {
    const larger = new Array<T | undefined>(this.#ring.length * 2)
    for (let index = 0; index < this.#length; index++) {
      larger[index] = this.#ring[(this.#head + index) & (this.#ring.length - 1)]
    }
    this.#ring = larger
    this.#head = 0
  }
}
