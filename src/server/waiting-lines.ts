// The lines in which connections wait for something that all of them share. They serve in the order of arrival, and
// whoever leaves a line, by closing too, leaves no trace in it.

import { assert } from '../util/assert.ts'

/** Who stands in a line; `proceed` is called when it is its turn, after it has left the line. */
export interface Waiter {
  proceed(): void
}

/** A line for a shared room, such as reply slabs: while somebody stands in it nobody overtakes. */
export class WaitingLine<Member extends Waiter = Waiter> {
  readonly #hasRoom: (member: Member) => boolean
  readonly #waiting = new Set<Member>()
  #turnOf: Member | undefined

  /** @param hasRoom Whether there is room for what this one wants to do. */
  constructor(hasRoom: (member: Member) => boolean) {
    this.#hasRoom = hasRoom
  }

  /** Whether somebody waits for what others hold. */
  get isStarving(): boolean {
    return this.#waiting.size > 0
  }

  /** Those that wait. */
  get waitingCount(): number {
    return this.#waiting.size
  }

  /** Whether this one may go on now. */
  isOpenTo(member: Member): boolean {
    return (this.#waiting.size === 0 || member === this.#turnOf) && this.#hasRoom(member)
  }

  wait(member: Member): void {
    this.#waiting.add(member)
  }

  leave(member: Member): void {
    this.#waiting.delete(member)
  }

  /** There is more room: calls the first ones while it lasts. */
  advance(): void {
    assert(this.#turnOf === undefined, 'one has its turn at a time')
    for (const member of this.#waiting) {
      if (!this.#hasRoom(member)) return
      this.#waiting.delete(member)
      this.#turnOf = member
      member.proceed()
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
