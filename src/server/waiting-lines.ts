// Two lines in which connections wait for something that all of them share. Both serve in the order of arrival, and
// whoever leaves a line, by closing too, leaves no trace in it.

import { assert } from '../util/assert.ts'

/** Who stands in a line; `proceed` is called when it is its turn, after it has left the line. */
export interface Waiter {
  proceed(): void
}

/** The line for reply slabs: while somebody stands in it nobody overtakes. */
export class SlabLine {
  readonly #hasRoom: () => boolean
  readonly #waiting = new Set<Waiter>()
  #turnOf: Waiter | undefined

  /** @param hasRoom Whether enough slabs are free for any one frame. */
  constructor(hasRoom: () => boolean) {
    this.#hasRoom = hasRoom
  }

  /** Whether frames wait for slabs that others hold. */
  get isStarving(): boolean {
    return this.#waiting.size > 0
  }

  /** Those that wait. */
  get waitingCount(): number {
    return this.#waiting.size
  }

  /** Whether this one may execute a frame now. */
  isOpenTo(waiter: Waiter): boolean {
    return (this.#waiting.size === 0 || waiter === this.#turnOf) && this.#hasRoom()
  }

  wait(waiter: Waiter): void {
    this.#waiting.add(waiter)
  }

  leave(waiter: Waiter): void {
    this.#waiting.delete(waiter)
  }

  /** Slabs have returned: calls the first ones while there is room. */
  advance(): void {
    assert(this.#turnOf === undefined, 'one has its turn at a time')
    for (const waiter of this.#waiting) {
      if (!this.#hasRoom()) return
      this.#waiting.delete(waiter)
      this.#turnOf = waiter
      waiter.proceed()
      this.#turnOf = undefined
    }
  }
}

/** The places for incomplete large frames, and the line for them. */
export class LargeFramePlaces {
  readonly #placesMax: number
  readonly #holders = new Set<Waiter>()
  readonly #waiting = new Set<Waiter>()

  constructor(placesMax: number) {
    this.#placesMax = placesMax
  }

  /** Those that wait for a place. */
  get waitingCount(): number {
    return this.#waiting.size
  }

  has(waiter: Waiter): boolean {
    return this.#holders.has(waiter)
  }

  /** Gives the waiter a place, or one in the line. Returns whether it has a place now; asking again is harmless. */
  ask(waiter: Waiter): boolean {
    if (this.#holders.has(waiter)) return true
    if (this.#waiting.size === 0 && this.#holders.size < this.#placesMax) this.#holders.add(waiter)
    else this.#waiting.add(waiter)
    return this.#holders.has(waiter)
  }

  /** Takes back the waiter's place, or its place in the line. */
  leave(waiter: Waiter): void {
    this.#waiting.delete(waiter)
    if (!this.#holders.delete(waiter)) return
    for (const next of this.#waiting) {
      this.#waiting.delete(next)
      this.#holders.add(next)
      next.proceed()
      return
    }
  }
}
