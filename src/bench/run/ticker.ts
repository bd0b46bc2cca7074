// Calls back in a fixed rhythm while a phase lasts.

import type { Clock, Timer } from '../../util/clock.ts'

/** A running ticker; whoever started it stops it. */
export interface Ticker {
  /** No further call starts. Resolves when one that has started is over; rejects when one failed. */
  stop(): Promise<void>
}

/**
 * Calls `tick` with the milliseconds since the start, once in each interval. A call that takes longer than an interval
 * delays the next one and never overlaps it; after one that rejects there is none.
 */
export function startTicker(clock: Clock, intervalMs: number, tick: (elapsedMs: number) => Promise<void>): Ticker {
  const startMs = clock.monotonicMs()
  let timer: Timer | undefined
  let isStopped = false
  let last: Promise<void> = Promise.resolve()

  const schedule = (): void => {
    if (isStopped) return
    const elapsedMs = clock.monotonicMs() - startMs
    const delayMs = intervalMs - (elapsedMs % intervalMs)
    timer = clock.after(delayMs, () => {
      last = tick(clock.monotonicMs() - startMs)
      // A failure is `stop`'s to report.
      last.then(schedule, () => {})
    })
  }
  schedule()

  return {
    stop() {
      isStopped = true
      timer?.cancel()
      return last
    },
  }
}
