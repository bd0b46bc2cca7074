// A shard thread as the supervisor holds it: commands with answers, and the news that it has ended.

import { Worker } from 'node:worker_threads'
import type { Topology } from '../cluster/topology.ts'
import { SluiceError } from '../util/errors.ts'
import type { Logger } from './logger.ts'
import {
  type ListeningPorts,
  type Mailbox,
  mailbox,
  type SupervisorMessage,
  type ThreadCommand,
  type ThreadMessage,
  type ThreadSetup,
} from './mailbox.ts'
import type { ThreadStats } from './thread-stats.ts'

/** As the build lays it out: a worker runs JavaScript only. */
const SHARD_THREAD = new URL('./shard-thread.js', import.meta.url)

interface Pending<Value> {
  readonly resolve: (value: Value) => void
  readonly reject: (error: SluiceError) => void
}

/** One worker. Whatever waits for it is rejected with THREAD_FAILED when it ends. */
export class ThreadHandle {
  /** The ports that the thread listens on. Rejects with LISTEN_FAILED. */
  readonly ports: Promise<ListeningPorts>
  /** Resolves when the thread has ended: with the reason if nobody had asked for it. */
  readonly ended: Promise<SluiceError | undefined>
  readonly #thread: number
  readonly #worker: Worker
  readonly #mailbox: Mailbox<SupervisorMessage, ThreadMessage>
  readonly #logger: Logger
  readonly #pending = new Map<number, Pending<ThreadStats | undefined>>()
  #portsPending: Pending<ListeningPorts> | undefined
  #lastRequest = 0
  #isEndExpected = false
  /** What every command gets once the thread has ended: nobody would answer it. */
  #failure: SluiceError | undefined
  #cause: unknown

  /** @param entry The thread's program; it must speak as `mailbox.ts` says. */
  constructor(setup: ThreadSetup, logger: Logger, entry = SHARD_THREAD) {
    this.#thread = setup.thread
    this.#logger = logger
    this.#worker = new Worker(entry, {
      workerData: setup,
      transferList: setup.siblings.filter((port) => port !== undefined),
      name: `sluice shard ${setup.thread}`,
    })
    this.#mailbox = mailbox(this.#worker)
    this.ports = new Promise((resolve, reject) => {
      this.#portsPending = { resolve, reject }
    })
    this.ended = new Promise((resolve) => {
      this.#worker.on('error', (error) => {
        this.#cause = error
      })
      this.#worker.on('exit', (exitCode) => resolve(this.#onExit(exitCode)))
    })
    this.#mailbox.onMessage((message) => this.#take(message))
  }

  /** The three steps of a change of the topology; the first one comes before everything else. */
  adopt(topology: Topology): Promise<unknown> {
    return this.#run({ kind: 'adopt', topology })
  }

  publish(): Promise<unknown> {
    return this.#run({ kind: 'publish' })
  }

  serveGained(topologyNumber: number): Promise<unknown> {
    return this.#run({ kind: 'serve-gained', topologyNumber })
  }

  serve(): Promise<unknown> {
    return this.#run({ kind: 'serve' })
  }

  async stats(): Promise<ThreadStats> {
    const stats = await this.#run({ kind: 'stats' })
    if (stats === undefined) throw new SluiceError('THREAD_FAILED', `shard thread ${this.#thread} told no stats`)
    return stats
  }

  /** Resolves when every connection of the thread is closed; the thread ends then. */
  drain(deadlineMs: number): Promise<unknown> {
    this.#isEndExpected = true
    return this.#run({ kind: 'drain', deadlineMs })
  }

  /** Ends the thread at once. */
  terminate(): void {
    this.#isEndExpected = true
    void this.#worker.terminate()
  }

  #run(command: ThreadCommand): Promise<ThreadStats | undefined> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) {
        reject(this.#failure)
        return
      }
      const request = ++this.#lastRequest
      this.#pending.set(request, { resolve, reject })
      this.#mailbox.post({ request, command })
    })
  }

  #take(message: ThreadMessage): void {
    switch (message.kind) {
      case 'listening':
        this.#portsPending?.resolve(message.ports)
        break
      case 'listen-failed':
        this.#isEndExpected = true
        this.#portsPending?.reject(new SluiceError('LISTEN_FAILED', message.message))
        break
      case 'done':
        this.#pending.get(message.request)?.resolve(message.stats)
        this.#pending.delete(message.request)
        break
      case 'log':
        this.#logger[message.level]({ thread: this.#thread, ...message.fields }, message.message)
        break
    }
  }

  #onExit(exitCode: number): SluiceError | undefined {
    const text = `shard thread ${this.#thread} ended with exit code ${exitCode}`
    const error = new SluiceError('THREAD_FAILED', text, { cause: this.#cause })
    this.#failure = error
    this.#portsPending?.reject(error)
    for (const { reject } of this.#pending.values()) reject(error)
    this.#pending.clear()
    return this.#isEndExpected && this.#cause === undefined ? undefined : error
  }
}
