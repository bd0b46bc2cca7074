// Where operations go, as plain data: a topology, and for each of its shards the lane to the thread that owns it. A
// lane is a number here, one for each shard thread; the dispatcher keeps the connections under the same numbers.
//
// A routing is immutable; a newer topology makes a new one. Every batch keeps the routing that it was built under, and
// is routed again when another one is in force by the time it is sent.

import { slotTable, type Topology } from '../cluster/topology.ts'
import { SluiceError } from '../util/errors.ts'

/** A shard thread as the topology names it. */
export interface LaneTarget {
  readonly node: string
  readonly thread: number
  /** `host:port` of the thread's direct port. */
  readonly address: string
}

/** One topology, with the lanes to its shards. */
export interface Routing {
  readonly topology: Topology
  /** For each slot the index of its shard in `topology.shards`. */
  readonly slots: Uint16Array
  /** The shard threads that own shards; a lane is an index here. */
  readonly targets: readonly LaneTarget[]
  /** For each index in `topology.shards` the lane to the shard's thread. */
  readonly laneOfShard: readonly number[]
}

/** The routing of a topology. Throws INVALID_ARGUMENT when a shard's thread has no address in it. */
export function routingOf(topology: Topology): Routing {
  const targets: LaneTarget[] = []
  const laneOfAddress = new Map<string, number>()
  const laneOfShard = topology.shards.map(({ node, thread }) => {
    const address = addressOf(topology, node, thread)
    const lane = laneOfAddress.get(address) ?? targets.push({ node, thread, address }) - 1
    laneOfAddress.set(address, lane)
    return lane
  })
  return { topology, slots: slotTable(topology), targets, laneOfShard }
}

/** Whether two targets are the same thread at the same place, so that a connection to one serves the other. */
export function isSameTarget(left: LaneTarget, right: LaneTarget): boolean {
  return left.node === right.node && left.thread === right.thread && left.address === right.address
}

function addressOf(topology: Topology, nodeId: string, thread: number): string {
  const node = topology.nodes.find(({ id }) => id === nodeId)
  const port = node?.ports[thread]
  if (node === undefined || port === undefined) {
    throw new SluiceError('INVALID_ARGUMENT', `the topology has no address for thread ${thread} of node ${nodeId}`)
  }
  return node.host.includes(':') ? `[${node.host}]:${port}` : `${node.host}:${port}`
}
