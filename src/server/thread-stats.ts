// What one shard thread has done and holds, as plain numbers: the answer to the admin command `stats`, and what the
// metrics are made of.

import type { EventLoopDelay } from './event-loop-delay.ts'
import type { HotKey } from './hot-keys.ts'
import type { OwnedShard, OwnedShards } from './owned-shard.ts'
import type { RefusalCounts } from './refusals.ts'

/** Shards of a thread that are listed one by one, which bounds the answer; the sums are of all. */
const SHARD_STATS_MAX = 1_024

/** Counts what passes through a thread's connections. */
export class Traffic {
  frames = 0
  framesForwarded = 0
  runsForwarded = 0
  operationsForwarded = 0
  runsExecutedForSiblings = 0
  operationsExecutedForSiblings = 0
  bytesIn = 0
  bytesOut = 0
  connectionsAccepted = 0
  connectionsRefused = 0
  /** Connections closed for a fault of the peer. */
  connectionsFailed = 0
  /** Bytes that channels have not released, with WRITE_COST_BYTES for each write. */
  bytesHeld = 0
  /** Bytes that connections have received and are not done with. */
  inputBytesHeld = 0
}

/** What shards have done since they were opened, and hold: of one, or the sums of a thread's. */
export interface ShardFigures {
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
  /** Bytes of these that are in use. */
  readonly heapUsedBytes: number
  /** Records removed because they had expired. */
  readonly expired: number
  /** Records removed to make room for others. */
  readonly evicted: number
  /** Records removed because the slots that they were in moved away. */
  readonly discarded: number
  /** Bytes of the engines' memories, buffers included. */
  readonly memoryBytes: number
  /** Reply slabs that are free. */
  readonly slabsFree: number
}

/** One shard. */
export interface ShardStats extends ShardFigures {
  /** Its number in the topology. */
  readonly shard: number
  readonly view: number
  /** Slots that it owns and does not serve yet. */
  readonly slotsPending: number
}

/** Counters of one shard thread since it started, and present sizes; the figures of its shards are sums. */
export interface ThreadStats extends ShardFigures {
  /** The thread's number in its node. */
  readonly thread: number
  /** Numbers of the shards that it owns. */
  readonly shards: readonly number[]
  /** Each of them, the first 1,024 at most. */
  readonly shardStats: readonly ShardStats[]
  /** Frames of any kind that were answered. */
  readonly frames: number
  /** Frames that other threads of the node had a part in. */
  readonly framesForwarded: number
  /** Runs of sections that were sent to other threads of the node, and the operations in them. */
  readonly runsForwarded: number
  readonly operationsForwarded: number
  /** Runs of other threads of the node that were answered, and the operations of them that were executed. */
  readonly runsExecutedForSiblings: number
  readonly operationsExecutedForSiblings: number
  /** Bytes of runs that were sent to other threads of the node and are not answered yet. */
  readonly mailboxBytes: number
  /** Bytes that are claimed for replies to forwarded frames, until clients have taken them. */
  readonly forwardedReplyBytes: number
  /** Sections of which nothing was executed. */
  readonly sectionsRefused: number
  /** Sections that met a limit or a slot of another shard. */
  readonly sectionsStopped: number
  /**
   * Sections by the operations that were executed of them: place n has those of at most 2^n and more than 2^(n - 1),
   * place 0 those of one or none; 16 places.
   */
  readonly sectionSizes: readonly number[]
  /**
   * Answered frames by their time, from the read that brought the last of a frame to the write that takes its reply: place
   * n has those of at most 2^(n / 4) us and more than 2^((n - 1) / 4), the last place what took longer; 106 places.
   */
  readonly frameTimes: readonly number[]
  /** Milliseconds of all frames together. */
  readonly frameTotalMs: number
  readonly bytesIn: number
  readonly bytesOut: number
  /** Reply bytes that clients have not taken yet, with what each write costs beside them. */
  readonly bytesHeld: number
  /** Bytes of hellos and frames that are incomplete, wait, or are being forwarded. */
  readonly inputBytesHeld: number
  /** Connections open now. */
  readonly connections: number
  readonly connectionsAccepted: number
  readonly connectionsRefused: number
  /** The same by the reason. */
  readonly refusals: RefusalCounts
  /** Connections closed for a fault of the peer. */
  readonly connectionsFailed: number
  /** Connections whose frames wait for reply slabs. */
  readonly waitingForSlabs: number
  /** Connections that wait for a place to receive a large frame. */
  readonly waitingForLargeFrames: number
  /** Connections that wait for room in the mailbox of another thread of the node. */
  readonly waitingForMailboxes: number
  /** Connections whose frames wait to be forwarded, since clients have not taken earlier replies. */
  readonly waitingForForwardedReplies: number
  /** Processor time of the thread, nanoseconds; 0 where the system does not tell. */
  readonly threadCpuNs: number
  /** How late the thread's timers fire; null where nobody measures it. */
  readonly eventLoopDelay: EventLoopDelay | null
  /** The keys of its operations that come most, hottest first; 64 at most, from a sample. */
  readonly hotKeys: readonly HotKey[]
}

/** What the runtime adds to the counters of its engines and connections. */
export type RuntimeStats = Omit<ThreadStats, keyof ShardFigures | keyof Traffic | 'shards' | 'shardStats'>

/** Sums up the thread's shards. */
export function collectStats(owned: OwnedShards, traffic: Readonly<Traffic>, runtime: RuntimeStats): ThreadStats {
  const sums: Record<keyof ShardFigures, number> = { ...NO_FIGURES }
  const shardStats: ShardStats[] = []
  for (const each of owned.all) {
    const figures = figuresOf(each)
    for (const name of FIGURE_NAMES) sums[name] += figures[name]
    if (shardStats.length < SHARD_STATS_MAX) shardStats.push(shardStatsOf(each, figures))
  }
  return { ...runtime, ...traffic, ...sums, shards: owned.all.map(({ shard }) => shard), shardStats }
}

function shardStatsOf({ shard, view, pending }: OwnedShard, figures: ShardFigures): ShardStats {
  return { shard, view, slotsPending: pending?.size ?? 0, ...figures }
}

const NO_FIGURES: ShardFigures = {
  operations: 0,
  gets: 0,
  hits: 0,
  sets: 0,
  deletes: 0,
  exists: 0,
  others: 0,
  repeats: 0,
  records: 0,
  keyBytes: 0,
  valueBytes: 0,
  heapBytes: 0,
  heapUsedBytes: 0,
  expired: 0,
  evicted: 0,
  discarded: 0,
  memoryBytes: 0,
  slabsFree: 0,
}

const FIGURE_NAMES = Object.keys(NO_FIGURES) as (keyof ShardFigures)[]

function figuresOf({ engine, pool }: OwnedShard): ShardFigures {
  const stats = engine.stats()
  const { gets, hits, sets, deletes, exists, others, repeats, expired, evicted, discarded } = stats
  const { records, keyBytes, valueBytes, heapBytes, heapUsedBytes, memoryBytes } = stats
  return {
    operations: gets + sets + deletes + exists + others,
    ...{ gets, hits, sets, deletes, exists, others, repeats, expired, evicted, discarded },
    ...{ records, keyBytes, valueBytes, heapBytes, heapUsedBytes, memoryBytes },
    slabsFree: pool.freeCount,
  }
}
