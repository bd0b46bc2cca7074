// A shard as its thread sees it: the engine that holds its records, the slots that it owns, and the slabs that its
// replies lie in.
//
// A shard that gains slots owns them at once and serves them later. They are pending, and no operation on them is
// executed, for two reasons:
//
//   unconfirmed   until every previous owner has said that it gave them up
//   returning     until what this shard itself held of them in an earlier ownership is gone
//
// A shard that loses slots never serves them again; what it holds of them is discarded in slices, by `maintain`, which
// needs no client to go on. No other slot waits for that, nor does a call: a topology that gives a slot back in the
// middle costs no more than one that does not.
//
//   invariants: pending slots are slots of the shard; its engine owns all of them but those that return.

import { SlotSet } from '../cluster/slot-set.ts'
import type { Topology, TopologyShard } from '../cluster/topology.ts'
import type { Engine } from '../engine/index.ts'
import { assert } from '../util/assert.ts'
import { frameSlabsMax } from './limits.ts'
import { firstVersion } from './node-identity.ts'
import { SlabPool } from './slab-pool.ts'

const NO_SLOTS = new SlotSet()

/** One shard of this thread. */
export class OwnedShard {
  readonly shard: number
  readonly engine: Engine
  readonly pool: SlabPool
  #view: number
  #slots: SlotSet
  #unconfirmed: SlotSet
  #returning = NO_SLOTS
  /** Both of these; undefined when there is none. */
  #pending: SlotSet | undefined

  /** A shard over an engine without records, which may create those of `slots`; all of them are pending. */
  constructor(shard: number, view: number, engine: Engine, slots: SlotSet) {
    this.shard = shard
    this.engine = engine
    this.pool = new SlabPool(engine)
    this.#view = view
    this.#slots = slots
    this.#unconfirmed = slots
    this.#notePending()
    assert(this.pool.slabCount >= frameSlabsMax(this.pool.slabBytes), 'the slabs of a shard hold the largest reply')
  }

  /** The shard's view, which a request must name. */
  get view(): number {
    return this.#view
  }

  /** Slots that may not be served yet; undefined when there is none. */
  get pending(): SlotSet | undefined {
    return this.#pending
  }

  /** The shard has other slots from now on. Those that it did not have are pending. */
  adopt(view: number, slots: SlotSet): void {
    const gained = slots.without(this.#slots)
    this.#unconfirmed = gained.union(this.#unconfirmed.intersection(slots))
    this.#view = view
    this.#slots = slots
    this.#takeBack()
  }

  /**
   * Every previous owner has given up what was not confirmed: only now all versions that they gave out are older than
   * `nowMs`, and none of them is given out again.
   */
  serve(nowMs: number): void {
    if (this.#unconfirmed.isEmpty) return
    this.engine.raiseVersion(firstVersion(nowMs))
    this.#unconfirmed = NO_SLOTS
    this.#notePending()
  }

  /** Whether `maintain` has something to do, now or later. */
  get needsMaintenance(): boolean {
    return this.engine.needsMaintenance || !this.#returning.isEmpty
  }

  /**
   * Gives back what has expired, was cleared or is in lost slots, as far as `buckets` buckets of the index go, and takes
   * slots back that lost records kept away. Bounded work.
   */
  maintain(nowMs: number, buckets: number): void {
    if (this.engine.needsMaintenance) {
      this.engine.discardUnowned(buckets)
      this.engine.maintain(nowMs, buckets)
    }
    // Frames discard as well, so the last record may have gone since the last slice.
    if (!this.#returning.isEmpty && !this.engine.isDiscarding) this.#takeBack()
  }

  /** The engine owns all slots of the shard from here on, but those of which it may hold records of an earlier ownership. */
  #takeBack(): void {
    this.#returning = this.#slots.intersection(new SlotSet(this.engine.lostSlots))
    this.engine.setOwnedSlots(this.#slots.without(this.#returning).bytes)
    this.#notePending()
  }

  #notePending(): void {
    const pending = this.#unconfirmed.union(this.#returning)
    this.#pending = pending.isEmpty ? undefined : pending
  }
}

/** Opens an engine without records that may create those of the slots. */
export type OpenEngine = (slots: SlotSet) => Engine

/** The shards of one thread, found by number. */
export class OwnedShards {
  readonly #nodeId: string
  readonly #thread: number
  readonly #open: OpenEngine
  #all: readonly OwnedShard[] = []
  #spare: OwnedShard | undefined
  /** By number, with holes. Numbers from clients only index it, so they cannot make it grow. */
  #byNumber: (OwnedShard | undefined)[] = []

  constructor(nodeId: string, thread: number, open: OpenEngine) {
    this.#nodeId = nodeId
    this.#thread = thread
    this.#open = open
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
    held.adopt(view, set)
    return held
  }
}
