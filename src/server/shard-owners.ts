// Which thread of this node owns a shard, so that what arrives at another thread can be sent on.

import type { Topology } from '../cluster/topology.ts'

/** The shards of one node, as one of its threads sees them. */
export class ShardOwners {
  readonly #nodeId: string
  readonly #thread: number
  /** By shard, with holes. Numbers from clients only index it, so they cannot make it grow. */
  #siblings: (number | undefined)[] = []

  /** There are none before the first `replace`. */
  constructor(nodeId: string, thread: number) {
    this.#nodeId = nodeId
    this.#thread = thread
  }

  /** The other thread of this node that owns the shard; undefined when it is this one, or none. */
  siblingOf(shard: number): number | undefined {
    return this.#siblings[shard]
  }

  /** Goes by another topology from now on. */
  replace(topology: Topology): void {
    this.#siblings = []
    for (const { id, node, thread } of topology.shards) {
      if (node === this.#nodeId && thread !== this.#thread) this.#siblings[id] = thread
    }
  }
}
