// A shard as its thread sees it: the engine that holds its records, the slots that it owns, and the slabs that its
// replies lie in.
//
// A shard that gains slots owns them at once and serves them later: until every previous owner has said that it gave
// them up they are pending, and no operation on them is executed. A shard that loses slots never serves them again; what
// it holds of them is discarded in slices.
//
//   invariants: pending slots are owned slots; a slot is owned again only when what was held of it is gone.

import { SlotSet } from '../cluster/slot-set.ts'
import type { Topology, TopologyShard } from '../cluster/topology.ts'
import type { Engine } from '../engine/index.ts'
import { assert } from '../util/assert.ts'
import { frameSlabsMax } from './limits.ts'
import { firstVersion } from './node-identity.ts'
import { SlabPool } from './slab-pool.ts'

/** Buckets of one step when a discard has to end before anything else goes on. */
const DISCARD_BUCKETS = 65_536

/** One shard of this thread. */
export class OwnedShard {
  readonly shard: number
  readonly engine: Engine
  readonly pool: SlabPool
  #view: number
  #slots: SlotSet
  #pending: SlotSet | undefined

  /** A shard over an engine without records, which may create those of `slots`; all of them are pending. */
  constructor(shard: number, view: number, engine: Engine, slots: SlotSet) {
    this.shard = shard
    this.engine = engine
    this.pool = new SlabPool(engine)
    this.#view = view
    this.#slots = slots
    this.#pending = slots.isEmpty ? undefined : slots
    assert(this.pool.slabCount >= frameSlabsMax(this.pool.slabBytes), 'the slabs of a shard hold the largest reply')
  }

  /** The shard's view, which a request must name. */
  get view(): number {
    return this.#view
  }

  /** Slots that may still have another owner; undefined when there is none. */
  get pending(): SlotSet | undefined {
    return this.#pending
  }

  /**
   * The shard has other slots from now on. Those that it did not have are pending; versions given out for them elsewhere
   * are not given out again.
   */
  adopt(view: number, slots: SlotSet, nowMs: number): void {
    const gained = slots.without(this.#slots)
    if (!gained.isEmpty) {
      this.#endDiscard()
      this.engine.raiseVersion(firstVersion(nowMs))
    }
    const pending = gained.union(this.#pending?.intersection(slots) ?? new SlotSet())
    this.#pending = pending.isEmpty ? undefined : pending
    this.#view = view
    this.#slots = slots
    this.engine.setOwnedSlots(slots.bytes)
  }

  /** Every previous owner has given up what was pending. */
  serve(): void {
    this.#pending = undefined
  }

  /** What an earlier ownership left must not come back with the next one. Rare: slots return within a second or two. */
  #endDiscard(): void {
    while (!this.engine.discardUnowned(DISCARD_BUCKETS)) {
      // Each step ends nearer to the end of the index.
    }
  }
}

/** Opens an engine without records that may create those of the slots. */
export type OpenEngine = (slots: SlotSet) => Engine

/** The shards of one thread, found by number. */
export class OwnedShards {
  readonly #nodeId: string
  readonly #thread: number
  readonly #open: OpenEngine
  readonly #nowMs: () => number
  #all: readonly OwnedShard[] = []
  #spare: OwnedShard | undefined
  /** By number, with holes. Numbers from clients only index it, so they cannot make it grow. */
  #byNumber: (OwnedShard | undefined)[] = []

  constructor(nodeId: string, thread: number, open: OpenEngine, nowMs: () => number) {
    this.#nodeId = nodeId
    this.#thread = thread
    this.#open = open
    this.#nowMs = nowMs
  }

  /** All of them; none when the topology gives this thread none. */
  get all(): readonly OwnedShard[] {
    return this.#all
  }

  /** Serves whatever no shard in particular is asked for. A thread without shards keeps one that nobody can name. */
  get first(): OwnedShard {
    const first = this.#all[0] ?? this.#spare
    assert(first !== undefined, 'a topology was adopted')
    return first
  }

  /** The shard of that number, undefined when another thread owns it. */
  find(shard: number): OwnedShard | undefined {
    return this.#byNumber[shard]
  }

  /** Owns from now on what the topology gives to this thread, and nothing else. Throws as the opening of engines does. */
  adopt(topology: Topology): void {
    const rows = topology.shards.filter(({ node, thread }) => node === this.#nodeId && thread === this.#thread)
    const all = rows.map((row) => this.#adopted(row))
    if (all.length === 0) this.#spare ??= new OwnedShard(-1, 0, this.#open(new SlotSet()), new SlotSet())
    this.#all = all
    this.#byNumber = []
    for (const owned of all) this.#byNumber[owned.shard] = owned
  }

  #adopted({ id, view, slots }: TopologyShard): OwnedShard {
    const set = SlotSet.of(slots)
    const held = this.find(id)
    if (held === undefined) return new OwnedShard(id, view, this.#open(set), set)
    held.adopt(view, set, this.#nowMs())
    return held
  }
}
