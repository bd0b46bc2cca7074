// The supervisor of a node: it watches and stops the shard threads, and never touches data.

import type { Topology } from '../cluster/topology.ts'
import { systemClock } from '../util/clock.ts'
import { SluiceError } from '../util/errors.ts'
import type { Readiness } from './admin-target.ts'
import type { NodeTopology } from './node-topology.ts'
import type { ValidServerOptions } from './options.ts'
import type { ThreadHandle } from './thread-handle.ts'
import type { ThreadStats } from './thread-stats.ts'

/** Milliseconds beyond the drain's deadline after which a thread that has not ended is ended. */
const DRAIN_GRACE_MS = 2_000

/** A running server. */
export interface Server {
  /** `host:port` of the public port: what a client is given. */
  readonly address: string
  /** Shard threads of this node. */
  readonly threadCount: number
  /** Who owns what, as this node has adopted it; clients fetch it by themselves. */
  readonly topology: Topology
  /** Whether all slots of this node are served, and if not, why. */
  readiness(): Readiness
  /**
   * Puts a newer topology in force, in which this node keeps its addresses. Resolves when clients are told of it. Slots
   * that this node gains are served when every other node has said that it runs the same topology; see `readiness`.
   * `force` serves them at once, also those of the topology in force already: if one of the other nodes still runs an
   * older one, both own the same slots until it does not. Rejects with INVALID_ARGUMENT when the topology is no successor
   * of the one in force; then nothing has changed.
   */
  adoptTopology(topology: Topology, options?: { readonly force?: boolean }): Promise<void>
  /**
   * Resolves when the server has stopped because it was told to. Rejects with THREAD_FAILED when a shard thread ends by
   * itself: its records are lost, so the whole server stops. Nobody's waiting for it makes that an unhandled rejection.
   */
  readonly closed: Promise<void>
  /** Counters of each shard thread. Rejects with CLOSED after the server has stopped. */
  stats(): Promise<ThreadStats[]>
  /** Stops listening, answers what clients have sent, and stops, at the latest after `drainMs`. Idempotent. */
  close(): Promise<void>
  /** Stops at once. Idempotent. */
  destroy(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/** What a supervisor needs of the options of its server. */
export type SupervisorOptions = Pick<ValidServerOptions, 'advertise' | 'drainMs' | 'logger'> & {
  /** The port of `address`. */
  readonly port: number
}

/** A server of threads that serve already. */
export function supervise(
  options: SupervisorOptions,
  threads: readonly ThreadHandle[],
  topology: NodeTopology,
): Server {
  return new Supervisor(options, threads, topology)
}

class Supervisor implements Server {
  readonly address: string
  readonly threadCount: number
  readonly closed: Promise<void>
  readonly #topology: NodeTopology
  readonly #options: SupervisorOptions
  readonly #threads: readonly ThreadHandle[]
  #isStopping = false

  constructor(options: SupervisorOptions, threads: readonly ThreadHandle[], topology: NodeTopology) {
    this.#options = options
    this.#threads = threads
    this.#topology = topology
    this.threadCount = threads.length
    this.address = `${bracketed(options.advertise)}:${options.port}`
    this.closed = this.#watch()
    options.logger.info({ address: this.address, threads: threads.length }, 'server started')
  }

  get topology(): Topology {
    return this.#topology.current
  }

  readiness(): Readiness {
    if (this.#isStopping) return { isReady: false, reasons: ['the server is about to stop'] }
    const reasons = this.#topology.unconfirmed.map((node) => `gained slots wait for the answer of node ${node}`)
    return { isReady: reasons.length === 0, reasons }
  }

  adoptTopology(topology: Topology, { force = false } = {}): Promise<void> {
    if (this.#isStopping) return Promise.reject(new SluiceError('CLOSED', 'the server has stopped'))
    return this.#topology.adopt(topology, force)
  }

  stats(): Promise<ThreadStats[]> {
    if (this.#isStopping) return Promise.reject(new SluiceError('CLOSED', 'the server has stopped'))
    return Promise.all(this.#threads.map((thread) => thread.stats()))
  }

  async close(): Promise<void> {
    if (!this.#isStopping) {
      this.#stop()
      const { drainMs } = this.#options
      for (const thread of this.#threads) thread.drain(drainMs).catch(() => {})
      const grace = systemClock.after(drainMs + DRAIN_GRACE_MS, () => this.#terminate())
      await this.#ended()
      grace.cancel()
    }
    await this.#ended()
  }

  async destroy(): Promise<void> {
    this.#stop()
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
        this.#stop()
        const cause = error.cause instanceof Error ? (error.cause.stack ?? error.cause.message) : 'unknown'
        this.#options.logger.error({ code: error.code, cause }, error.message)
        this.#terminate()
      }),
    )
    if (failure !== undefined) throw failure
    this.#options.logger.info({ address: this.address }, 'server stopped')
  }

  #stop(): void {
    this.#isStopping = true
    this.#topology.close()
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
