// A shard as its thread sees it: the engine that holds its records, and the slabs that its replies lie in.

import type { Engine } from '../engine/index.ts'
import { assert } from '../util/assert.ts'
import { SlabPool } from './slab-pool.ts'

/** A shard and its engine, as a runtime is given them. */
export interface ShardEngine {
  /** The shard's number in the topology. */
  readonly shard: number
  readonly engine: Engine
}

/** One shard of this thread. */
export class OwnedShard {
  readonly shard: number
  /** The shard's view, which a request must name. */
  readonly view: number
  readonly engine: Engine
  readonly pool: SlabPool

  constructor(shard: number, view: number, engine: Engine) {
    this.shard = shard
    this.view = view
    this.engine = engine
    this.pool = new SlabPool(engine)
  }
}

/** The shards of one thread, found by number. */
export class OwnedShards {
  readonly all: readonly OwnedShard[]
  /** Serves whatever no shard in particular is asked for. */
  readonly first: OwnedShard
  /** By number, with holes. Numbers from clients only index it, so they cannot make it grow. */
  readonly #byNumber: (OwnedShard | undefined)[] = []

  constructor(all: readonly OwnedShard[]) {
    const first = all[0]
    assert(first !== undefined, 'a thread owns at least one shard')
    this.all = all
    this.first = first
    for (const owned of all) this.#byNumber[owned.shard] = owned
  }

  /** The shard of that number, undefined when another thread owns it. */
  find(shard: number): OwnedShard | undefined {
    return this.#byNumber[shard]
  }
}
