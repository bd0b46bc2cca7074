// The work of one client thread, apart from the thread: a driver, the operations it draws, and the phases it goes
// through.

import { threadCpuNs } from '../../server/thread-cpu.ts'
import type { Clock } from '../../util/clock.ts'
import { systemSchedule } from '../../util/schedule.ts'
import type { Driver } from '../drivers/driver.ts'
import { KINDS } from '../workload/kinds.ts'
import type { ValueTable } from '../workload/values.ts'
import { OperationSource } from '../workload/workload.ts'
import { createTally } from './checker.ts'
import { ClientCounters } from './client-counters.ts'
import type { ClientThreadOptions, PhaseReport } from './client-messages.ts'
import { drive, type OperationFeed } from './drive.ts'
import { drawnFeed, loadFeed, verifyFeed } from './feeds.ts'
import { CLOSED_LOOP, openLoop, type Pace } from './pace.ts'

const MS_PER_SECOND = 1_000

const turn = (): Promise<void> => new Promise((resolve) => systemSchedule(resolve))

/** One client's state over all phases. */
export class ClientSession {
  readonly #options: ClientThreadOptions
  readonly #driver: Driver
  readonly #clock: Clock
  readonly #values: ValueTable
  readonly #source: OperationSource
  readonly #counters: ClientCounters
  readonly #mayMiss: boolean
  #isStopped = false

  /** @param values Those that the driver writes. */
  constructor(options: ClientThreadOptions, driver: Driver, values: ValueTable, clock: Clock) {
    const { workload, seed, client, clientCount, window, batch, loadBatch } = options
    this.#options = options
    this.#driver = driver
    this.#clock = clock
    this.#values = values
    this.#counters = new ClientCounters(options.counters)
    this.#mayMiss = KINDS.some(({ code, removes }) => removes && (workload.mix[code] ?? 0) > 0)
    const blockCapacity = Math.max(batch, loadBatch)
    this.#source = new OperationSource({ workload, seed, client, clientCount, blockCount: window, blockCapacity })
  }

  /** Stores the records [first, end). */
  load(first: number, end: number): Promise<PhaseReport> {
    return this.#phase(CLOSED_LOOP, (isStopped) => loadFeed(this.#source, first, end, isStopped))
  }

  /** Runs the workload; a further run goes on where the sequence of the last one ended. */
  run(seconds: number): Promise<PhaseReport> {
    const { batch, opsPerSecond } = this.#options
    const startMs = this.#clock.monotonicMs()
    const deadlineMs = startMs + seconds * MS_PER_SECOND
    const intervalMs = (batch / opsPerSecond) * MS_PER_SECOND
    const pace = opsPerSecond === 0 ? CLOSED_LOOP : openLoop(startMs, intervalMs, this.#clock, turn)
    return this.#phase(pace, (isStopped) => drawnFeed(this.#source, batch, deadlineMs, this.#clock, isStopped))
  }

  /** Reads and checks the records [first, end). */
  verify(first: number, end: number): Promise<PhaseReport> {
    return this.#phase(CLOSED_LOOP, (isStopped) => verifyFeed(this.#source, first, end, isStopped))
  }

  /** Ends the present phase after the blocks under way. */
  stop(): void {
    this.#isStopped = true
  }

  async #phase(pace: Pace, makeFeed: (isStopped: () => boolean) => OperationFeed): Promise<PhaseReport> {
    this.#isStopped = false
    const counters = this.#counters
    const driver = this.#driver
    const { checked, mismatches } = counters
    const tally = createTally(this.#mayMiss)
    const startCpuNs = threadCpuNs()
    const startMs = this.#clock.monotonicMs()
    let failure: string | undefined
    try {
      await drive({
        driver,
        values: this.#values,
        clock: this.#clock,
        blocks: this.#source.blocks,
        feed: makeFeed(() => this.#isStopped),
        pace,
        tally,
        latencies: counters.latencies,
        onChecked() {
          const { bytesSent, bytesReceived } = driver
          counters.put(checked + tally.checked, mismatches + tally.mismatches, bytesSent, bytesReceived)
        },
      })
    } catch (error) {
      this.#isStopped = true
      failure = error instanceof Error ? error.message : String(error)
    }
    const elapsedMs = this.#clock.monotonicMs() - startMs
    return { tally, elapsedMs, cpuNs: threadCpuNs() - startCpuNs, failure }
  }
}
