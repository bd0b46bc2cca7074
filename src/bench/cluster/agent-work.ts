// What an agent does: a node of the cluster, or client threads, and the answers to what it is asked about them.

import { parseTopology } from '../../cluster/parse-topology.ts'
import type { Server, ServerOptions } from '../../server/index.ts'
import { assert } from '../../util/assert.ts'
import type { Clock } from '../../util/clock.ts'
import { SluiceError } from '../../util/errors.ts'
import type { ClientThreads, SharedClientOptions } from '../load/client-threads.ts'
import type {
  AgentAnswers,
  AgentLook,
  AgentQuestion,
  ClientsQuestion,
  PhaseAnswer,
  PhaseQuestion,
  QuestionType,
  ServeQuestion,
  ServerCounts,
} from './agent-messages.ts'
import { findFreePorts } from './free-ports.ts'
import { readMachine } from './machine-reading.ts'
import { sentSums } from './sums-text.ts'

/** What is used of a node. */
export type AgentServer = Pick<Server, 'stats' | 'readiness' | 'closed' | 'close' | 'destroy' | 'threadCount'>

/** What is used of client threads. */
export type AgentClients = Pick<ClientThreads, 'sums' | 'load' | 'run' | 'verify' | 'stop' | 'close' | 'destroy'>

/** What the work is done with. */
export interface WorkParts {
  readonly clock: Clock
  startServer(options: ServerOptions): Promise<AgentServer>
  startClients(count: number, shared: SharedClientOptions, firstClient: number): Promise<AgentClients>
}

/** How long a node may take until it serves all of its slots. */
const READY_MS_MAX = 20_000
const READY_INTERVAL_MS = 20

/** Time for clients to finish when a node is closed in order. */
const DRAIN_MS = 1_000

const NS_PER_US = 1_000

/** Owned by the agent, which destroys it. */
export class AgentWork {
  readonly #parts: WorkParts
  readonly #onFailed: (message: string) => void
  #isDestroyed = false
  #server: AgentServer | undefined
  #clients: AgentClients | undefined

  /** @param onFailed Is told why, when the node ends by itself. */
  constructor(parts: WorkParts, onFailed: (message: string) => void) {
    this.#parts = parts
    this.#onFailed = onFailed
  }

  answer(question: AgentQuestion): Promise<AgentAnswers[QuestionType]> {
    switch (question.type) {
      case 'clock':
        return Promise.resolve({ nowMs: this.#parts.clock.nowMs() })
      case 'ports':
        return findFreePorts(question.bind, question.count).then((ports) => ({ ports }))
      case 'serve':
        return this.#serve(question)
      case 'clients':
        return this.#startClients(question)
      case 'load':
      case 'run':
      case 'verify':
        return this.#phase(question)
      case 'stop':
        this.#clients?.stop()
        return Promise.resolve({})
      case 'look':
        return this.#look()
      case 'close':
        return this.#close()
    }
  }

  /** Ends all that was started, at once. What is being started ends when it is there. */
  async destroy(): Promise<void> {
    this.#isDestroyed = true
    await Promise.allSettled([this.#clients?.destroy(), this.#server?.destroy()])
  }

  async #serve({ topology, nodeId, bind, password, memoryBytesMax }: ServeQuestion): Promise<AgentAnswers['serve']> {
    const { startServer, clock } = this.#parts
    const checked = parseTopology(topology)
    const server = await startServer({ topology: checked, nodeId, bind, password, memoryBytesMax, drainMs: DRAIN_MS })
    this.#server = server
    server.closed.catch((error: unknown) => this.#onFailed(messageOf(error)))
    if (this.#isDestroyed) await server.destroy()
    // Nodes ask each other before they serve: this one may be the first.
    const deadlineMs = clock.monotonicMs() + READY_MS_MAX
    for (let { isReady, reasons } = server.readiness(); !isReady; { isReady, reasons } = server.readiness()) {
      if (this.#isDestroyed) break
      if (clock.monotonicMs() > deadlineMs) throw new SluiceError('TIMEOUT', `not ready: ${reasons.join(', ')}`)
      await new Promise<void>((resolve) => void clock.after(READY_INTERVAL_MS, resolve, true))
    }
    return { threads: server.threadCount }
  }

  async #startClients({ count, shared, firstClient }: ClientsQuestion): Promise<AgentAnswers['clients']> {
    const clients = await this.#parts.startClients(count, shared, firstClient)
    this.#clients = clients
    if (this.#isDestroyed) await clients.destroy()
    return {}
  }

  async #phase(question: PhaseQuestion): Promise<PhaseAnswer> {
    const clients = this.#clients
    assert(clients !== undefined, 'clients were started before a phase')
    const { type } = question
    const totals = await (type === 'run' ? clients.run(question.seconds) : clients[type](question.first, question.end))
    return { totals, sums: sentSums(clients.sums()) }
  }

  async #look(): Promise<AgentLook> {
    const server = (await this.#serverCounts()) ?? null
    const { user, system } = process.cpuUsage()
    return {
      atMs: this.#parts.clock.monotonicMs(),
      processCpuNs: (user + system) * NS_PER_US,
      rssBytes: process.memoryUsage.rss(),
      server,
      sums: this.#clients === undefined ? null : sentSums(this.#clients.sums()),
      ...readMachine(),
    }
  }

  async #serverCounts(): Promise<ServerCounts | undefined> {
    // A node that has ended by itself has said so.
    const threads = await this.#server?.stats().catch(() => undefined)
    if (threads === undefined) return undefined
    const delays = threads.flatMap(({ eventLoopDelay }) => (eventLoopDelay === null ? [] : [eventLoopDelay.p99Ms]))
    return {
      operations: threads.reduce((sum, thread) => sum + thread.operations, 0),
      frames: threads.reduce((sum, thread) => sum + thread.frames, 0),
      loopDelayP99Ms: delays.length === 0 ? null : Math.max(...delays),
    }
  }

  async #close(): Promise<AgentAnswers['close']> {
    await this.#clients?.close()
    await this.#server?.close()
    return {}
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
