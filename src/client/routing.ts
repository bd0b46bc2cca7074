// Where operations go, as plain data: a topology, and for each of its shards the lane that leads to its owner. A lane
// is a number here, one for each shard thread, or for each node when only the nodes' public ports can be reached; the
// dispatcher keeps the connections under the same numbers.
//
// A routing is immutable; a newer topology makes a new one. Every batch keeps the routing that it was built under, and
// is routed again when another one is in force by the time it is sent.

import { slotTable, type Topology } from '../cluster/topology.ts'
import { SluiceError } from '../util/errors.ts'

/**
 * Which ports of a node a client connects to: `direct` to the port of every shard thread, `public` to the one port at
 * which a node takes operations for all of its shards.
 */
export type Via = 'direct' | 'public'

/** A shard thread, or a whole node, as the topology names it. */
export interface LaneTarget {
  readonly node: string
  /** 0 for a whole node. */
  readonly thread: number
  /** `host:port` of the thread's direct port, or of the node's public one. */
  readonly address: string
}

/** One topology, with the lanes to its shards. */
export interface Routing {
  readonly topology: Topology
  /** For each slot the index of its shard in `topology.shards`. */
  readonly slots: Uint16Array
  /** The shard threads or nodes that own shards; a lane is an index here. */
  readonly targets: readonly LaneTarget[]
  /** For each index in `topology.shards` the lane to the shard's owner. */
  readonly laneOfShard: readonly number[]
}

/** The routing of a topology. Throws INVALID_ARGUMENT when a shard's owner has no address in it. */
export function routingOf(topology: Topology, via: Via): Routing {
  const targets: LaneTarget[] = []
  const laneOfAddress = new Map<string, number>()
  const laneOfShard = topology.shards.map((shard) => {
    const { node } = shard
    const thread = via === 'direct' ? shard.thread : 0
    const address = addressOf(topology, node, thread, via)
    const lane = laneOfAddress.get(address) ?? targets.push({ node, thread, address }) - 1
    laneOfAddress.set(address, lane)
    return lane
  })
  return { topology, slots: slotTable(topology), targets, laneOfShard }
}

/** The addresses of the threads that own, under one of the routings, a shard which is not as under the other. */
export function changedAddresses(current: Routing, next: Routing): Set<string> {
  return new Set([...differences(current, next), ...differences(next, current)])
}

function differences(routing: Routing, other: Routing): string[] {
  const rows = new Map(
    other.topology.shards.map(({ id, view }, index) => [id, `${view} at ${addressAt(other, index)}`]),
  )
  return routing.topology.shards.flatMap(({ id, view }, index) => {
    const address = addressAt(routing, index)
    return rows.get(id) === `${view} at ${address}` ? [] : [address]
  })
}

/** Where the operations for a shard go. */
function addressAt({ targets, laneOfShard }: Routing, shard: number): string {
  return targets[laneOfShard[shard] as number]?.address ?? ''
}

/** Whether two targets are the same thread at the same place, so that a connection to one serves the other. */
export function isSameTarget(left: LaneTarget, right: LaneTarget): boolean {
  return left.node === right.node && left.thread === right.thread && left.address === right.address
}

/** Of a node without a public port the first thread's port serves as one: every port takes operations for all shards. */
function addressOf(topology: Topology, nodeId: string, thread: number, via: Via): string {
  const node = topology.nodes.find(({ id }) => id === nodeId)
  const port = via === 'public' ? (node?.publicPort ?? node?.ports[0]) : node?.ports[thread]
  if (node === undefined || port === undefined) {
    throw new SluiceError('INVALID_ARGUMENT', `the topology has no address for thread ${thread} of node ${nodeId}`)
  }
  return node.host.includes(':') ? `[${node.host}]:${port}` : `${node.host}:${port}`
}
