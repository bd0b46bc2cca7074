// What one shard thread has done and holds, as plain numbers: the answer to the admin command `stats`.

import type { OwnedShards } from './owned-shard.ts'

/** Counts what passes through a thread's connections. */
export class Traffic {
  frames = 0
  framesForwarded = 0
  bytesIn = 0
  bytesOut = 0
  connectionsAccepted = 0
  connectionsRefused = 0
  /** Connections closed for a fault of the peer. */
  connectionsFailed = 0
  /** Bytes that channels have not released, with WRITE_COST_BYTES for each write. */
  bytesHeld = 0
}

/** Counters of one shard thread since it started, and present sizes. */
export interface ThreadStats {
  /** The thread's number in its node. */
  readonly thread: number
  /** Numbers of the shards that it owns. */
  readonly shards: readonly number[]
  /** Operations executed. */
  readonly operations: number
  readonly gets: number
  /** Gets that found a record. */
  readonly hits: number
  readonly sets: number
  readonly deletes: number
  readonly exists: number
  /** Operations of all other kinds. */
  readonly others: number
  /** Results answered by reference to an earlier one. */
  readonly repeats: number
  readonly records: number
  readonly keyBytes: number
  readonly valueBytes: number
  /** Bytes of index, records and free blocks: what is held against the memory limit. */
  readonly heapBytes: number
  /** Records removed because they had expired. */
  readonly expired: number
  /** Records removed to make room for others. */
  readonly evicted: number
  /** Bytes of the engines' memories, buffers included. */
  readonly memoryBytes: number
  /** Frames of any kind that were answered. */
  readonly frames: number
  /** Frames that other threads of the node had a part in. */
  readonly framesForwarded: number
  /** Sections of which nothing was executed. */
  readonly sectionsRefused: number
  /** Sections that met a limit or a slot of another shard. */
  readonly sectionsStopped: number
  readonly bytesIn: number
  readonly bytesOut: number
  /** Reply bytes that clients have not taken yet, with what each write costs beside them. */
  readonly bytesHeld: number
  /** Connections open now. */
  readonly connections: number
  readonly connectionsAccepted: number
  readonly connectionsRefused: number
  /** Connections closed for a fault of the peer. */
  readonly connectionsFailed: number
  /** Reply slabs that are free, of all shards. */
  readonly slabsFree: number
  /** Processor time of the thread, nanoseconds; 0 where the system does not tell. */
  readonly threadCpuNs: number
}

/** What the runtime adds to the counters of its engines. */
export type RuntimeStats = Pick<
  ThreadStats,
  'thread' | 'connections' | 'sectionsRefused' | 'sectionsStopped' | 'threadCpuNs'
>

/** Sums up the thread's engines. */
export function collectStats(owned: OwnedShards, traffic: Readonly<Traffic>, runtime: RuntimeStats): ThreadStats {
  const totals = { gets: 0, hits: 0, sets: 0, deletes: 0, exists: 0, others: 0, repeats: 0, expired: 0, evicted: 0 }
  const sizes = { records: 0, keyBytes: 0, valueBytes: 0, heapBytes: 0, memoryBytes: 0, slabsFree: 0 }
  for (const { engine, pool } of owned.all) {
    const stats = engine.stats()
    totals.gets += stats.gets
    totals.hits += stats.hits
    totals.sets += stats.sets
    totals.deletes += stats.deletes
    totals.exists += stats.exists
    totals.others += stats.others
    totals.expired += stats.expired
    totals.evicted += stats.evicted
    totals.repeats += stats.repeats
    sizes.records += stats.records
    sizes.keyBytes += stats.keyBytes
    sizes.valueBytes += stats.valueBytes
    sizes.heapBytes += stats.heapBytes
    sizes.memoryBytes += stats.memoryBytes
    sizes.slabsFree += pool.freeCount
  }
  const operations = totals.gets + totals.sets + totals.deletes + totals.exists + totals.others
  return { ...runtime, ...traffic, ...totals, ...sizes, operations, shards: owned.all.map(({ shard }) => shard) }
}
