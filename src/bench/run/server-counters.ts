// What the server counts, summed over its shard threads and read by the control client: the figures that a client
// cannot know, and the second opinion on those that it can.

import type { Clock } from '../../util/clock.ts'
import { SluiceError } from '../../util/errors.ts'

/** What is used of the control client: the counters of each shard thread, by name. */
export interface CountedClient {
  stats(): Promise<readonly Readonly<Record<string, unknown>>[]>
}

/** The sums at one moment. */
export interface ServerCounters {
  /** When the answers were there, monotonic. */
  readonly atMs: number
  /** Shard threads that answered. */
  readonly threads: number
  readonly operations: number
  readonly frames: number
  readonly bytesIn: number
  readonly bytesOut: number
  /** 0 where the system does not tell. */
  readonly cpuNs: number
}

const MS_PER_SECOND = 1_000

/** A shorter piece at the end of a run says too little to be one of the per-second rates. */
const RATE_INTERVAL_MS_MIN = 500

/** Asks every shard thread. */
export async function readCounters(client: CountedClient, clock: Clock): Promise<ServerCounters> {
  const threads = await client.stats()
  const atMs = clock.monotonicMs()
  const sums = { operations: 0, frames: 0, bytesIn: 0, bytesOut: 0, cpuNs: 0 }
  for (const thread of threads) {
    sums.operations += counter(thread, 'operations')
    sums.frames += counter(thread, 'frames')
    sums.bytesIn += counter(thread, 'bytesIn')
    sums.bytesOut += counter(thread, 'bytesOut')
    sums.cpuNs += counter(thread, 'threadCpuNs')
  }
  return { atMs, threads: threads.length, ...sums }
}

/** Operations per second between neighbouring readings, each by the time that really passed. */
export function operationRates(readings: readonly ServerCounters[]): number[] {
  const rates: number[] = []
  for (let index = 1; index < readings.length; index++) {
    const from = readings[index - 1] as ServerCounters
    const to = readings[index] as ServerCounters
    const elapsedMs = to.atMs - from.atMs
    if (elapsedMs < RATE_INTERVAL_MS_MIN) continue
    rates.push(((to.operations - from.operations) / elapsedMs) * MS_PER_SECOND)
  }
  return rates
}

/** The median; undefined of nothing. */
export function median(values: readonly number[]): number | undefined {
  const sorted = values.toSorted((left, right) => left - right)
  const middle = sorted.length >> 1
  const upper = sorted[middle]
  const lower = sorted[middle - 1]
  if (upper === undefined || sorted.length % 2 === 1 || lower === undefined) return upper
  return (lower + upper) / 2
}

function counter(thread: Readonly<Record<string, unknown>>, name: string): number {
  const value = thread[name]
  if (typeof value === 'number') return value
  throw new SluiceError('PROTOCOL', `the server reports no ${name}`)
}
