// The reply slabs of one engine: fixed pieces of its shared memory that it writes results into and that channels send
// from. A slab is counted by its users: the reply being written holds one count, every part of it on its way to a
// channel another, and the slab returns to its pool with the last.
//
//   invariants: a slab is free exactly when its count is 0; bytes of a slab with parts on their way are not overwritten.
//
// The free slabs are a stack, so a calm server keeps using the same few, which the processor still has in its cache.

import { assert } from '../util/assert.ts'

/** What a pool needs of an engine. */
export interface SlabSource {
  readonly slabBytes: number
  readonly slabCount: number
  slabView(slab: number, start: number, end: number): Uint8Array
}

/** One reply slab. */
export class Slab {
  /** The engine's number for it. */
  readonly index: number
  /** All of its bytes, in shared memory: the view outlives growth of the memory. */
  readonly bytes: Uint8Array
  /** Where the reply being written goes on, while another slab is written. */
  position = 0
  readonly #pool: SlabPool
  #users = 0

  constructor(pool: SlabPool, index: number, bytes: Uint8Array) {
    this.#pool = pool
    this.index = index
    this.bytes = bytes
  }

  get users(): number {
    return this.#users
  }

  /** Counts one more user. */
  hold(): void {
    this.#users++
  }

  /** Counts one user less; the last one returns the slab. */
  drop(): void {
    assert(this.#users > 0, 'a free slab has no user to drop')
    if (--this.#users === 0) this.#pool.give(this)
  }
}

/** The slabs of one engine. */
export class SlabPool {
  readonly slabCount: number
  readonly slabBytes: number
  readonly #source: SlabSource
  /** Made on first use: most servers never touch most of them. */
  readonly #slabs: (Slab | undefined)[]
  readonly #free: Uint16Array
  #freeCount: number

  constructor(source: SlabSource) {
    this.slabCount = source.slabCount
    this.slabBytes = source.slabBytes
    this.#source = source
    this.#slabs = Array.from({ length: source.slabCount }, () => undefined)
    this.#free = Uint16Array.from({ length: source.slabCount }, (_, place) => source.slabCount - 1 - place)
    this.#freeCount = source.slabCount
  }

  get freeCount(): number {
    return this.#freeCount
  }

  /** A free slab, held by the caller. The caller made sure that there is one. */
  take(): Slab {
    assert(this.#freeCount > 0, 'a reply never needs more slabs than were free before it')
    const index = this.#free[--this.#freeCount] as number
    const slab = this.#slabs[index] ?? this.#create(index)
    assert(slab.users === 0, 'a free slab has no user')
    slab.position = 0
    slab.hold()
    return slab
  }

  /** Takes a slab back; called by the slab itself. */
  give(slab: Slab): void {
    assert(this.#freeCount < this.slabCount, 'no slab returns twice')
    this.#free[this.#freeCount++] = slab.index
  }

  #create(index: number): Slab {
    const slab = new Slab(this, index, this.#source.slabView(index, 0, this.slabBytes))
    this.#slabs[index] = slab
    return slab
  }
}
