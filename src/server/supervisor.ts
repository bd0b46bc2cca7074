// The supervisor of a node: it watches and stops the shard threads, and never touches data.

import type { Topology } from '../cluster/topology.ts'
import { systemClock } from '../util/clock.ts'
import { SluiceError } from '../util/errors.ts'
import type { Readiness } from './admin-target.ts'
import type { ValidServerOptions } from './options.ts'
import type { ThreadHandle } from './thread-handle.ts'
import type { ThreadStats } from './thread-stats.ts'

/** Milliseconds beyond the drain's deadline after which a thread that has not ended is ended. */
const DRAIN_GRACE_MS = 2_000

/** A running server. */
export interface Server {
  /** `host:port` of the public port: what a client is given. */
  readonly address: string
  /** Who owns what; clients fetch it by themselves. */
  readonly topology: Topology
  /**
   * Resolves when the server has stopped because it was told to. Rejects with THREAD_FAILED when a shard thread ends by
   * itself: its records are lost, so the whole server stops. Nobody's waiting for it makes that an unhandled rejection.
   */
  readonly closed: Promise<void>
  /** Whether all of its shards serve: from its start until it is told to stop. */
  readiness(): Readiness
  /** Counters of each shard thread. Rejects with CLOSED after the server has stopped. */
  stats(): Promise<ThreadStats[]>
  /** Stops listening, answers what clients have sent, and stops, at the latest after `drainMs`. Idempotent. */
  close(): Promise<void>
  /** Stops at once. Idempotent. */
  destroy(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/** What a supervisor needs of the options of its server. */
export type SupervisorOptions = Pick<ValidServerOptions, 'advertisedHost' | 'drainMs' | 'logger'>

/** A server of threads that serve already. */
export function supervise(options: SupervisorOptions, threads: readonly ThreadHandle[], topology: Topology): Server {
  return new Supervisor(options, threads, topology)
}

class Supervisor implements Server {
  readonly address: string
  readonly topology: Topology
  readonly closed: Promise<void>
  readonly #options: SupervisorOptions
  readonly #threads: readonly ThreadHandle[]
  #isStopping = false

  constructor(options: SupervisorOptions, threads: readonly ThreadHandle[], topology: Topology) {
    this.#options = options
    this.#threads = threads
    this.topology = topology
    this.address = `${bracketed(options.advertisedHost)}:${topology.nodes[0]?.ports[0]}`
    this.closed = this.#watch()
    options.logger.info({ address: this.address, threads: threads.length }, 'server started')
  }

  readiness(): Readiness {
    return { isReady: !this.#isStopping, reasons: this.#isStopping ? ['the server is stopping'] : [] }
  }

  stats(): Promise<ThreadStats[]> {
    if (this.#isStopping) return Promise.reject(new SluiceError('CLOSED', 'the server has stopped'))
    return Promise.all(this.#threads.map((thread) => thread.stats()))
  }

  async close(): Promise<void> {
    if (!this.#isStopping) {
      this.#isStopping = true
      const { drainMs } = this.#options
      for (const thread of this.#threads) thread.drain(drainMs).catch(() => {})
      const grace = systemClock.after(drainMs + DRAIN_GRACE_MS, () => this.#terminate())
      await this.#ended()
      grace.cancel()
    }
    await this.#ended()
  }

  async destroy(): Promise<void> {
    this.#isStopping = true
    this.#terminate()
    await this.#ended()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** Settles with the threads; the first one that fails takes the others with it. */
  async #watch(): Promise<void> {
    let failure: SluiceError | undefined
    await Promise.all(
      this.#threads.map(async (thread) => {
        const error = await thread.ended
        if (error === undefined) return
        failure ??= error
        this.#isStopping = true
        this.#options.logger.error({ code: error.code }, error.message)
        this.#terminate()
      }),
    )
    if (failure !== undefined) throw failure
    this.#options.logger.info({ address: this.address }, 'server stopped')
  }

  #terminate(): void {
    for (const thread of this.#threads) thread.terminate()
  }

  async #ended(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.ended))
  }
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host
}
