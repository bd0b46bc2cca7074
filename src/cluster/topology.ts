// Which node and which of its threads answers for which slot. A topology is immutable: it is replaced whole, and only
// by one with a larger number.
//
//   invariants: every slot belongs to exactly one shard; ids are unique; every shard names a node that is there and one
//   of its threads. `parseTopology` is the only way in from outside, and it checks all of them.

import { assert } from '../util/assert.ts'
import { SLOT_COUNT } from './slot.ts'

/** Nodes of a topology: a bound on what a client may be made to connect to. */
export const TOPOLOGY_NODES_MAX = 1_024

/** Shard threads of one node. */
export const NODE_THREADS_MAX = 256

/** Shards of a topology: with more, some would have no slot. */
export const TOPOLOGY_SHARDS_MAX = SLOT_COUNT

/** Slots from the first to the last, both included. */
export type SlotRange = readonly [first: number, last: number]

/** A server process. */
export interface TopologyNode {
  /** Unique in the topology. */
  readonly id: string
  /** Host name or address. */
  readonly host: string
  /** The direct TCP port of each shard thread. */
  readonly ports: readonly number[]
  /** The port at which any of its threads takes operations for all its shards; absent: none beside the direct ones. */
  readonly publicPort?: number
}

/** A part of the slots, owned by one thread of one node. */
export interface TopologyShard {
  /** Unique in the topology, 0 to 65,535. */
  readonly id: number
  /** The owner's id. */
  readonly node: string
  /** The owning thread: an index into the node's `ports`. */
  readonly thread: number
  /** Rises only when this shard's own slots change; 32 bits. */
  readonly view: number
  /** Disjoint, possibly none. */
  readonly slots: readonly SlotRange[]
}

/** A whole cluster at one instant. */
export interface Topology {
  /** Grows with every change of anything in it. */
  readonly number: number
  readonly nodes: readonly TopologyNode[]
  readonly shards: readonly TopologyShard[]
}

/** What an even topology is made from. */
export interface EvenTopologyOptions {
  /** The topology's number. Default 1. */
  readonly number?: number
  readonly nodes: readonly TopologyNode[]
  /** Shards in all, dealt out to the threads of all nodes in turn; at least one a thread. Default one a thread. */
  readonly shardCount?: number
  /** The view of every shard. Default 1. */
  readonly view?: number
}

/** A topology in which every shard has about the same number of slots, as one range each. */
export function evenTopology(options: EvenTopologyOptions): Topology {
  const { nodes, number = 1, view = 1 } = options
  const threads = nodes.flatMap((node) => node.ports.map((_, thread) => ({ node: node.id, thread })))
  const shardCount = options.shardCount ?? threads.length
  assert(threads.length > 0, 'a topology has a thread')
  assert(
    shardCount >= threads.length && shardCount <= TOPOLOGY_SHARDS_MAX,
    'every thread has a shard, every shard a slot',
  )
  const firstSlot = (shard: number): number => Math.floor((shard * SLOT_COUNT) / shardCount)
  const shards = Array.from({ length: shardCount }, (_, id): TopologyShard => {
    const owner = threads[id % threads.length]
    assert(owner !== undefined, 'the remainder is an index')
    return { id, ...owner, view, slots: [[firstSlot(id), firstSlot(id + 1) - 1]] }
  })
  return frozenTopology({ number, nodes, shards })
}

/** For each slot the index in `topology.shards` of the shard that owns it. */
export function slotTable(topology: Topology): Uint16Array {
  const table = new Uint16Array(SLOT_COUNT)
  for (const [index, shard] of topology.shards.entries()) {
    for (const [first, last] of shard.slots) table.fill(index, first, last + 1)
  }
  return table
}

/** Whether a topology replaces the one in use. */
export function isNewer(candidate: Topology, current: Topology | undefined): boolean {
  return current === undefined || candidate.number > current.number
}

/** A deep, frozen copy of the topology's own fields. */
export function frozenTopology(topology: Topology): Topology {
  const nodes = topology.nodes.map(({ id, host, ports, publicPort }) =>
    Object.freeze({ id, host, ports: Object.freeze([...ports]), ...(publicPort !== undefined && { publicPort }) }),
  )
  const shards = topology.shards.map(({ id, node, thread, view, slots }) => {
    const ranges = slots.map(([first, last]) => Object.freeze([first, last] as const))
    return Object.freeze({ id, node, thread, view, slots: Object.freeze(ranges) })
  })
  return Object.freeze({ number: topology.number, nodes: Object.freeze(nodes), shards: Object.freeze(shards) })
}
