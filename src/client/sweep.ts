// One timer for all that a client waits for: no frame or call has one of its own. It runs while anything is to be
// watched, so an idle client wakes nobody.

import type { Clock, Timer } from '../util/clock.ts'

/** A time limit strikes late by at most this part of it, */
const TIMEOUT_PARTS = 20
/** and the sweep is no more frequent, and no rarer, than so. */
const INTERVAL_MS_MIN = 5
const INTERVAL_MS_MAX = 250

/** Calls `check` now and then, from `wake` on, for as long as it returns true. */
export class Sweep {
  readonly #clock: Clock
  readonly #check: (nowMs: number) => boolean
  #intervalMs: number
  #timer: Timer | undefined
  #isStopped = false

  /** @param timeoutMs The time limit that is to be watched. */
  constructor(clock: Clock, timeoutMs: number, check: (nowMs: number) => boolean) {
    this.#clock = clock
    this.#check = check
    this.#intervalMs = intervalFor(timeoutMs)
  }

  /** There is something to watch, perhaps with a shorter time limit than before. */
  wake(timeoutMs?: number): void {
    if (timeoutMs !== undefined && intervalFor(timeoutMs) < this.#intervalMs) {
      this.#intervalMs = intervalFor(timeoutMs)
      this.#timer?.cancel()
      this.#timer = undefined
    }
    if (this.#timer === undefined && !this.#isStopped) this.#timer = this.#next()
  }

  /** Ends it for good. */
  stop(): void {
    this.#isStopped = true
    this.#timer?.cancel()
    this.#timer = undefined
  }

  #next(): Timer {
    // A program that awaits a call must not end because no socket is open at the moment.
    const keepsAlive = true
    return this.#clock.after(this.#intervalMs, () => this.#tick(), keepsAlive)
  }

  #tick(): void {
    this.#timer = undefined
    if (this.#check(this.#clock.monotonicMs())) this.wake()
  }
}

function intervalFor(timeoutMs: number): number {
  return Math.min(Math.max(timeoutMs / TIMEOUT_PARTS, INTERVAL_MS_MIN), INTERVAL_MS_MAX)
}
