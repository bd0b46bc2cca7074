// Brings batches to the lanes of the routing in force, and changes the routing when a server says that it is old.
//
// Routing anew stops everything for a moment, so that no order is lost: every lane is held and waits for its frames in
// flight; the newer topology is fetched; what was not executed is routed again, in its order; then what was sent in the
// meantime; then the lanes go on. Slots rarely move, and nothing cheaper is as easy to believe.
//
//   invariant: frames on a lane were routed by `#routing`, except while `#held` collects them.

import { slotOfBytes, slotOfString } from '../cluster/slot.ts'
import { isNewer, type Topology } from '../cluster/topology.ts'
import { KIND_ADMIN, KIND_TOPOLOGY } from '../protocol/frame.ts'
import { FRAME_OPS_MAX } from '../protocol/limits.ts'
import { assert } from '../util/assert.ts'
import type { Clock } from '../util/clock.ts'
import { SluiceError } from '../util/errors.ts'
import { BatchBuilder, type RoutedFrame } from './batch-builder.ts'
import { BatchError } from './batch-error.ts'
import type { BatchResults } from './batch-results.ts'
import type { Batcher } from './batcher.ts'
import { sleep, withDeadline } from './deadline.ts'
import { askForTopology, type Reached, reachAll, topologyOf } from './dial.ts'
import { Lane, type LaneOwner } from './lane.ts'
import type { Settings } from './options.ts'
import type { OutgoingFrame } from './outgoing-frame.ts'
import { Pools } from './pools.ts'
import { reroute } from './reroute.ts'
import { resendDelayMs } from './resend.ts'
import { isSameTarget, type LaneTarget, type Routing, routingOf } from './routing.ts'

interface HeldFrames {
  readonly routing: Routing
  readonly frames: readonly RoutedFrame[]
}

interface Waiter {
  readonly isDue: () => boolean
  readonly resolve: () => void
}

/** What the calls of one client share. */
export class Dispatcher implements LaneOwner {
  readonly clock: Clock
  readonly framesInFlightMax: number
  readonly #settings: Settings
  readonly #pools = new Pools()
  /** Aborts when the client is destroyed. */
  readonly #life = new AbortController()
  #routing: Routing
  #lanes: readonly Lane[]
  #frameOpsMax = 0
  /** Frames that were sent while the lanes are held; undefined when they are not. */
  #held: HeldFrames[] | undefined
  #waiters: Waiter[] = []
  #closing: Promise<void> | undefined
  #closeReason: SluiceError | undefined

  private constructor(settings: Settings, topology: Topology, reached: readonly Reached[]) {
    this.clock = settings.clock
    this.framesInFlightMax = settings.framesInFlightMax
    this.#settings = settings
    this.#routing = routingOf(topology, settings.via)
    this.#lanes = reached.map(({ target, greeting }) => new Lane(target, greeting, this))
    this.#frameOpsMax = frameOpsMaxOf(this.#lanes)
  }

  /** Connects to every shard thread of the topology that one of the addresses knows. Rejects with CONNECT_FAILED. */
  static async connect(addresses: readonly string[], settings: Settings, outer?: AbortSignal): Promise<Dispatcher> {
    return withDeadline(settings.clock, settings.connectTimeoutMs, outer, async (signal) => {
      const topology = await askForTopology(addresses, settings, signal)
      const reached = await reachAll(routingOf(topology, settings.via).targets, settings, signal)
      const failed = reached.find(({ failure }) => failure !== undefined)
      if (failed === undefined) return new Dispatcher(settings, topology, reached)
      for (const { greeting } of reached) greeting?.channel.destroy()
      throw failed.failure
    })
  }

  /** What every call gets once the client is closed or destroyed; undefined before. */
  get closeReason(): SluiceError | undefined {
    return this.#closeReason
  }

  /** The topology in force. */
  get topology(): Topology {
    return this.#routing.topology
  }

  /** The shard of a key, as an index in the routing in force. */
  shardOf(key: string | Uint8Array): number {
    return this.#routing.slots[typeof key === 'string' ? slotOfString(key) : slotOfBytes(key, 0, key.length)] as number
  }

  /** The batcher for promise calls on a shard of the routing in force. */
  batcherOf(shard: number): Batcher {
    const lane = this.#lanes[this.#routing.laneOfShard[shard] as number]
    assert(lane !== undefined, 'every shard has a lane')
    return lane.batcher
  }

  /** A batch to build. */
  open(): BatchBuilder {
    return new BatchBuilder(this.#routing, this.#frameOpsMax, this.#pools)
  }

  /** Sends a batch; `settled` is called once, when every operation has a status. */
  send(builder: BatchBuilder, settled: (results: BatchResults) => void): void {
    const frames = builder.finish(settled)
    if (this.#held !== undefined) this.#held.push({ routing: builder.routing, frames })
    else this.#submit(builder.routing, frames)
  }

  /** Sends a batch behind all calls made before it; rejects with BatchError when operations were not answered. */
  sendBatch(builder: BatchBuilder): Promise<BatchResults> {
    if (this.#closeReason !== undefined) return Promise.reject(this.#closeReason)
    this.flush()
    return new Promise((resolve, reject) => {
      this.send(builder, (results) => {
        const [failure] = results.failures
        if (failure === undefined) resolve(results)
        else reject(new BatchError(failure, results))
      })
    })
  }

  /** Sends the promise calls that wait for the end of their turn. */
  flush(): void {
    for (const lane of this.#lanes) lane.batcher.flush()
  }

  /** Resolves when no lane's queue holds more than `queueBytesMax`. */
  ready(): Promise<void> {
    const { queueBytesMax } = this.#settings
    return this.#until(() => this.#lanes.every(({ connection }) => (connection?.queuedBytes ?? 0) < queueBytesMax))
  }

  /** The replies of all shard threads to an admin command, in the order of the lanes. */
  admin(command: string): Promise<string[]> {
    return Promise.all(this.#lanes.map((lane) => lane.request(KIND_ADMIN, command)))
  }

  /** Takes no more calls, finishes those that were made, then closes all connections. */
  close(): Promise<void> {
    this.#closeReason ??= new SluiceError('CLOSED', 'the client is closed')
    this.#closing ??= this.#drain()
    return this.#closing
  }

  /** Closes all connections at once. */
  destroy(error: Error | undefined): void {
    const reason = new SluiceError('CLOSED', 'the client was destroyed', { cause: error })
    this.#closeReason ??= reason
    this.#life.abort(reason)
    for (const { connection } of this.#lanes) connection?.destroy(reason)
    this.flush()
  }

  /** Called by lanes: some waiting may be over. */
  onProgress(): void {
    if (this.#waiters.length === 0) return
    const due = this.#waiters.filter(({ isDue }) => isDue())
    this.#waiters = this.#waiters.filter((waiter) => !due.includes(waiter))
    for (const { resolve } of due) resolve()
  }

  /** Called by a lane: some of its operations belong elsewhere. */
  onMisrouted(lane: Lane): void {
    if (this.#held === undefined) void this.#routeAnew(lane)
  }

  async #drain(): Promise<void> {
    this.flush()
    await this.#until(
      () => this.#held === undefined && this.#lanes.every(({ connection }) => connection?.isIdle ?? true),
    )
    await Promise.all(this.#lanes.map(({ connection }) => connection?.close()))
  }

  #until(isDue: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      if (isDue()) resolve()
      else this.#waiters.push({ isDue, resolve })
    })
  }

  #submit(routing: Routing, frames: readonly RoutedFrame[]): void {
    const current = this.#routing
    const routed =
      routing === current
        ? frames
        : reroute(
            frames.map(({ frame }) => frame),
            current,
          )
    for (const { lane, frame } of routed) this.#lanes[lane]?.submit(frame)
  }

  async #routeAnew(from: Lane): Promise<void> {
    this.#held = []
    const lanes = this.#lanes
    const quiet = Promise.all(lanes.map(({ connection }) => connection?.hold()))
    const topology = await this.#newerTopology(from)
    await quiet
    const unsent = lanes.flatMap(({ connection }) => connection?.takeUnsent() ?? [])
    // Whoever refused may know a topology that the one who was asked does not know yet.
    if (topology === undefined) await sleep(this.clock, delayMsFor(unsent), this.#life.signal)
    else await this.#adopt(topology)
    const held = this.#held
    this.#held = undefined
    for (const { lane, frame } of reroute(unsent, this.#routing)) this.#lanes[lane]?.submit(frame)
    for (const { routing, frames } of held) this.#submit(routing, frames)
    for (const lane of lanes) lane.batcher.flush()
    for (const { connection } of this.#lanes) connection?.proceed()
    this.onProgress()
  }

  /** A topology that replaces the one in force, from any server that has one; undefined when none does. */
  async #newerTopology(from: Lane): Promise<Topology | undefined> {
    const { connectTimeoutMs } = this.#settings
    for (const lane of [from, ...this.#lanes.filter((other) => other !== from)]) {
      try {
        const ask = (): Promise<string> => lane.request(KIND_TOPOLOGY)
        const topology = topologyOf(await withDeadline(this.clock, connectTimeoutMs, this.#life.signal, ask))
        if (isNewer(topology, this.topology)) return topology
      } catch (error) {
        if (!(error instanceof SluiceError)) throw error
        // Another lane may know.
      }
    }
    return undefined
  }

  /** Puts a topology in force. Lanes that it has as well stay; threads that cannot be reached get a lane that fails. */
  async #adopt(topology: Topology): Promise<void> {
    const routing = routingOf(topology, this.#settings.via)
    const kept = this.#lanes.filter((lane) => lane.connection?.isOpen === true)
    const laneTo = (target: LaneTarget): Lane | undefined => kept.find((lane) => isSameTarget(lane.target, target))
    const missing = routing.targets.filter((target) => laneTo(target) === undefined)
    const reached = await reachAll(missing, this.#settings, this.#life.signal)
    const lanes = routing.targets.map((target) => {
      const greeting = reached.find((other) => other.target === target)?.greeting
      return laneTo(target) ?? new Lane(target, greeting, this)
    })
    for (const lane of this.#lanes) {
      if (!lanes.includes(lane)) void lane.connection?.close()
    }
    this.#lanes = lanes
    this.#routing = routing
    this.#frameOpsMax = frameOpsMaxOf(lanes)
  }
}

function frameOpsMaxOf(lanes: readonly Lane[]): number {
  return Math.min(...lanes.map(({ connection }) => connection?.answer.frameOpsMax ?? FRAME_OPS_MAX))
}

function delayMsFor(frames: readonly OutgoingFrame[]): number {
  return resendDelayMs(frames.reduce((most, { fruitlessTries }) => Math.max(most, fruitlessTries), 0))
}
