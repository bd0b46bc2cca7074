// Gives memory back while nothing is executed: expired records that no write has swept, cleared ones, and those in slots
// that the shard has lost. Frames do a part of it by themselves; without this, a store that nobody writes to would keep
// what has expired, and a lost slot that came back would wait for clients before it is served.

import type { Clock, Timer } from '../util/clock.ts'
import type { OwnedShards } from './owned-shard.ts'

/** Milliseconds between two slices. */
const SLICE_MS = 20

/**
 * Buckets of the index that one slice passes in each shard: 5 µs when nothing is due, in a shard of 1M records, and about 1M records a second.
 */
const SLICE_BUCKETS = 2_048

/** The timer of one thread's slices. It runs only while a shard has something that could have to be given back. */
export class Maintenance {
  readonly #shards: Pick<OwnedShards, 'all'>
  readonly #clock: Clock
  #timer: Timer | undefined

  constructor(shards: Pick<OwnedShards, 'all'>, clock: Clock) {
    this.#shards = shards
    this.#clock = clock
  }

  /** Starts the timer if there is work. To be called now and then. */
  wake(): void {
    if (this.#timer === undefined && this.#hasWork()) this.#timer = this.#next()
  }

  /** Ends it, until the next `wake`. */
  stop(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }

  #next(): Timer {
    return this.#clock.after(SLICE_MS, () => {
      for (const owned of this.#shards.all) owned.maintain(this.#clock.nowMs(), SLICE_BUCKETS)
      this.#timer = this.#hasWork() ? this.#next() : undefined
    })
  }

  #hasWork(): boolean {
    return this.#shards.all.some(({ needsMaintenance }) => needsMaintenance)
  }
}
