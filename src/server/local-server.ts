// A whole server in the calling thread, without sockets: for programs that embed a store and its protocol, for tests,
// and for simulation. Its "threads" are runtimes side by side; its addresses lead to them through memory channels.

import { evenTopology, type Topology } from '../cluster/topology.ts'
import { REFUSAL_NONE } from '../protocol/hello.ts'
import { assert } from '../util/assert.ts'
import type { ByteChannel } from '../util/byte-channel.ts'
import { type Clock, systemClock } from '../util/clock.ts'
import { SluiceError } from '../util/errors.ts'
import { memoryChannelPair } from '../util/memory-channel.ts'
import { type Schedule, systemSchedule } from '../util/schedule.ts'
import { resolveLimits, type ServerLimits } from './limits.ts'
import { type Logger, silentLogger } from './logger.ts'
import { type NodeIdentity, newNodeIdentity } from './node-identity.ts'
import { engineOpener, type NodeEngineOptions } from './shard-engines.ts'
import { ShardRuntime } from './shard-runtime.ts'
import type { Siblings } from './siblings.ts'
import type { ThreadStats } from './thread-stats.ts'

const NODE_ID = 'local'
const LOCAL_HOST = 'local'
const MEMORY_BYTES_DEFAULT = 64 * 1024 * 1024
const DRAIN_MS_DEFAULT = 5_000

/** Options of `createLocalServer`. Everything that could vary between two runs is here. */
export interface LocalServerOptions {
  /** Runtimes, each with an address of its own. Default 1. */
  readonly threads?: number
  /** Shards of each runtime. Default 1. */
  readonly shardsPerThread?: number
  /** Most bytes of one shard's index and records. Default 64 MiB. */
  readonly memoryBytesMax?: number
  /** Milliseconds that `close` gives connections to finish. Default 5,000. */
  readonly drainMs?: number
  readonly limits?: Partial<ServerLimits>
  /** Default: none. */
  readonly logger?: Logger
  /** Default: the machine's. */
  readonly clock?: Clock
  /** Default: random, and from the clock. */
  readonly identity?: NodeIdentity
  /**
   * Runs the tasks of the channels that `connect` makes, see `memoryChannelPair`, and of what its threads send each other.
   * Default `setImmediate`.
   */
  readonly schedule?: Schedule
  /** The compiled engine. Default: the release build. */
  readonly engineModule?: NodeEngineOptions['module']
}

/** A server in this thread. */
export interface LocalServer {
  /** Its hosts are all `local`, and its ports count from 1. */
  readonly topology: Topology
  /** `local:1`, the first runtime's address: enough for a client to find the others. */
  readonly address: string
  /** Serves a channel that nobody has opened yet, by the runtime of that number (default 0). */
  accept(channel: ByteChannel, thread?: number): void
  /**
   * A new channel to the address; a client's transport. Rejects with CONNECT_FAILED for an address that is not here.
   */
  connect(address: string): Promise<ByteChannel>
  /** Counters of each runtime. */
  stats(): ThreadStats[]
  /** Drains and closes every connection. Idempotent. */
  close(): Promise<void>
  /** Closes every connection at once. Idempotent. */
  destroy(): void
  [Symbol.asyncDispose](): Promise<void>
}

/** Creates a server in this thread, ready to serve. Throws INVALID_ARGUMENT. */
export function createLocalServer(options: LocalServerOptions = {}): LocalServer {
  return new LocalNode(options)
}

class LocalNode implements LocalServer {
  readonly topology: Topology
  readonly address = `${LOCAL_HOST}:1`
  readonly #runtimes: readonly ShardRuntime[]
  readonly #drainMs: number
  readonly #schedule: Schedule
  readonly #siblings: Siblings = {
    send: (thread, request, answered) => {
      const sibling = this.#runtimes[thread]
      assert(sibling !== undefined, 'a shard of this node has a thread')
      this.#schedule(() => sibling.executeRun(request, (reply) => this.#schedule(() => answered(reply))))
    },
  }

  constructor(options: LocalServerOptions) {
    const { threads = 1, shardsPerThread = 1, clock = systemClock, logger = silentLogger } = options
    const limits = resolveLimits(options.limits)
    this.#schedule = options.schedule ?? systemSchedule
    const { incarnation, secret } = options.identity ?? newNodeIdentity()
    const ports = Array.from({ length: threads }, (_, thread) => thread + 1)
    this.topology = evenTopology({
      nodes: [{ id: NODE_ID, host: LOCAL_HOST, ports }],
      shardCount: threads * shardsPerThread,
    })
    const engineOptions = {
      memoryBytesMax: options.memoryBytesMax ?? MEMORY_BYTES_DEFAULT,
      secret,
      ...(options.engineModule === undefined ? {} : { module: options.engineModule }),
    }
    this.#runtimes = ports.map((_, thread) => {
      const openEngine = engineOpener(engineOptions, () => clock.nowMs())
      const runtime = new ShardRuntime({
        thread,
        nodeId: NODE_ID,
        siblings: this.#siblings,
        openEngine,
        incarnation,
        clock,
        limits,
        logger,
      })
      // There is no previous owner to wait for.
      runtime.adopt(this.topology)
      runtime.publish()
      runtime.serveGained(this.topology.number)
      return runtime
    })
    this.#drainMs = options.drainMs ?? DRAIN_MS_DEFAULT
  }

  accept(channel: ByteChannel, thread = 0): void {
    const runtime = this.#runtimes[thread]
    if (runtime === undefined) throw new SluiceError('INVALID_ARGUMENT', `there is no thread ${thread}`)
    runtime.accept(channel, REFUSAL_NONE)
  }

  async connect(address: string): Promise<ByteChannel> {
    const thread = this.topology.nodes[0]?.ports.findIndex((port) => address === `${LOCAL_HOST}:${port}`) ?? -1
    if (thread === -1) throw new SluiceError('CONNECT_FAILED', `${address} is not an address of this server`)
    const [client, server] = memoryChannelPair({
      peers: [address, 'local client'],
      schedule: this.#schedule,
    })
    this.accept(server, thread)
    return client
  }

  stats(): ThreadStats[] {
    return this.#runtimes.map((runtime) => runtime.stats())
  }

  async close(): Promise<void> {
    await Promise.all(this.#runtimes.map((runtime) => runtime.drain(this.#drainMs)))
  }

  destroy(): void {
    for (const runtime of this.#runtimes) runtime.destroy()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}
