// Brings batches to the lanes of the routing in force, ends what takes too long, and closes all of it. `topology-changes.ts`
// puts other routings in force.
//
//   invariant: frames on a lane were routed by `#routing`, but for those on held lanes, which are routed again

import { slotOfBytes, slotOfString } from '../cluster/slot.ts'
import type { Topology } from '../cluster/topology.ts'
import { KIND_ADMIN } from '../protocol/frame.ts'
import { FRAME_OPS_MAX } from '../protocol/limits.ts'
import { assert } from '../util/assert.ts'
import type { Clock } from '../util/clock.ts'
import { SluiceError } from '../util/errors.ts'
import type { Random } from '../util/random.ts'
import { onAbort } from './abort.ts'
import { BatchBuilder, type RoutedFrame } from './batch-builder.ts'
import { BatchError } from './batch-error.ts'
import type { BatchResults } from './batch-results.ts'
import type { Batcher } from './batcher.ts'
import { withDeadline } from './deadline.ts'
import { askForTopology, type Reached, reach } from './dial.ts'
import { FrameTerms } from './frame-terms.ts'
import { Lane, type LaneOwner } from './lane.ts'
import { abandonFrame } from './lost-frames.ts'
import type { Settings } from './options.ts'
import type { OutgoingFrame } from './outgoing-frame.ts'
import { Pools } from './pools.ts'
import { reroute } from './reroute.ts'
import { type LaneTarget, type Routing, routingOf } from './routing.ts'
import { Sweep } from './sweep.ts'
import { type RoutingOwner, TopologyChanges } from './topology-changes.ts'

interface Waiter {
  readonly isDue: () => boolean
  readonly resolve: () => void
}

/** How one batch is sent. */
export interface SendOptions {
  /** Milliseconds for this batch, in place of the client's `timeoutMs`. */
  readonly timeoutMs?: number
  /**
   * Gives the batch up when it aborts: what was not sent is not done (CANCELLED), writes that were sent are unknown.
   */
  readonly signal?: AbortSignal
}

/** What the calls of one client share. */
export class Dispatcher implements LaneOwner, RoutingOwner {
  readonly clock: Clock
  readonly random: Random
  readonly framesInFlightMax: number
  readonly queueBytesMax: number
  readonly whenFull: 'wait' | 'fail'
  readonly resendUnknownWrites: boolean
  readonly waitsForConnection: boolean
  readonly #settings: Settings
  readonly #pools = new Pools()
  /** Aborts when the client is closed or destroyed. */
  readonly #life = new AbortController()
  readonly #changes: TopologyChanges
  readonly #sweep: Sweep
  #routing: Routing
  #lanes: readonly Lane[]
  #waiters: Waiter[] = []
  #closing: Promise<void> | undefined
  #closeReason: SluiceError | undefined

  private constructor(addresses: readonly string[], settings: Settings, topology: Topology) {
    this.clock = settings.clock
    this.random = settings.random
    this.framesInFlightMax = settings.framesInFlightMax
    this.queueBytesMax = settings.queueBytesMax
    this.whenFull = settings.whenFull
    this.resendUnknownWrites = settings.resendUnknownWrites
    this.waitsForConnection = settings.waitsForConnection
    this.#settings = settings
    this.#routing = routingOf(topology, settings.via)
    this.#lanes = this.#routing.targets.map((target) => new Lane(target, this))
    this.#changes = new TopologyChanges(this, addresses, settings, this.#life.signal)
    this.#sweep = new Sweep(settings.clock, settings.timeoutMs, (nowMs) => this.#giveUpLate(nowMs))
  }

  /**
   * Connects to the shard threads of the topology that one of the addresses knows. Threads that cannot be reached are
   * tried again later; rejects with CONNECT_FAILED or REFUSED when none can.
   */
  static async connect(addresses: readonly string[], settings: Settings, outer?: AbortSignal): Promise<Dispatcher> {
    const topology = await askForTopology(addresses, settings, outer)
    const dispatcher = new Dispatcher(addresses, settings, topology)
    const { targets } = dispatcher.#routing
    const reached = await Promise.all(targets.map((target) => reach(target, settings, outer)))
    if (outer?.aborted === true || reached.every(({ greeting }) => greeting === undefined)) {
      for (const { greeting } of reached) greeting?.channel.destroy()
      const aborted = new SluiceError('CONNECT_FAILED', 'the attempt was aborted', { cause: outer?.reason })
      throw reached.find(({ failure }) => failure !== undefined)?.failure ?? aborted
    }
    for (const [lane, outcome] of reached.entries()) dispatcher.#lanes[lane]?.open(outcome)
    return dispatcher
  }

  /** What every call gets once the client is closed or destroyed; undefined before. */
  get closeReason(): SluiceError | undefined {
    return this.#closeReason
  }

  /** Whether nothing can be sent any more. */
  get isDestroyed(): boolean {
    return this.#life.signal.aborted
  }

  get routing(): Routing {
    return this.#routing
  }

  get lanes(): readonly Lane[] {
    return this.#lanes
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

  /** The shard of that number, as an index in the routing in force; undefined when there is none any more. */
  shardOfId(id: number): number | undefined {
    const index = this.topology.shards.findIndex((shard) => shard.id === id)
    return index === -1 ? undefined : index
  }

  /** A batch to build. */
  open(): BatchBuilder {
    return new BatchBuilder(this.#routing, FRAME_OPS_MAX, this.#pools)
  }

  /** The terms of a batch of promise calls that is opened now. */
  terms(deadlineMs = this.clock.monotonicMs() + this.#settings.timeoutMs): FrameTerms {
    this.#sweep.wake()
    return new FrameTerms(deadlineMs, this.#settings.timeoutMs)
  }

  /** Sends a batch; `settled` is called once, when every operation has a status. */
  send(builder: BatchBuilder, terms: FrameTerms, settled: (results: BatchResults) => void): void {
    this.#sweep.wake()
    this.#submit(this.#routed(builder.routing, builder.finish(terms, settled)))
  }

  /** Sends a batch behind all calls made before it; rejects with BatchError when operations were not answered. */
  sendBatch(
    builder: BatchBuilder,
    { timeoutMs = this.#settings.timeoutMs, signal }: SendOptions,
  ): Promise<BatchResults> {
    if (this.#closeReason !== undefined) return Promise.reject(this.#closeReason)
    this.flush()
    const terms = new FrameTerms(this.clock.monotonicMs() + timeoutMs, timeoutMs)
    this.#sweep.wake(timeoutMs)
    const cancel = (): void => this.#cancel(terms)
    return new Promise((resolve, reject) => {
      // Before anything can settle the batch, which takes the listener away.
      const stopListening = onAbort(signal, cancel)
      const finished = builder.finish(terms, (results) => {
        stopListening()
        const [failure] = results.failures
        if (failure === undefined) resolve(results)
        else reject(new BatchError(failure, results))
      })
      const frames = this.#routed(builder.routing, finished)
      if (this.whenFull === 'fail' && frames.some(({ lane }) => this.#isFull(lane))) {
        for (const { frame } of frames) frame.fail(queueFull())
        return
      }
      this.#submit(frames)
      if (signal?.aborted) cancel()
    })
  }

  /** Sends the promise calls that wait for the end of their turn. */
  flush(): void {
    for (const lane of this.#lanes) lane.batcher.flush()
  }

  /** Resolves when a call would wait for room on no lane. */
  ready(): Promise<void> {
    return this.#until(() => this.#lanes.every(({ batcher }) => !batcher.mustWait))
  }

  /** The replies of all shard threads to an admin command, in the order of the lanes. */
  admin(command: string): Promise<string[]> {
    const { timeoutMs } = this.#settings
    return withDeadline(this.clock, timeoutMs, this.#life.signal, () =>
      Promise.all(this.#lanes.map((lane) => lane.request(KIND_ADMIN, command))),
    )
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
    this.#sweep.stop()
    this.#life.abort(reason)
    this.flush()
    for (const lane of this.#lanes) lane.destroy(reason)
    this.onProgress()
  }

  /** Called by lanes: dials their target. */
  reach(target: LaneTarget): Promise<Reached> {
    return reach(target, this.#settings, this.#life.signal)
  }

  /** Called by lanes: some waiting may be over. */
  onProgress(): void {
    if (this.#waiters.length === 0) return
    const due = this.#waiters.filter(({ isDue }) => isDue())
    this.#waiters = this.#waiters.filter((waiter) => !due.includes(waiter))
    for (const { resolve } of due) resolve()
  }

  /** Called by a lane: some of its operations belong elsewhere. */
  onMisrouted(lane: Lane, retry: () => void): void {
    void this.#changes.onMisrouted(lane, retry)
  }

  /** Called by a lane: its server cannot be reached. */
  onUnreachable(): void {
    this.#changes.onUnreachable()
  }

  /** Called when the topology changes: a lane to a thread that there was none to. */
  openLane(target: LaneTarget): Lane {
    const lane = new Lane(target, this)
    lane.start()
    return lane
  }

  /** Called when the topology changes. */
  adopt(routing: Routing, lanes: readonly Lane[]): void {
    this.#routing = routing
    this.#lanes = lanes
  }

  /** Called when the topology has changed: sends what an earlier routing had brought to other lanes. */
  submitAgain(frames: readonly OutgoingFrame[]): void {
    this.#submit(this.#routedAgain(frames))
  }

  async #drain(): Promise<void> {
    this.flush()
    const isIdle = (): boolean => !this.#changes.isUnderWay && this.#lanes.every((lane) => lane.isIdle)
    await this.#until(isIdle)
    this.#sweep.stop()
    this.#life.abort(this.#closeReason)
    await Promise.all(this.#lanes.map((lane) => lane.close()))
  }

  #until(isDue: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      if (isDue()) resolve()
      else this.#waiters.push({ isDue, resolve })
    })
  }

  /** Frames for the routing in force. */
  #routed(routing: Routing, frames: readonly RoutedFrame[]): readonly RoutedFrame[] {
    return routing === this.#routing ? frames : this.#routedAgain(frames.map(({ frame }) => frame))
  }

  #routedAgain(frames: readonly OutgoingFrame[]): RoutedFrame[] {
    return reroute(
      frames.filter((frame) => !frame.isSettled),
      this.#routing,
    )
  }

  #submit(frames: readonly RoutedFrame[]): void {
    for (const { lane, frame } of frames) {
      // Calls that gathered until their time was over are not sent any more.
      if (frame.terms.deadlineMs <= this.clock.monotonicMs()) frame.fail(frame.terms.notDone())
      else this.#lanes[lane]?.submit(frame)
    }
  }

  #isFull(index: number): boolean {
    return (this.#lanes[index]?.queuedBytes ?? 0) >= this.queueBytesMax
  }

  #cancel(terms: FrameTerms): void {
    const because = 'the signal of the batch was aborted'
    const notDone = new SluiceError('CANCELLED', because)
    const unknown = new SluiceError('CANCELLED', because, { fate: 'unknown' })
    this.#giveUp(
      (frame) => frame.terms === terms,
      () => ({ notDone, unknown }),
    )
  }

  /** Returns whether anything is left to watch. */
  #giveUpLate(nowMs: number): boolean {
    for (const { batcher } of this.#lanes) batcher.expire(nowMs)
    this.#giveUp(
      ({ terms }) => terms.deadlineMs <= nowMs,
      ({ terms }) => ({ notDone: terms.notDone(), unknown: terms.unknown() }),
    )
    for (const lane of this.#lanes) lane.checkSilence(nowMs, this.#settings.timeoutMs)
    return this.#lanes.some((lane) => !lane.isIdle || !lane.batcher.isEmpty)
  }

  #giveUp(
    isDue: (frame: OutgoingFrame) => boolean,
    errorsFor: (frame: OutgoingFrame) => { readonly notDone: SluiceError; readonly unknown: SluiceError },
  ): void {
    const end = (frame: OutgoingFrame, wasSent: boolean): void => {
      const { notDone, unknown } = errorsFor(frame)
      if (wasSent) abandonFrame(frame, unknown, notDone)
      else frame.fail(notDone)
    }
    for (const lane of this.#lanes) lane.giveUp(isDue, end)
    this.onProgress()
  }
}

function queueFull(): SluiceError {
  return new SluiceError('QUEUE_FULL', 'as much waits to be sent as the client may keep')
}
