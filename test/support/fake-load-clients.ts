// Clients of a benchmark that do nothing but count, while a manual clock runs.

import { createTally } from '../../src/bench/load/checker.ts'
import { ClientCounters, type ClientSums, counterMemory, sumCounters } from '../../src/bench/load/client-counters.ts'
import type { PhaseTotals } from '../../src/bench/load/client-threads.ts'
import type { LoadClients } from '../../src/bench/load/load-clients.ts'
import { KIND_READ } from '../../src/bench/workload/kinds.ts'
import type { ManualClock } from './manual-clock.ts'

/** Operations that all of them execute in a second. */
export const FAKE_OPERATIONS_PER_SECOND = 1_000_000

const LATENCY_NS = 2e6
const REQUEST_BYTES = 12
const REPLY_BYTES = 75

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** Lets the clock run through each phase, a second at a time. */
export class FakeLoadClients implements LoadClients {
  /** What was asked of them, in order. */
  readonly calls: string[] = []
  /** Called at the start of each second with the last call; what it throws the phase rejects with. */
  onSecond: (call: string) => void = () => {}
  /** Why the present phase ends early. */
  failure: string | undefined
  /** Mismatches of each second. */
  mismatchesPerSecond = 0
  readonly #clock: ManualClock
  readonly #counters = new ClientCounters(counterMemory())
  #isStopped = false

  constructor(clock: ManualClock) {
    this.#clock = clock
  }

  sums(): ClientSums {
    return sumCounters([this.#counters])
  }

  load(first: number, end: number): Promise<PhaseTotals> {
    return this.#pass(`load ${first} to ${end}`, (end - first) / FAKE_OPERATIONS_PER_SECOND)
  }

  run(seconds: number): Promise<PhaseTotals> {
    return this.#pass(`run ${seconds}`, seconds)
  }

  verify(first: number, end: number): Promise<PhaseTotals> {
    return this.#pass(`verify ${first} to ${end}`, (end - first) / FAKE_OPERATIONS_PER_SECOND)
  }

  stop(): void {
    this.calls.push('stop')
    this.#isStopped = true
  }

  async #pass(call: string, seconds: number): Promise<PhaseTotals> {
    this.calls.push(call)
    this.#isStopped = false
    const tally = createTally()
    const endMs = seconds * 1_000
    let elapsedMs = 0
    await turn()
    while (elapsedMs < endMs && !this.#isStopped && this.failure === undefined) {
      this.onSecond(call)
      const stepMs = Math.min(1_000, endMs - elapsedMs)
      const operations = (stepMs / 1_000) * FAKE_OPERATIONS_PER_SECOND
      elapsedMs += stepMs
      tally.checked += operations
      tally.reads += operations
      tally.hits += operations - this.mismatchesPerSecond
      tally.mismatches += this.mismatchesPerSecond
      this.#count(operations)
      this.#clock.advance(stepMs)
      await turn()
    }
    const failures = this.failure === undefined ? [] : [this.failure]
    return { tally, elapsedMs, cpuNs: tally.checked * 100, failures }
  }

  #count(operations: number): void {
    const { checked, mismatches, bytesSent, bytesReceived, latencies } = this.#counters
    latencies.record(KIND_READ, LATENCY_NS, operations)
    this.#counters.put(
      checked + operations,
      mismatches + this.mismatchesPerSecond,
      bytesSent + REQUEST_BYTES * operations,
      bytesReceived + REPLY_BYTES * operations,
    )
  }
}
