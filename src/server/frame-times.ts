// How long frames stay in the thread: from the read that brought the last of a frame to the write that takes its reply.
// What a peer waits for beyond that is the network, and the thread being busy with others before it reads.
//
// Frames are counted by logarithm, four places to each doubling: a percentile is known to 19 %, and the difference of
// two counts is the count of the time between them, whoever else asks.

import { assert } from '../util/assert.ts'

/** Places in which the time doubles. */
export const FRAME_TIME_PLACES_PER_DOUBLING = 4

const DOUBLINGS = 26
const US_PER_MS = 1_000

/** The last place, for whatever took longer than 2^26 us: 67 seconds. */
const PLACE_MAX = FRAME_TIME_PLACES_PER_DOUBLING * DOUBLINGS + 1

/** The frame times of one thread. */
export class FrameTimes {
  readonly #counts = new Float64Array(PLACE_MAX + 1)
  #totalMs = 0

  /** Milliseconds of all frames together. */
  get totalMs(): number {
    return this.#totalMs
  }

  /**
   * Frames by their time: place n has those of at most 2^(n / 4) us and more than 2^((n - 1) / 4), place 0 those of at
   * most 1 us, the last one those beyond all others.
   */
  counts(): number[] {
    return [...this.#counts]
  }

  /** Counts so many frames that took this long. */
  note(frameCount: number, durationMs: number): void {
    assert(durationMs >= 0, 'monotonic time')
    const doublings = Math.log2(Math.max(1, durationMs * US_PER_MS))
    const place = Math.min(Math.ceil(doublings * FRAME_TIME_PLACES_PER_DOUBLING), PLACE_MAX)
    this.#counts[place] = (this.#counts[place] as number) + frameCount
    this.#totalMs += frameCount * durationMs
  }
}
