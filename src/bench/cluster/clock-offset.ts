// How far the clock of another machine is off, by asking it: the answer was given somewhere between question and answer, so
// the middle is off by half of the way at most. The quickest round trip says most.

import type { Clock } from '../../util/clock.ts'

/** The clock of another machine less the one of this, and by how much that may be wrong, both ways. */
export interface ClockOffset {
  readonly offsetMs: number
  readonly uncertaintyMs: number
}

/** One question: when it left and was answered by the clock here, and what the other clock said. */
export interface RoundTrip {
  readonly sentMs: number
  readonly receivedMs: number
  readonly remoteMs: number
}

const ROUND_TRIPS = 8

/** The wall clocks show whole milliseconds. */
const READING_MS = 1

/** Asks `ROUND_TRIPS` times. */
export async function measureOffset(clock: Clock, askMs: () => Promise<number>): Promise<ClockOffset> {
  const trips: RoundTrip[] = []
  for (let trip = 0; trip < ROUND_TRIPS; trip++) {
    // Durations by the monotonic clock: the wall clock may be set meanwhile.
    const sentMs = clock.nowMs()
    const startMs = clock.monotonicMs()
    const remoteMs = await askMs()
    trips.push({ sentMs, receivedMs: sentMs + clock.monotonicMs() - startMs, remoteMs })
  }
  return estimateOffset(trips)
}

/** What the quickest of the round trips says; there is one at least. */
export function estimateOffset(trips: readonly RoundTrip[]): ClockOffset {
  const waitMs = (trip: RoundTrip): number => trip.receivedMs - trip.sentMs
  const best = trips.reduce((least, trip) => (waitMs(trip) < waitMs(least) ? trip : least))
  return {
    offsetMs: best.remoteMs - (best.sentMs + best.receivedMs) / 2,
    uncertaintyMs: waitMs(best) / 2 + READING_MS,
  }
}
