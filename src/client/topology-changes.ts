// Keeps a client's routing up to date: learns topologies, wherever a server tells of one, and puts the newest in force.
//
// Routing anew stops the lanes that it is about for a moment, so that no order is lost: those to threads whose shards change
// are held until their frames in flight were answered; what was not executed is routed again, in its order; then what was
// sent in the meantime; then the lanes go on. All other lanes go on all the time.
//
//   invariant: topologies come into force one after the other, and only newer ones

import { isNewer, type Topology } from '../cluster/topology.ts'
import type { Lane } from './lane.ts'
import type { Settings } from './options.ts'
import type { OutgoingFrame } from './outgoing-frame.ts'
import { changedAddresses, isSameTarget, type LaneTarget, type Routing, routingOf, type Via } from './routing.ts'
import { TopologySearch } from './topology-search.ts'

/** Who sends by the routing that is kept up to date. */
export interface RoutingOwner {
  /** In force. */
  readonly routing: Routing
  /** By the numbers of the routing. */
  readonly lanes: readonly Lane[]
  /** Whether nothing can be sent any more. */
  readonly isDestroyed: boolean
  /** A new lane to the target, which begins to connect. */
  openLane(target: LaneTarget): Lane
  /** Another routing and its lanes are in force from now on. */
  adopt(routing: Routing, lanes: readonly Lane[]): void
  /** Routes frames of an earlier routing again and sends them. */
  submitAgain(frames: readonly OutgoingFrame[]): void
  /** Another routing is in force, or will not be. */
  onProgress(): void
}

/** The changes of one client's topology. */
export class TopologyChanges {
  readonly #owner: RoutingOwner
  readonly #via: Via
  readonly #search: TopologySearch
  /** The newest topology that a server has told of; in force, or about to be. */
  #newest: Topology
  #isUnderWay = false

  /** @param signal Ends every search. */
  constructor(owner: RoutingOwner, addresses: readonly string[], settings: Settings, signal: AbortSignal) {
    this.#owner = owner
    this.#via = settings.via
    this.#search = new TopologySearch(addresses, settings, signal, (topology) => this.#learn(topology))
    this.#newest = owner.routing.topology
  }

  /** Whether some lanes are held until another routing is in force. */
  get isUnderWay(): boolean {
    return this.#isUnderWay
  }

  /** Some operations of a lane belong elsewhere, its server says; `retry` tries them there again, unless they were taken since. */
  async onMisrouted(lane: Lane, retry: () => void): Promise<void> {
    await this.#search.among([lane, ...this.#owner.lanes])
    // What others know of may not concern this lane, and what its server knows of may come late: then it asks again.
    retry()
  }

  /** A server cannot be reached. Perhaps others know where its shards are now. */
  onUnreachable(): void {
    void this.#search.anywhere(this.#owner.lanes)
  }

  /** Takes what a server told; returns whether that is newer than all before. */
  #learn(topology: Topology): boolean {
    if (!isNewer(topology, this.#newest)) return false
    this.#newest = topology
    if (!this.#isUnderWay) void this.#routeAnew()
    return true
  }

  /** Puts the newest topology in force, and then one that was learnt meanwhile. */
  async #routeAnew(): Promise<void> {
    const owner = this.#owner
    this.#isUnderWay = true
    while (isNewer(this.#newest, owner.routing.topology) && !owner.isDestroyed) {
      await this.#putInForce(routingOf(this.#newest, this.#via))
    }
    this.#isUnderWay = false
    owner.onProgress()
  }

  async #putInForce(routing: Routing): Promise<void> {
    const owner = this.#owner
    const before = owner.lanes
    const changed = changedAddresses(owner.routing, routing)
    const held = before.filter(({ target }) => changed.has(target.address))
    await Promise.all(held.map((lane) => lane.hold()))
    if (owner.isDestroyed) return
    // Open batches were begun under the routing that ends: calls of the next one must not join them.
    for (const lane of before) lane.batcher.sendOpen()
    const unsent = held.flatMap((lane) => lane.takeUnsent())
    owner.adopt(routing, this.#lanesOf(routing))
    const gone = before.filter((lane) => !owner.lanes.includes(lane))
    owner.submitAgain(unsent)
    // Calls that wait for room belong to other lanes now, perhaps, and must not be overtaken there.
    for (const lane of [...held, ...gone]) lane.batcher.flush()
    for (const lane of owner.lanes) lane.batcher.proceed()
    for (const lane of before) lane.proceed()
    for (const lane of gone) void lane.close()
  }

  /** The lanes of a routing: those that there are stay. */
  #lanesOf(routing: Routing): Lane[] {
    return routing.targets.map((target) => {
      const lane = this.#owner.lanes.find((other) => isSameTarget(other.target, target))
      return lane ?? this.#owner.openLane(target)
    })
  }
}
