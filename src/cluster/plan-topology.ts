// Makes a topology for a list of nodes, and the next one when nodes come or go.
//
// The next one is even again with the fewest slots moved: shards stay where they are, those that have too many slots give
// up the last of them, and what is free goes to those that have too few. Which shards get the odd slots is chosen so that
// as few as possible give one up.

import { assert } from '../util/assert.ts'
import { SluiceError } from '../util/errors.ts'
import { SLOT_COUNT } from './slot.ts'
import { SlotSet } from './slot-set.ts'
import { evenTopology, frozenTopology, type Topology, type TopologyNode, type TopologyShard } from './topology.ts'

/** What a plan is made from. */
export interface PlanOptions {
  /** Nodes that shall own slots, with their threads. */
  readonly nodes: readonly TopologyNode[]
  /** The topology in force. Default: there is none. */
  readonly current?: Topology
  /** Shards of each thread that has none yet. Default 1. */
  readonly shardsPerThread?: number
  /** Nodes that are not listed any more: their processes have ended, and will not come back. Default none. */
  readonly gone?: readonly string[]
}

interface ShardInPlan {
  readonly id: number
  readonly node: string
  readonly thread: number
  readonly before: TopologyShard | undefined
  slots: SlotSet
}

/**
 * A topology in which every shard has the same number of slots, give or take one. Its number is one more than the
 * current one's, and so is the view of each shard that is not as before. Nodes of the current topology that are not
 * among `nodes` stay listed, without slots, until they are said to be `gone`: as long as their processes may run, they must
 * be asked whether they have given their slots up. Throws INVALID_ARGUMENT.
 */
export function planTopology({ nodes, current, shardsPerThread = 1, gone = [] }: PlanOptions): Topology {
  if (nodes.length === 0) throw new SluiceError('INVALID_ARGUMENT', 'a topology has at least one node')
  if (current === undefined) {
    const threads = nodes.reduce((sum, { ports }) => sum + ports.length, 0)
    return evenTopology({ nodes, shardCount: threads * shardsPerThread })
  }
  const shards = shardsOf(nodes, current, shardsPerThread)
  spread(shards)
  const number = current.number + 1
  const leaving = current.nodes.filter(({ id }) => !gone.includes(id) && !nodes.some((node) => node.id === id))
  const next = {
    number,
    nodes: [...nodes, ...leaving],
    shards: shards.map((shard) => rowOf(shard, number)).sort((left, right) => left.id - right.id),
  }
  return frozenTopology(next)
}

/** Shards that stay with their slots, and empty ones for the threads that have none. */
function shardsOf(nodes: readonly TopologyNode[], current: Topology, shardsPerThread: number): ShardInPlan[] {
  let nextId = current.shards.reduce((most, { id }) => Math.max(most, id), -1) + 1
  return nodes.flatMap(({ id: node, ports }) =>
    ports.flatMap((_, thread): ShardInPlan[] => {
      const kept = current.shards.filter((shard) => shard.node === node && shard.thread === thread)
      if (kept.length > 0) {
        return kept.map((before) => ({ id: before.id, node, thread, before, slots: SlotSet.of(before.slots) }))
      }
      const fresh = Array.from({ length: shardsPerThread }, () => nextId++)
      return fresh.map((id) => ({ id, node, thread, before: undefined, slots: new SlotSet() }))
    }),
  )
}

function spread(shards: readonly ShardInPlan[]): void {
  const least = Math.floor(SLOT_COUNT / shards.length)
  const odd = SLOT_COUNT % shards.length
  // The largest ones get the odd slots, so that fewer have to give one up.
  const bySize = shards.toSorted((left, right) => right.slots.size - left.slots.size || left.id - right.id)
  const free = shards.reduce((all, { slots }) => all.without(slots), SlotSet.of([[0, SLOT_COUNT - 1]])).toSlots()
  for (const [index, shard] of bySize.entries()) {
    const slots = shard.slots.toSlots()
    free.push(...slots.splice(least + (index < odd ? 1 : 0)))
    shard.slots = SlotSet.ofSlots(slots)
  }
  free.sort((left, right) => left - right)
  for (const [index, shard] of bySize.entries()) {
    const missing = least + (index < odd ? 1 : 0) - shard.slots.size
    shard.slots = shard.slots.union(SlotSet.ofSlots(free.splice(0, missing)))
  }
  assert(free.length === 0, 'every slot has a shard')
}

/** The view of a shard that changes is the topology's number: larger than any before, whoever had the shard's id. */
function rowOf({ id, node, thread, before, slots }: ShardInPlan, number: number): TopologyShard {
  const isSame = before !== undefined && SlotSet.of(before.slots).equals(slots)
  const view = isSame ? before.view : Math.max(number, (before?.view ?? 0) + 1)
  return { id, node, thread, view, slots: slots.toRanges() }
}
