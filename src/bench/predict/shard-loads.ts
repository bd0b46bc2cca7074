// What one batch brings to each shard thread: its share of the operations, frames, and bytes both ways. Keys are hashed by
// the function that clients route with, and slots dealt out as a new cluster deals them, so the hottest thread is the one
// that a real cluster would have. Ranks behind the first HEAD_RANKS are spread evenly over the slots, which they are but
// for chance.

import { slotOfString } from '../../cluster/slot.ts'
import { evenTopology, slotTable } from '../../cluster/topology.ts'
import { compactSize } from '../../protocol/compact.ts'
import { FRAME_HEADER_BYTES, SECTION_HEADER_BYTES } from '../../protocol/frame.ts'
import { FRAME_BYTES_TARGET, FRAME_OPS_MAX } from '../../protocol/limits.ts'
import { HEAD_RANKS, type RankGroup, rankGroups } from './rank-shares.ts'
import { expectedRepeats } from './repeats.ts'

/** The operations of a workload, as far as the model knows them: gets and sets of keys that are decimal ranks. */
export interface PredictedWorkload {
  readonly records: number
  /** Skew, 0 is uniform. */
  readonly theta: number
  /** Share of the operations that read; the others overwrite a whole record. */
  readonly readShare: number
  readonly valueBytes: number
}

/** One batch, as a cluster of some size sees it. */
export interface BatchShape {
  readonly workload: PredictedWorkload
  /** Operations of a batch. */
  readonly batch: number
  /** Whether repeated results are references. */
  readonly hasRepeats: boolean
  readonly nodes: number
  /** Shard threads of each node. */
  readonly threads: number
}

/** The part of a batch that one shard thread gets, on average. */
export interface ShardLoad {
  /** Index of the node. */
  readonly node: number
  /** Of the operations. */
  share: number
  /** Frames of a batch: less than one where a batch may have no operation for the shard. */
  frames: number
  /** Bytes of the request frames of a batch, headers included. */
  requestBytes: number
  replyBytes: number
}

const FRAME_BYTES = FRAME_HEADER_BYTES + SECTION_HEADER_BYTES
const OPERATION_HEAD_BYTES = 2
const STATUS_BYTES = 1
const NEAR_REFERENCE_BYTES = 2
const FAR_REFERENCE_BYTES = 4

/** The load of every shard thread, node by node. */
export function shardLoads(shape: BatchShape): ShardLoad[] {
  const { workload, nodes, threads } = shape
  const loads = Array.from({ length: nodes * threads }, (_, index): ShardLoad => {
    return { node: Math.floor(index / threads), share: 0, frames: 0, requestBytes: 0, replyBytes: 0 }
  })
  const groups = rankGroups(workload.records, workload.theta)
  const parts = partsOf(groups, nodes, threads)
  for (const { shard, group, count } of parts) at(loads, shard).share += count * group.share
  for (const load of loads) load.frames = sectionsOf(shape, load.share)
  for (const { shard, group, count } of parts) addBytes(at(loads, shard), shape, group, count)
  for (const load of loads) {
    // A batch has none for the shard when none of its operations is.
    load.frames *= 1 - (1 - Math.min(1, load.share)) ** (shape.batch / load.frames)
    load.requestBytes += load.frames * FRAME_BYTES
    load.replyBytes += load.frames * FRAME_BYTES
  }
  return loads
}

/** Some ranks of a group, all in one shard. */
interface Part {
  readonly shard: number
  readonly group: RankGroup
  /** Ranks, also a part of one. */
  readonly count: number
}

function partsOf(groups: readonly RankGroup[], nodes: number, threads: number): Part[] {
  const ports = Array.from({ length: threads }, (_, thread) => thread + 1)
  const topology = evenTopology({ nodes: Array.from({ length: nodes }, (_, id) => ({ id: `${id}`, host: '', ports })) })
  const shardOfSlot = slotTable(topology)
  const slotShares = new Array<number>(nodes * threads).fill(0)
  for (const shard of shardOfSlot) slotShares[shard] = (slotShares[shard] ?? 0) + 1 / shardOfSlot.length
  return groups.flatMap((group): Part[] => {
    if (group.first >= HEAD_RANKS) {
      return slotShares.map((slotShare, shard) => ({ shard, group, count: group.count * slotShare }))
    }
    return [{ shard: shardOfSlot[slotOfString(String(group.first))] ?? 0, group, count: 1 }]
  })
}

/** Sections that a shard's part of a batch makes when it has one: more than one where frames would become too large. */
function sectionsOf({ batch, workload }: BatchShape, share: number): number {
  const operations = batch * share
  const bytes = operations * (OPERATION_HEAD_BYTES + String(workload.records).length + setBytes(workload))
  return Math.max(1, Math.ceil(operations / FRAME_OPS_MAX), Math.ceil(bytes / FRAME_BYTES_TARGET))
}

/** What sets add to the bytes of an operation, on average. */
function setBytes({ readShare, valueBytes }: PredictedWorkload): number {
  return (1 - readShare) * (compactSize(valueBytes) + valueBytes)
}

function addBytes(load: ShardLoad, { batch, workload, hasRepeats }: BatchShape, group: RankGroup, count: number): void {
  const { readShare, valueBytes } = workload
  const operations = batch * group.share * count
  const keyBytes = String(group.first + Math.floor(group.count / 2)).length
  const valueReplyBytes = STATUS_BYTES + compactSize(valueBytes) + valueBytes
  load.requestBytes += operations * (OPERATION_HEAD_BYTES + keyBytes + setBytes(workload))
  load.replyBytes += operations * (readShare * valueReplyBytes + (1 - readShare) * STATUS_BYTES)
  if (!hasRepeats) return
  const sections = load.frames
  const { share } = group
  const key = { operations: batch / sections, share, shardShare: Math.max(share, load.share), readShare }
  const repeats = expectedRepeats(key)
  // The server refers only where that is shorter.
  const nearSaved = Math.max(0, valueReplyBytes - NEAR_REFERENCE_BYTES)
  const farSaved = Math.max(0, valueReplyBytes - FAR_REFERENCE_BYTES)
  load.replyBytes -= count * sections * (repeats.near * nearSaved + (repeats.all - repeats.near) * farSaved)
}

function at(loads: readonly ShardLoad[], shard: number): ShardLoad {
  return loads[shard] as ShardLoad
}
