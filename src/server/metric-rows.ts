// Every metric, one row each: from it follow the text for Prometheus and the document.

import type { Readiness } from './admin-target.ts'
import { FRAME_TIME_PLACES_PER_DOUBLING } from './frame-times.ts'
import type { ShardStats, ThreadStats } from './thread-stats.ts'

/** What is known of a node beside its threads. */
export interface NodeFacts {
  /** Its id in the topology. */
  readonly node: string
  readonly version: string
  readonly uptimeMs: number
  readonly topologyNumber: number
  readonly readiness: Readiness
}

/** Values by the value of a row's own label. */
type LabelledValues = Readonly<Record<string, number>>

/** A metric of each subject: a node, a thread or a shard. */
export interface Row<Subject> {
  readonly name: string
  readonly type: 'counter' | 'gauge'
  readonly unit: string
  readonly help: string
  /** The label that tells the values of one subject apart; absent: it has one value. */
  readonly label?: string
  readonly read: (subject: Subject) => number | LabelledValues
}

/** A histogram of each subject, counted by itself. */
export interface HistogramRow<Subject> {
  readonly name: string
  readonly unit: string
  readonly help: string
  /** Ascending buckets, each with what no bucket before it has; what lies beyond the last one; the sum of all values. */
  readonly read: (subject: Subject) => {
    readonly buckets: readonly { readonly most: number; readonly count: number }[]
    readonly beyond: number
    readonly sum: number
  }
}

/** Hottest keys of a thread whose shares are told. */
const HOT_KEYS_TOLD_MAX = 8

const US_PER_SECOND = 1e6
const MS_PER_SECOND = 1_000
const NS_PER_SECOND = 1e9

/** Of the node itself. */
export const NODE_ROWS: readonly Row<NodeFacts>[] = [
  {
    name: 'sluice_build_info',
    type: 'gauge',
    unit: '1',
    label: 'version',
    help: 'Always 1; the label has the version of the server.',
    read: ({ version }) => ({ [version]: 1 }),
  },
  {
    name: 'sluice_uptime_seconds',
    type: 'gauge',
    unit: 'seconds',
    help: 'Time since the admin listener started, which a server opens as it starts.',
    read: ({ uptimeMs }) => uptimeMs / MS_PER_SECOND,
  },
  {
    name: 'sluice_topology_number',
    type: 'gauge',
    unit: '1',
    help: 'Number of the topology in force.',
    read: ({ topologyNumber }) => topologyNumber,
  },
  {
    name: 'sluice_ready',
    type: 'gauge',
    unit: '1',
    help: 'Whether all shards of the node serve: 1 or 0.',
    read: ({ readiness }) => (readiness.isReady ? 1 : 0),
  },
]

/** Of each of its threads. */
export const THREAD_ROWS: readonly Row<ThreadStats>[] = [
  {
    name: 'sluice_thread_cpu_seconds_total',
    type: 'counter',
    unit: 'seconds',
    help: 'Processor time of the shard thread; 0 where the system does not tell.',
    read: ({ threadCpuNs }) => threadCpuNs / NS_PER_SECOND,
  },
  {
    name: 'sluice_event_loop_delay_seconds',
    type: 'gauge',
    unit: 'seconds',
    label: 'quantile',
    help: 'How late timers of the shard thread fired in the last 15 seconds that ended; quantile 1 is the most.',
    read: ({ eventLoopDelay }): LabelledValues =>
      eventLoopDelay === null
        ? {}
        : {
            '0.5': eventLoopDelay.p50Ms / MS_PER_SECOND,
            '0.99': eventLoopDelay.p99Ms / MS_PER_SECOND,
            '1': eventLoopDelay.maxMs / MS_PER_SECOND,
          },
  },
  {
    name: 'sluice_hot_key_share',
    type: 'gauge',
    unit: '1',
    label: 'rank',
    help: 'Share of the recent operations that are on the hottest key, and the next ones; an estimate, at most this much.',
    // Which keys they are is no business of a metrics store; `/stats` has them.
    read: ({ hotKeys }): LabelledValues =>
      Object.fromEntries(hotKeys.slice(0, HOT_KEYS_TOLD_MAX).map(({ share }, place) => [String(place + 1), share])),
  },
  {
    name: 'sluice_frames_total',
    type: 'counter',
    unit: 'frames',
    help: 'Frames of any kind that were answered.',
    read: ({ frames }) => frames,
  },
  {
    name: 'sluice_received_bytes_total',
    type: 'counter',
    unit: 'bytes',
    help: 'Bytes received from clients.',
    read: ({ bytesIn }) => bytesIn,
  },
  {
    name: 'sluice_sent_bytes_total',
    type: 'counter',
    unit: 'bytes',
    help: 'Bytes sent to clients.',
    read: ({ bytesOut }) => bytesOut,
  },
  {
    name: 'sluice_held_bytes',
    type: 'gauge',
    unit: 'bytes',
    label: 'direction',
    help: 'Bytes received that are incomplete or wait to be executed, and bytes of replies that clients have not taken.',
    read: ({ inputBytesHeld, bytesHeld }) => ({ received: inputBytesHeld, sent: bytesHeld }),
  },
  {
    name: 'sluice_connections',
    type: 'gauge',
    unit: 'connections',
    help: 'Connections open now.',
    read: ({ connections }) => connections,
  },
  {
    name: 'sluice_connections_total',
    type: 'counter',
    unit: 'connections',
    label: 'outcome',
    help: 'Connections that were accepted or refused; failed are those closed for a fault of the peer.',
    read: ({ connectionsAccepted, connectionsRefused, connectionsFailed }) => ({
      accepted: connectionsAccepted,
      refused: connectionsRefused,
      failed: connectionsFailed,
    }),
  },
  {
    name: 'sluice_waiting_connections',
    type: 'gauge',
    unit: 'connections',
    label: 'line',
    help: 'Connections that wait: for reply slabs, for a place to receive a large frame, or, to forward one, for room in a mailbox or for earlier replies to be taken.',
    read: (stats) => ({
      slabs: stats.waitingForSlabs,
      large_frames: stats.waitingForLargeFrames,
      mailboxes: stats.waitingForMailboxes,
      forwarded_replies: stats.waitingForForwardedReplies,
    }),
  },
  {
    name: 'sluice_refused_connections_total',
    type: 'counter',
    unit: 'connections',
    label: 'reason',
    help: 'Connections that were refused, by the reason.',
    read: ({ refusals }) => ({
      wrong_password: refusals.wrongPassword,
      no_password: refusals.noPassword,
      remote_client: refusals.remoteClient,
      connections: refusals.connections,
      strangers: refusals.strangers,
      draining: refusals.draining,
      version: refusals.version,
      feature: refusals.feature,
      limits: refusals.limits,
    }),
  },
  {
    name: 'sluice_forwarded_frames_total',
    type: 'counter',
    unit: 'frames',
    help: 'Frames that other threads of the node had a part in.',
    read: ({ framesForwarded }) => framesForwarded,
  },
  {
    name: 'sluice_forwarded_runs_total',
    type: 'counter',
    unit: 'runs',
    label: 'direction',
    help: 'Runs of neighbouring sections of a frame that were sent to another thread of the node, or received and answered.',
    read: ({ runsForwarded, runsExecutedForSiblings }) => ({ sent: runsForwarded, received: runsExecutedForSiblings }),
  },
  {
    name: 'sluice_forwarded_operations_total',
    type: 'counter',
    unit: 'operations',
    label: 'direction',
    help: 'Operations that were sent to another thread of the node, or received and executed.',
    read: ({ operationsForwarded, operationsExecutedForSiblings }) => ({
      sent: operationsForwarded,
      received: operationsExecutedForSiblings,
    }),
  },
  {
    name: 'sluice_mailbox_bytes',
    type: 'gauge',
    unit: 'bytes',
    help: 'Bytes that were sent to other threads of the node and are not answered yet.',
    read: ({ mailboxBytes }) => mailboxBytes,
  },
  {
    name: 'sluice_forwarded_reply_bytes',
    type: 'gauge',
    unit: 'bytes',
    help: 'Bytes claimed for replies to forwarded frames, until clients have taken them.',
    read: ({ forwardedReplyBytes }) => forwardedReplyBytes,
  },
  {
    name: 'sluice_sections_refused_total',
    type: 'counter',
    unit: 'sections',
    help: 'Sections of which nothing was executed.',
    read: ({ sectionsRefused }) => sectionsRefused,
  },
  {
    name: 'sluice_sections_stopped_total',
    type: 'counter',
    unit: 'sections',
    help: 'Sections that met a limit or a slot of another shard.',
    read: ({ sectionsStopped }) => sectionsStopped,
  },
]

/** Of each of its threads, too. */
export const THREAD_HISTOGRAMS: readonly HistogramRow<ThreadStats>[] = [
  {
    name: 'sluice_section_operations',
    unit: 'operations',
    help: 'Operations executed of each section that was not refused.',
    read: ({ sectionSizes, operations }) => ({
      buckets: sectionSizes.map((count, place) => ({ most: 2 ** place, count })),
      beyond: 0,
      sum: operations,
    }),
  },
  {
    name: 'sluice_frame_duration_seconds',
    unit: 'seconds',
    help: 'Time from the read that brought the last of a frame to the write that takes its reply.',
    read: ({ frameTimes, frameTotalMs }) => ({
      ...byDoubling(frameTimes),
      sum: frameTotalMs / MS_PER_SECOND,
    }),
  },
]

/** Of each shard of a thread. */
export const SHARD_ROWS: readonly Row<ShardStats>[] = [
  {
    name: 'sluice_operations_total',
    type: 'counter',
    unit: 'operations',
    label: 'operation',
    help: 'Operations executed, by kind.',
    read: ({ gets, sets, deletes, exists, others }) => ({
      get: gets,
      set: sets,
      delete: deletes,
      exists,
      other: others,
    }),
  },
  {
    name: 'sluice_hits_total',
    type: 'counter',
    unit: 'operations',
    help: 'Gets that found a record.',
    read: ({ hits }) => hits,
  },
  {
    name: 'sluice_repeats_total',
    type: 'counter',
    unit: 'operations',
    help: 'Results answered by reference to an earlier one of the section.',
    read: ({ repeats }) => repeats,
  },
  {
    name: 'sluice_records',
    type: 'gauge',
    unit: 'records',
    help: 'Records held.',
    read: ({ records }) => records,
  },
  {
    name: 'sluice_key_bytes',
    type: 'gauge',
    unit: 'bytes',
    help: 'Bytes of all keys.',
    read: ({ keyBytes }) => keyBytes,
  },
  {
    name: 'sluice_value_bytes',
    type: 'gauge',
    unit: 'bytes',
    help: 'Bytes of all values.',
    read: ({ valueBytes }) => valueBytes,
  },
  {
    name: 'sluice_heap_bytes',
    type: 'gauge',
    unit: 'bytes',
    help: 'Bytes of index, records and free blocks: what is held against the memory limit.',
    read: ({ heapBytes }) => heapBytes,
  },
  {
    name: 'sluice_heap_used_bytes',
    type: 'gauge',
    unit: 'bytes',
    help: 'Bytes of these that are in use.',
    read: ({ heapUsedBytes }) => heapUsedBytes,
  },
  {
    name: 'sluice_memory_bytes',
    type: 'gauge',
    unit: 'bytes',
    help: 'Bytes of the engine\u2019s address space, buffers included; untouched pages of them take no physical memory.',
    read: ({ memoryBytes }) => memoryBytes,
  },
  {
    name: 'sluice_expired_records_total',
    type: 'counter',
    unit: 'records',
    help: 'Records removed because they had expired.',
    read: ({ expired }) => expired,
  },
  {
    name: 'sluice_evicted_records_total',
    type: 'counter',
    unit: 'records',
    help: 'Records removed to make room for others.',
    read: ({ evicted }) => evicted,
  },
  {
    name: 'sluice_discarded_records_total',
    type: 'counter',
    unit: 'records',
    help: 'Records removed because their slots moved away.',
    read: ({ discarded }) => discarded,
  },
  {
    name: 'sluice_pending_slots',
    type: 'gauge',
    unit: 'slots',
    help: 'Slots of the shard that it does not serve yet, since an earlier owner may, or old records of them are not discarded.',
    read: ({ slotsPending }) => slotsPending,
  },
  {
    name: 'sluice_free_slabs',
    type: 'gauge',
    unit: 'slabs',
    help: 'Reply slabs that are free.',
    read: ({ slabsFree }) => slabsFree,
  },
]

/** Frame times in buckets of a doubling each: as fine as they are counted would be four times as many series. */
function byDoubling(frameTimes: readonly number[]) {
  const buckets: { most: number; count: number }[] = []
  const last = frameTimes.length - 1
  for (let first = 0, end = 1; end <= last; first = end, end += FRAME_TIME_PLACES_PER_DOUBLING) {
    const count = frameTimes.slice(first, end).reduce((sum, frames) => sum + frames, 0)
    buckets.push({ most: 2 ** buckets.length / US_PER_SECOND, count })
  }
  return { buckets, beyond: frameTimes[last] ?? 0 }
}
