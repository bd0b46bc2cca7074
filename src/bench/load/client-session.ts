// The work of one client thread, apart from the thread: a client, the operations it draws, and the phases it goes
// through.

import { createHistogram } from 'node:perf_hooks'
import { threadCpuNs } from '../../server/thread-cpu.ts'
import type { Clock } from '../../util/clock.ts'
import { ValueTable } from '../workload/values.ts'
import { OperationSource } from '../workload/workload.ts'
import { createTally } from './checker.ts'
import { type ClientThreadOptions, type PhaseReport, PROGRESS_FIELDS } from './client-messages.ts'
import { type DrivenClient, drawnFeed, drive, loadFeed, type OperationFeed } from './drive.ts'

const MS_PER_SECOND = 1_000

/** One client's state over all phases. */
export class ClientSession {
  readonly #options: ClientThreadOptions
  readonly #client: DrivenClient
  readonly #clock: Clock
  readonly #values: ValueTable
  readonly #source: OperationSource
  #isStopped = false

  constructor(options: ClientThreadOptions, client: DrivenClient, clock: Clock) {
    this.#options = options
    this.#client = client
    this.#clock = clock
    this.#values = new ValueTable(options.valueBytes)
    this.#source = new OperationSource({
      zipf: options.zipf,
      readShare: options.readShare,
      seed: options.seed,
      client: options.client,
      blockCount: options.window,
      blockCapacity: Math.max(options.batch, options.loadBatch),
    })
  }

  /** Stores the records [first, end). */
  load(first: number, end: number): Promise<PhaseReport> {
    return this.#phase((isStopped) => loadFeed(this.#source, first, end, isStopped))
  }

  /** Runs the workload; a further run goes on where the sequence of the last one ended. */
  run(seconds: number): Promise<PhaseReport> {
    const { batch } = this.#options
    const deadlineMs = this.#clock.monotonicMs() + seconds * MS_PER_SECOND
    return this.#phase((isStopped) => drawnFeed(this.#source, batch, deadlineMs, this.#clock, isStopped))
  }

  /** Ends the present phase after the batches in flight. */
  stop(): void {
    this.#isStopped = true
  }

  async #phase(makeFeed: (isStopped: () => boolean) => OperationFeed): Promise<PhaseReport> {
    this.#isStopped = false
    const { progress, client } = this.#options
    const at = client * PROGRESS_FIELDS
    const checkedBefore = progress[at] ?? 0
    const mismatchesBefore = progress[at + 1] ?? 0
    const tally = createTally()
    const latency = createHistogram()
    const startCpuNs = threadCpuNs()
    const startMs = this.#clock.monotonicMs()
    await drive({
      client: this.#client,
      values: this.#values,
      clock: this.#clock,
      blocks: this.#source.blocks,
      feed: makeFeed(() => this.#isStopped),
      tally,
      latency,
      onChecked() {
        progress[at] = checkedBefore + tally.checked
        progress[at + 1] = mismatchesBefore + tally.mismatches
      },
    })
    const elapsedMs = this.#clock.monotonicMs() - startMs
    return { tally, elapsedMs, cpuNs: threadCpuNs() - startCpuNs, latency }
  }
}
