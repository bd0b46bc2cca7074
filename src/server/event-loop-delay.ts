// How late timers of the calling thread fire: how long whatever arrives may wait until the thread looks at it.
//
// The figures are of the last whole window of WINDOW_MS, or of the first one while it has not ended: every reader sees
// the same ones, however often and how many ask, and a bad moment is forgotten after a while.

import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks'
import type { Clock, Timer } from '../util/clock.ts'

const WINDOW_MS = 15_000

/** Milliseconds between the timers that are measured, which Node counts into the delay. */
const RESOLUTION_MS = 20

const NS_PER_MS = 1e6

/** Delays of the event loop, milliseconds. */
export interface EventLoopDelay {
  readonly p50Ms: number
  readonly p99Ms: number
  readonly maxMs: number
}

/** Measures the calling thread until it is closed. */
export class EventLoopWatch {
  readonly #clock: Clock
  readonly #histogram: IntervalHistogram
  #windowBefore: EventLoopDelay | undefined
  #timer: Timer

  constructor(clock: Clock) {
    this.#clock = clock
    this.#histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
    this.#histogram.enable()
    this.#timer = this.#nextWindow()
  }

  /** The delays of the last window. */
  delay(): EventLoopDelay {
    return this.#windowBefore ?? this.#measured()
  }

  /** Measures no more; the last figures stay. Idempotent. */
  close(): void {
    this.#timer.cancel()
    this.#histogram.disable()
  }

  #nextWindow(): Timer {
    return this.#clock.after(WINDOW_MS, () => {
      this.#windowBefore = this.#measured()
      this.#histogram.reset()
      this.#timer = this.#nextWindow()
    })
  }

  #measured(): EventLoopDelay {
    const histogram = this.#histogram
    // What an empty histogram says is no delay.
    if (histogram.count === 0) return { p50Ms: 0, p99Ms: 0, maxMs: 0 }
    const delayMs = (ns: number): number => Math.max(0, ns / NS_PER_MS - RESOLUTION_MS)
    return {
      p50Ms: delayMs(histogram.percentile(50)),
      p99Ms: delayMs(histogram.percentile(99)),
      maxMs: delayMs(histogram.max),
    }
  }
}
