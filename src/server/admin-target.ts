// What the admin listener needs of a server.

import type { Topology } from '../cluster/topology.ts'
import type { ThreadStats } from './thread-stats.ts'

/** Whether all shards of a node serve. */
export interface Readiness {
  readonly isReady: boolean
  /** Why not, in words for an operator; empty when it is ready. */
  readonly reasons: readonly string[]
}

/** A server, as the admin listener sees it; the one of `startServer` is one. */
export interface AdminTarget {
  /** The topology in force. */
  readonly topology: Topology
  /** Counters of each shard thread. Rejects when one of them cannot answer. */
  stats(): Promise<ThreadStats[]>
  readiness(): Readiness
  /**
   * Reads the topology file again and puts it in force; `force` serves gained slots without their previous owners'
   * answers. Rejects with INVALID_ARGUMENT for a topology that cannot follow. Absent: the server has no file.
   */
  reloadTopology?(options: { readonly force: boolean }): Promise<Topology>
}
