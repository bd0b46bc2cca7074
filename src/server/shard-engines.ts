// Opens the engines of one thread's shards, each with the slots that the topology gives it.

import { SLOT_COUNT } from '../cluster/slot.ts'
import type { SlotRange, Topology } from '../cluster/topology.ts'
import { createEngine, type EngineOptions } from '../engine/index.ts'
import type { ShardEngine } from './owned-shard.ts'

/** What all engines of a node are opened with. */
export type NodeEngineOptions = Omit<EngineOptions, 'ownedSlots'>

/** An empty engine for each shard that `topology` gives to the thread. Throws INVALID_ARGUMENT. */
export function openShardEngines(
  topology: Topology,
  nodeId: string,
  thread: number,
  options: NodeEngineOptions,
): ShardEngine[] {
  return topology.shards
    .filter((shard) => shard.node === nodeId && shard.thread === thread)
    .map(({ id, slots }) => ({ shard: id, engine: createEngine({ ...options, ownedSlots: slotBitmap(slots) }) }))
}

/** One bit for each slot, as engines take them. */
function slotBitmap(ranges: readonly SlotRange[]): Uint8Array {
  const bitmap = new Uint8Array(SLOT_COUNT / 8)
  for (const [first, last] of ranges) {
    for (let slot = first; slot <= last; slot++) {
      const at = slot >> 3
      bitmap[at] = (bitmap[at] ?? 0) | (1 << (slot & 7))
    }
  }
  return bitmap
}
