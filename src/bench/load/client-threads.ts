// The main thread's side of the client threads: starts them, sends all of them into a phase, and adds up what they
// report.

import { Worker } from 'node:worker_threads'
import { SluiceError } from '../../util/errors.ts'
import { addTally, type CheckTally, createTally } from './checker.ts'
import { ClientCounters, type ClientSums, counterMemory, sumCounters } from './client-counters.ts'
import type { ClientCommand, ClientReport, ClientThreadOptions, PhaseReport } from './client-messages.ts'

/** What all clients did in one phase. */
export interface PhaseTotals {
  readonly tally: CheckTally
  /** Time of the client that took longest. */
  readonly elapsedMs: number
  readonly cpuNs: number
  /** Why clients ended early, each reason once. */
  readonly failures: readonly string[]
}

/** What every client thread is started with; the rest is added to it. */
export type SharedClientOptions = Omit<ClientThreadOptions, 'client' | 'counters'>

/** The client threads of a run. Owned by whoever started them: `close` ends the threads. */
export class ClientThreads {
  readonly #counters: readonly ClientCounters[]
  readonly #threads: readonly ClientThread[]

  /**
   * Starts `count` threads, the first of which has the number `firstClient` in the whole run, and waits until every
   * client is connected. Rejects when one fails.
   */
  static async start(count: number, shared: SharedClientOptions, firstClient = 0): Promise<ClientThreads> {
    const threads = new ClientThreads(count, shared, firstClient)
    try {
      await Promise.all(threads.#threads.map((thread) => thread.ready()))
    } catch (error) {
      await threads.destroy()
      throw error
    }
    return threads
  }

  private constructor(count: number, shared: SharedClientOptions, firstClient: number) {
    const memories = Array.from({ length: count }, counterMemory)
    this.#counters = memories.map((memory) => new ClientCounters(memory))
    this.#threads = memories.map((counters, index) => {
      return new ClientThread({ ...shared, client: firstClient + index, counters })
    })
  }

  /** What all clients have done in all phases so far. */
  sums(): ClientSums {
    return sumCounters(this.#counters)
  }

  /** Stores the records [first, end), an equal part by each client. */
  load(first: number, end: number): Promise<PhaseTotals> {
    return this.#phase((client) => ({ type: 'load', ...this.#part(first, end, client) }))
  }

  /** Runs the workload for so many seconds. */
  run(seconds: number): Promise<PhaseTotals> {
    return this.#phase(() => ({ type: 'run', seconds }))
  }

  /** Reads and checks the records [first, end), an equal part by each client. */
  verify(first: number, end: number): Promise<PhaseTotals> {
    return this.#phase((client) => ({ type: 'verify', ...this.#part(first, end, client) }))
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

  #part(first: number, end: number, client: number): { readonly first: number; readonly end: number } {
    const startOf = (place: number): number => first + Math.floor(((end - first) * place) / this.#threads.length)
    return { first: startOf(client), end: startOf(client + 1) }
  }
}

/** One phase's reports as one. */
export function addReports(reports: readonly PhaseReport[]): PhaseTotals {
  const tally = createTally()
  const failures = new Set<string>()
  let elapsedMs = 0
  let cpuNs = 0
  for (const report of reports) {
    addTally(tally, report.tally)
    elapsedMs = Math.max(elapsedMs, report.elapsedMs)
    cpuNs += report.cpuNs
    if (report.failure !== undefined) failures.add(report.failure)
  }
  return { tally, elapsedMs, cpuNs, failures: [...failures] }
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
