// The main thread's side of the client threads: starts them, sends all of them into a phase, and adds up what they
// report.

import { createHistogram, type RecordableHistogram } from 'node:perf_hooks'
import { Worker } from 'node:worker_threads'
import { SluiceError } from '../../util/errors.ts'
import { addTally, type CheckTally, createTally } from './checker.ts'
import {
  type ClientCommand,
  type ClientReport,
  type ClientThreadOptions,
  type PhaseReport,
  PROGRESS_FIELDS,
} from './client-messages.ts'

/** What all clients did in one phase. */
export interface PhaseTotals {
  readonly tally: CheckTally
  /** Time of the client that took longest. */
  readonly elapsedMs: number
  readonly cpuNs: number
  readonly latency: RecordableHistogram
}

/** What every client thread is started with; `client` and `progress` are added to it. */
export type SharedClientOptions = Omit<ClientThreadOptions, 'client' | 'progress'>

/** The client threads of a run. Owned by whoever started them: `close` ends the threads. */
export class ClientThreads {
  readonly #progress: Float64Array
  readonly #threads: readonly ClientThread[]

  /** Starts `count` threads and waits until every client is connected. Rejects when one fails. */
  static async start(count: number, shared: SharedClientOptions): Promise<ClientThreads> {
    const threads = new ClientThreads(count, shared)
    try {
      await Promise.all(threads.#threads.map((thread) => thread.ready()))
    } catch (error) {
      await threads.destroy()
      throw error
    }
    return threads
  }

  private constructor(count: number, shared: SharedClientOptions) {
    const fields = count * PROGRESS_FIELDS
    this.#progress = new Float64Array(new SharedArrayBuffer(fields * Float64Array.BYTES_PER_ELEMENT))
    const options = { ...shared, progress: this.#progress }
    this.#threads = Array.from({ length: count }, (_, client) => new ClientThread({ ...options, client }))
  }

  /** Replies checked by all clients in all phases so far. */
  get checked(): number {
    return this.#sum(0)
  }

  /** Mismatches of all clients in all phases so far. */
  get mismatches(): number {
    return this.#sum(1)
  }

  /** Stores all records, an equal part by each client. */
  load(records: number): Promise<PhaseTotals> {
    const count = this.#threads.length
    const firstOf = (client: number): number => Math.floor((records * client) / count)
    return this.#phase((client) => ({ type: 'load', first: firstOf(client), end: firstOf(client + 1) }))
  }

  /** Runs the workload for so many seconds. */
  run(seconds: number): Promise<PhaseTotals> {
    return this.#phase(() => ({ type: 'run', seconds }))
  }

  /** Ends the present phase after the batches in flight; it resolves with what it has. */
  stop(): void {
    for (const thread of this.#threads) thread.send({ type: 'stop' })
  }

  /** Closes every client in order and waits for its thread to end. */
  async close(): Promise<void> {
    for (const thread of this.#threads) thread.send({ type: 'close' })
    await Promise.all(this.#threads.map((thread) => thread.ended))
  }

  /** Ends every thread at once. */
  async destroy(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.terminate()))
  }

  async #phase(commandOf: (client: number) => ClientCommand): Promise<PhaseTotals> {
    const reports = await Promise.all(this.#threads.map((thread, client) => thread.phase(commandOf(client))))
    return addReports(reports)
  }

  #sum(field: number): number {
    let sum = 0
    for (let at = field; at < this.#progress.length; at += PROGRESS_FIELDS) sum += this.#progress[at] as number
    return sum
  }
}

/** One phase's reports as one. */
export function addReports(reports: readonly PhaseReport[]): PhaseTotals {
  const tally = createTally()
  const latency = createHistogram()
  let elapsedMs = 0
  let cpuNs = 0
  for (const report of reports) {
    addTally(tally, report.tally)
    // What is received is a histogram of its own; only the type lacks that `add` takes one.
    latency.add(report.latency as RecordableHistogram)
    elapsedMs = Math.max(elapsedMs, report.elapsedMs)
    cpuNs += report.cpuNs
  }
  return { tally, elapsedMs, cpuNs, latency }
}

interface Waiter {
  resolve(report: ClientReport): void
  reject(error: Error): void
}

/** One thread. It owes an answer to at most one question at a time. */
class ClientThread {
  readonly ended: Promise<void>
  readonly #worker: Worker
  #waiter: Waiter | undefined
  /** Set once the thread can answer no more. */
  #failure: Error | undefined

  constructor(options: ClientThreadOptions) {
    this.#worker = new Worker(new URL('./client-thread.js', import.meta.url), { workerData: options })
    this.#worker.on('message', (report: ClientReport) => this.#onReport(report))
    this.#worker.on('error', (error) => this.#fail(error))
    this.ended = new Promise((resolve) => {
      this.#worker.once('exit', () => {
        this.#fail(new SluiceError('THREAD_FAILED', 'a client thread ended unexpectedly'))
        resolve()
      })
    })
  }

  async ready(): Promise<void> {
    await this.#next()
  }

  async phase(command: ClientCommand): Promise<PhaseReport> {
    const next = this.#next()
    this.send(command)
    const report = await next
    if (report.type === 'phase') return report.phase
    throw new SluiceError('THREAD_FAILED', `a client thread answered ${report.type} to ${command.type}`)
  }

  send(command: ClientCommand): void {
    this.#worker.postMessage(command)
  }

  async terminate(): Promise<void> {
    await this.#worker.terminate()
  }

  #next(): Promise<ClientReport> {
    return new Promise((resolve, reject) => {
      if (this.#failure === undefined) this.#waiter = { resolve, reject }
      else reject(this.#failure)
    })
  }

  #onReport(report: ClientReport): void {
    if (report.type === 'failed') {
      this.#fail(new SluiceError('THREAD_FAILED', `a client failed: ${report.message}`, { fate: 'unknown' }))
      return
    }
    const waiter = this.#waiter
    this.#waiter = undefined
    waiter?.resolve(report)
  }

  #fail(error: Error): void {
    this.#failure ??= error
    const waiter = this.#waiter
    this.#waiter = undefined
    waiter?.reject(this.#failure)
  }
}
