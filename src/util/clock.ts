// Time is an argument everywhere: this file alone reads a clock or sets a timer.

/** A timer that can be cancelled; cancelling twice is harmless. */
export interface Timer {
  cancel(): void
}

/** Wall-clock time, monotonic time and timers. */
export interface Clock {
  /** Milliseconds since 1970, for expiry and version starts. */
  nowMs(): number
  /** Monotonic milliseconds with a fraction, for durations. */
  monotonicMs(): number
  /** Calls back once after `delayMs`. The timer keeps no process alive, unless `keepsAlive` says so: default false. */
  after(delayMs: number, callback: () => void, keepsAlive?: boolean): Timer
}

/** The machine's clock. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  after(delayMs, callback, keepsAlive = false) {
    const timeout = setTimeout(callback, delayMs)
    if (!keepsAlive) timeout.unref()
    return { cancel: () => clearTimeout(timeout) }
  },
}
