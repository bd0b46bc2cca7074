// When the blocks of one client start.

import type { Clock } from '../../util/clock.ts'

/** Gives out starts, in order, to whichever block is free. */
export interface Pace {
  /** Whether starts follow a clock rather than the blocks before them. */
  readonly isOpen: boolean
  /** The next start, on the monotonic clock. */
  next(): number
  /**
   * Resolves at that time or as soon after it as the timers of the thread allow; before it, but not at once, when `isOver`
   * says that there is nothing to wait for any more.
   */
  until(timeMs: number, isOver: () => boolean): Promise<void>
}

/** Each block starts as soon as it is free. */
export const CLOSED_LOOP: Pace = {
  isOpen: false,
  next: () => 0,
  until: () => Promise.resolve(),
}

/** Timers fire up to about this late; the rest of a wait goes round the event loop, which costs the client's core. */
const TIMER_MS = 2

/** Between two looks whether a long wait is over: at a low rate the next start may lie far behind the end of the phase. */
const LOOK_MS = 100

/** Blocks start `intervalMs` after each other, from `startMs` on. */
export function openLoop(startMs: number, intervalMs: number, clock: Clock, turn: () => Promise<void>): Pace {
  let count = 0
  return {
    isOpen: true,
    next: () => startMs + intervalMs * count++,
    async until(timeMs, isOver) {
      while (!isOver()) {
        const restMs = timeMs - clock.monotonicMs()
        if (restMs <= 0) return
        const timerMs = Math.min(restMs - TIMER_MS, LOOK_MS)
        if (timerMs > 0) await new Promise<void>((resolve) => void clock.after(timerMs, resolve, true))
        else await turn()
      }
    },
  }
}
