// One shard thread's server as a plain object: byte channels in, nothing else. It knows no socket and no thread, so the
// same code serves in a worker, in the caller's own thread, and in a simulation.
//
// All of its work happens inside the callbacks of channels, of its siblings and of two timers: the sweep, which checks the time limits
// of all connections and runs only while there are any, and the maintenance of the shards, which runs only while it
// has work.

import type { Topology } from '../cluster/topology.ts'
import { REFUSAL_CONNECTIONS, REFUSAL_DRAINING, REFUSAL_NONE } from '../protocol/hello.ts'
import type { ByteChannel } from '../util/byte-channel.ts'
import type { Clock, Timer } from '../util/clock.ts'
import { type Random, seededRandom } from '../util/random.ts'
import { Connection } from './connection.ts'
import type { ConnectionHost } from './connection-host.ts'
import { ControlReplies } from './control-replies.ts'
import type { EventLoopDelay } from './event-loop-delay.ts'
import { Forwarding } from './forwarding.ts'
import { FrameExecutor } from './frame-executor.ts'
import { FrameTimes } from './frame-times.ts'
import { Gate } from './gate.ts'
import { REFUSED_CONNECTIONS_MAX, type ServerLimits } from './limits.ts'
import type { Logger } from './logger.ts'
import { Maintenance } from './maintenance.ts'
import { type OpenEngine, OwnedShards } from './owned-shard.ts'
import { Refusals } from './refusals.ts'
import { ReplyWriter } from './reply-writer.ts'
import { SectionWatch } from './section-watch.ts'
import { ShardOwners } from './shard-owners.ts'
import type { RunAnswered, RunRequest, Siblings } from './siblings.ts'
import { collectStats, type ThreadStats, Traffic } from './thread-stats.ts'
import { LargeFramePlaces, WaitingLine } from './waiting-lines.ts'

/** Everything that a runtime is given. */
export interface ShardRuntimeOptions {
  /** The thread's number in its node. */
  readonly thread: number
  /** Its node's name in topologies. */
  readonly nodeId: string
  readonly openEngine: OpenEngine
  /**
   * The other threads of the node. Default: none can be reached, and operations for their shards are for an unknown
   * shard.
   */
  readonly siblings?: Siblings
  /** One life of the node's memory: 64 random bits. */
  readonly incarnation: bigint
  readonly clock: Clock
  readonly limits: ServerLimits
  readonly logger: Logger
  /** What clients have to know. Default: nothing. */
  readonly password?: string
  /** The calling thread's processor time in nanoseconds. Default: unknown, 0. */
  readonly threadCpuNs?: () => number
  /** How late the calling thread's timers fire. Default: not measured. */
  readonly eventLoopDelay?: () => EventLoopDelay
  /** Draws the operations whose keys are sampled. Default: a sequence that follows from the thread's number. */
  readonly random?: Random
}

/**
 * Serves the shards of one thread to any number of channels. It has none before the first `adopt`, which must come
 * before anything else.
 */
export class ShardRuntime {
  readonly #options: ShardRuntimeOptions
  readonly #owned: OwnedShards
  readonly #owners: ShardOwners
  readonly #host: ConnectionHost
  readonly #watch: SectionWatch
  readonly #maintenance: Maintenance
  /** By number, in the order in which they came. */
  readonly #connections = new Map<number, Connection>()
  /** Numbers of those that have not said hello. */
  readonly #strangers = new Set<number>()
  #lastNumber = 0
  #sweep: Timer | undefined
  #topology: Topology | undefined
  #publishedNumber = 0
  #isDraining = false
  #deadline: Timer | undefined
  #drained: { readonly promise: Promise<void>; readonly resolve: () => void } | undefined

  constructor(options: ShardRuntimeOptions) {
    this.#options = options
    this.#owned = new OwnedShards(options.nodeId, options.thread, options.openEngine)
    this.#owners = new ShardOwners(options.nodeId, options.thread)
    this.#watch = new SectionWatch(options.random ?? seededRandom(options.thread))
    this.#host = this.#createHost()
    this.#maintenance = new Maintenance(this.#owned, options.clock)
  }

  /**
   * First step of a change: from now on the thread owns what the topology gives it. What it loses it never serves again;
   * what it gains it does not serve yet. Throws as the opening of engines does.
   */
  adopt(topology: Topology): void {
    this.#topology = topology
    this.#owned.adopt(topology)
    this.#owners.replace(topology)
    this.#maintenance.wake()
  }

  /** Between the steps: every thread of the node has adopted the topology, so others may be told that the node has. */
  publish(): void {
    if (this.#topology === undefined) return
    this.#publishedNumber = this.#topology.number
    this.#host.control.publish(this.#topology)
  }

  /** Second step: every previous owner has adopted the topology of that number, or a newer one. */
  serveGained(topologyNumber: number): void {
    if (this.#topology?.number !== topologyNumber) return
    const nowMs = this.#options.clock.nowMs()
    for (const owned of this.#owned.all) owned.serve(nowMs)
  }

  /** Connections that are not closed yet. */
  get connectionCount(): number {
    return this.#connections.size
  }

  /**
   * Serves a channel that nobody has opened yet; the runtime owns it from then on.
   * @param refusal Refuses whatever hello comes with this reason. Default: REFUSAL_NONE, serve it.
   */
  accept(channel: ByteChannel, refusal: number = REFUSAL_NONE): void {
    const { connectionsMax, strangersMax } = this.#options.limits
    const { refusals, traffic } = this.#host
    const isCrowded = this.#connections.size >= connectionsMax + REFUSED_CONNECTIONS_MAX
    if (isCrowded || this.#strangers.size >= strangersMax) {
      traffic.connectionsRefused++
      refusals.noteUnheard(isCrowded ? 'connections' : 'strangers')
      channel.destroy()
      return
    }
    const standingRefusal = this.#refusalFor(refusal)
    if (standingRefusal === REFUSAL_NONE) traffic.connectionsAccepted++
    const number = ++this.#lastNumber
    const connection = new Connection(this.#host, channel, number, standingRefusal)
    this.#connections.set(number, connection)
    this.#strangers.add(number)
    this.#sweep ??= this.#nextSweep()
    channel.open(connection)
  }

  /**
   * Asks every peer to go away, and answers what they had sent; new hellos are refused. Resolves when every connection
   * is closed, which those that are left after `deadlineMs` are by force. Calls after the first wait for the first.
   */
  drain(deadlineMs: number): Promise<void> {
    if (this.#drained !== undefined) return this.#drained.promise
    this.#drained = promiseWithResolve()
    this.#isDraining = true
    this.#maintenance.stop()
    for (const connection of this.#connections.values()) connection.drain()
    this.#deadline = this.#options.clock.after(deadlineMs, () => this.destroy())
    this.#noteEmpty()
    return this.#drained.promise
  }

  /** Closes every connection at once; what they had sent and was not answered is lost. */
  destroy(): void {
    this.#isDraining = true
    this.#maintenance.stop()
    for (const connection of this.#connections.values()) connection.destroy()
  }

  /**
   * Executes what another thread of the node sent, also during and after a drain; `answer` is called once, now or when
   * there is room for the reply.
   */
  executeRun(request: RunRequest, answer: RunAnswered): void {
    this.#host.forwarding.execute(request, answer)
  }

  /** Counters and sizes of this thread. */
  stats(): ThreadStats {
    const { executor, forwarding, frameTimes, largeFrames, refusals, slabLine, traffic } = this.#host
    return collectStats(this.#owned, traffic, {
      thread: this.#options.thread,
      connections: this.#connections.size,
      sectionsRefused: executor.sectionsRefused,
      sectionsStopped: executor.sectionsStopped,
      sectionSizes: this.#watch.sizes(),
      frameTimes: frameTimes.counts(),
      frameTotalMs: frameTimes.totalMs,
      waitingForSlabs: slabLine.waitingCount,
      waitingForLargeFrames: largeFrames.waitingCount,
      waitingForMailboxes: forwarding.waitingForMailboxes,
      waitingForForwardedReplies: forwarding.budget.line.waitingCount,
      mailboxBytes: forwarding.mailboxBytes,
      forwardedReplyBytes: forwarding.budget.claimedBytes,
      refusals: refusals.counts,
      threadCpuNs: this.#options.threadCpuNs?.() ?? 0,
      eventLoopDelay: this.#options.eventLoopDelay?.() ?? null,
      hotKeys: this.#watch.hotKeys(),
    })
  }

  #createHost(): ConnectionHost {
    const { clock, limits, logger, incarnation, siblings } = this.#options
    const owned = this.#owned
    const owners = this.#owners
    const publishedNumber = (): number => this.#publishedNumber
    const writer = new ReplyWriter()
    const executor = new FrameExecutor(owned, writer, this.#watch, siblings === undefined ? undefined : owners)
    const slabLine = new WaitingLine(() => executor.hasRoom())
    const stats = () => this.stats()
    const traffic = new Traffic()
    return {
      clock,
      limits,
      logger,
      gate: new Gate(this.#options.password),
      facts: {
        incarnation,
        get topologyNumber() {
          return publishedNumber()
        },
        get shards() {
          return owned.all.map(({ shard, view }) => ({ shard, view }))
        },
      },
      writer,
      executor,
      control: new ControlReplies(writer, owned, stats),
      slabLine,
      forwarding: new Forwarding({ executor, slabLine, clock, limits, owners, siblings, traffic }),
      largeFrames: new LargeFramePlaces(limits.largeFramesMax),
      traffic,
      refusals: new Refusals(),
      frameTimes: new FrameTimes(),
      onIntroduced: (number) => this.#strangers.delete(number),
      onClosed: (number) => this.#onClosed(number),
    }
  }

  #refusalFor(refusal: number): number {
    if (refusal !== REFUSAL_NONE) return refusal
    if (this.#isDraining) return REFUSAL_DRAINING
    return this.#connections.size >= this.#options.limits.connectionsMax ? REFUSAL_CONNECTIONS : REFUSAL_NONE
  }

  #onClosed(number: number): void {
    this.#connections.delete(number)
    this.#strangers.delete(number)
    this.#noteEmpty()
  }

  #noteEmpty(): void {
    if (this.#connections.size > 0) return
    this.#sweep?.cancel()
    this.#sweep = undefined
    if (!this.#isDraining) this.#maintenance.wake()
    if (this.#drained === undefined) return
    this.#deadline?.cancel()
    this.#drained.resolve()
  }

  #nextSweep(): Timer {
    return this.#options.clock.after(this.#options.limits.sweepMs, () => {
      this.#sweep = this.#nextSweep()
      const nowMs = this.#options.clock.monotonicMs()
      for (const connection of this.#connections.values()) connection.checkTime(nowMs)
      if (!this.#isDraining) this.#maintenance.wake()
    })
  }
}

function promiseWithResolve(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve: () => void = () => {}
  const promise = new Promise<void>((settle) => {
    resolve = settle
  })
  return { promise, resolve }
}
