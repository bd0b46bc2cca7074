// A shard whose slots are taken away and come back, also while what it held of them is still being discarded.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { executeAll, openTestEngine, type TestOperation } from '../../test/support/engine-harness.ts'
import { keyOf } from '../../test/support/engine-model.ts'
import { ManualClock } from '../../test/support/manual-clock.ts'
import { slotOfString } from '../cluster/slot.ts'
import { SlotSet } from '../cluster/slot-set.ts'
import { STATUS_MISSING, STATUS_VALUE } from '../protocol/codes.ts'
import { type Random, seededRandom } from '../util/random.ts'
import { Maintenance } from './maintenance.ts'
import { firstVersion } from './node-identity.ts'
import { OwnedShard } from './owned-shard.ts'

const ALL = SlotSet.of([[0, 16_383]])
const LOW = SlotSet.of([[0, 8_191]])
const LOWEST = SlotSet.of([[0, 4_095]])
const HIGH = ALL.without(LOW)
const NOW_MS = 1_700_000_000_000
const RECORDS = 100_000
/** Buckets of one slice: few, so that a lap takes many. */
const SLICE_BUCKETS = 64
/** Records that one call may look at beyond those of the buckets that it was told: those of the largest segment. */
const SEGMENT_RECORDS_MAX = 256 * 12
const BUCKET_RECORDS_MAX = 12

function openShard(slots: SlotSet): OwnedShard {
  const shard = new OwnedShard(0, 1, openTestEngine({ ownedSlots: slots.bytes }), slots)
  shard.serve(NOW_MS)
  return shard
}

function sets(count: number): TestOperation[] {
  return Array.from({ length: count }, (_, index) => ({ kind: 'set', key: `key:${index}`, value: 'old' }))
}

/** A shard with records in all slots, of which it loses the upper half. */
function shardWithLosses(): { shard: OwnedShard; heldOfLost: number } {
  const shard = openShard(ALL)
  executeAll(shard.engine, sets(RECORDS))
  shard.adopt(2, LOW)
  const heldOfLost = sets(RECORDS).filter(({ key }) => HIGH.has(slotOfString(String(key)))).length
  return { shard, heldOfLost }
}

function statusOf(shard: OwnedShard, key: string): number | undefined {
  return executeAll(shard.engine, [{ kind: 'get', key }]).results[0]?.status
}

describe('a slot that comes back while its records are discarded', () => {
  it('costs no call more than a slice, is pending until the lap ends, and starts empty', () => {
    const { shard, heldOfLost } = shardWithLosses()
    const { engine } = shard
    shard.maintain(NOW_MS, SLICE_BUCKETS)
    const begun = engine.stats()
    shard.adopt(3, ALL)
    expect(engine.stats()).toMatchObject({ discarded: begun.discarded, entriesVisited: begun.entriesVisited })
    shard.serve(NOW_MS)
    expect(shard.pending?.equals(HIGH)).toBe(true)
    for (let slices = 0; shard.pending !== undefined; slices++) {
      expect(slices).toBeLessThan(10_000)
      const before = engine.stats().discarded
      shard.maintain(NOW_MS, SLICE_BUCKETS)
      // A slice is two calls of the engine.
      const most = 2 * (SLICE_BUCKETS * BUCKET_RECORDS_MAX + SEGMENT_RECORDS_MAX)
      expect(engine.stats().discarded - before).toBeLessThanOrEqual(most)
    }
    expect(engine.stats()).toMatchObject({ discarded: heldOfLost, records: RECORDS - heldOfLost })
    for (const { key } of sets(1_000)) {
      const isKept = LOW.has(slotOfString(String(key)))
      expect(statusOf(shard, String(key))).toBe(isKept ? STATUS_VALUE : STATUS_MISSING)
    }
    executeAll(engine, sets(1_000))
    for (const { key } of sets(1_000)) expect(statusOf(shard, String(key))).toBe(STATUS_VALUE)
    expect(shard.needsMaintenance).toBe(false)
    engine.checkInvariants()
  })

  it('makes no other slot wait', () => {
    const shard = openShard(LOW)
    executeAll(
      shard.engine,
      sets(RECORDS).filter(({ key }) => LOW.has(slotOfString(String(key)))),
    )
    shard.adopt(2, LOWEST)
    shard.adopt(3, ALL)
    expect(shard.pending?.equals(ALL.without(LOWEST))).toBe(true)
    shard.serve(NOW_MS)
    expect(shard.pending?.equals(LOW.without(LOWEST))).toBe(true)
    // The engine takes new records of those that were never lost.
    const fresh = sets(1_000).filter(({ key }) => HIGH.has(slotOfString(String(key))))
    executeAll(shard.engine, fresh)
    for (const { key } of fresh) expect(statusOf(shard, String(key))).toBe(STATUS_VALUE)
  })

  it('stays pending for its previous owner when the lap ends first', () => {
    const { shard } = shardWithLosses()
    shard.adopt(3, ALL)
    while (shard.needsMaintenance) shard.maintain(NOW_MS, SLICE_BUCKETS)
    expect(shard.pending?.equals(HIGH)).toBe(true)
    shard.serve(NOW_MS)
    expect(shard.pending).toBeUndefined()
  })

  it('is given up again at once when it is lost again', () => {
    const { shard, heldOfLost } = shardWithLosses()
    shard.adopt(3, ALL)
    shard.serve(NOW_MS)
    shard.adopt(4, LOW)
    expect(shard.pending).toBeUndefined()
    while (shard.needsMaintenance) shard.maintain(NOW_MS, SLICE_BUCKETS)
    expect(shard.engine.stats().discarded).toBe(heldOfLost)
  })

  it.each(['nobody asks for anything', 'frames end the lap'])('is served by itself when %s', (what) => {
    const { shard } = shardWithLosses()
    const clock = new ManualClock()
    const maintenance = new Maintenance({ all: [shard] }, clock)
    shard.adopt(3, ALL)
    shard.serve(NOW_MS)
    if (what === 'frames end the lap') while (!shard.engine.discardUnowned(1_000));
    maintenance.wake()
    expect(shard.pending).toBeDefined()
    clock.advance(5_000)
    expect(shard.pending).toBeUndefined()
    expect(clock.timerCount).toBe(0)
  })
})

it('a gained slot is served with versions that begin when its previous owner has given it up', () => {
  const shard = openShard(LOW)
  shard.adopt(2, ALL)
  const [key] = sets(100)
    .map((operation) => String(operation.key))
    .filter((each) => HIGH.has(slotOfString(each)))
  // Until then it may have written, later than this shard adopted the topology.
  const givenUpMs = NOW_MS + 60_000
  shard.serve(givenUpMs)
  executeAll(shard.engine, [{ kind: 'set', key: key ?? '', value: 'v' }])
  expect(shard.engine.stats().version).toBeGreaterThan(firstVersion(givenUpMs))
})

/** A shard beside a Map of what it has to show. */
class ModelledShard {
  readonly seen = { reads: 0, wipes: 0, returnsDuringLaps: 0, refused: 0 }
  readonly #random: Random
  readonly #shard = openShard(ALL)
  readonly #records = new Map<string, string>()
  #slots = ALL
  #view = 1
  #writes = 0

  constructor(random: Random) {
    this.#random = random
  }

  step(): void {
    const choice = this.#random.nextBelow(10)
    if (choice < 4) this.#write()
    else if (choice < 6) this.#adopt()
    else if (choice === 6) this.#shard.serve(NOW_MS)
    else this.#shard.maintain(NOW_MS, [1, 8, 64][this.#random.nextBelow(3)] as number)
  }

  /** Reads every key that may be read. */
  check(): void {
    const keys = Array.from({ length: KEY_COUNT }, (_, index) => `key:${index}`).filter((key) => this.#isServed(key))
    const { results } = executeAll(
      this.#shard.engine,
      keys.map((key) => ({ kind: 'get', key })),
    )
    for (const [index, key] of keys.entries()) {
      const value = results[index]?.status === STATUS_VALUE ? keyOf(results[index]?.value) : undefined
      if (value !== this.#records.get(key)) throw new Error(`${key} has ${value}, not ${this.#records.get(key)}`)
    }
    this.seen.reads += keys.length
  }

  finish(): void {
    this.#shard.serve(NOW_MS)
    for (let slices = 0; this.#shard.needsMaintenance; slices++) {
      if (slices > 10_000) throw new Error('maintenance does not end')
      this.#shard.maintain(NOW_MS, SLICE_BUCKETS)
    }
    if (this.#shard.pending !== undefined) throw new Error('a slot is pending for nothing')
    this.check()
    this.#shard.engine.checkInvariants()
    const { records } = this.#shard.engine.stats()
    if (records !== this.#records.size) throw new Error(`${records} records are held, not ${this.#records.size}`)
  }

  #write(): void {
    const operations: TestOperation[] = []
    for (let count = this.#random.nextBelow(2_000); count > 0; count--) {
      const key = `key:${this.#random.nextBelow(KEY_COUNT)}`
      if (!this.#isServed(key)) {
        this.seen.refused++
        continue
      }
      const value = `${++this.#writes}`
      operations.push({ kind: 'set', key, value })
      this.#records.set(key, value)
    }
    executeAll(this.#shard.engine, operations)
  }

  #adopt(): void {
    const first = this.#random.nextBelow(16_384)
    const range = SlotSet.of([[first, Math.min(16_383, first + this.#random.nextBelow(10_000))]])
    const slots = this.#random.nextBelow(2) === 0 ? this.#slots.union(range) : this.#slots.without(range)
    const returning = slots.without(this.#slots).intersection(new SlotSet(this.#shard.engine.lostSlots))
    if (!returning.isEmpty) this.seen.returnsDuringLaps++
    this.#shard.adopt(++this.#view, slots)
    this.#slots = slots
    for (const key of this.#records.keys()) {
      if (slots.has(slotOfString(key))) continue
      this.#records.delete(key)
      this.seen.wipes++
    }
  }

  #isServed(key: string): boolean {
    const slot = slotOfString(key)
    return this.#slots.has(slot) && this.#shard.pending?.has(slot) !== true
  }
}

const KEY_COUNT = 3_000

it('never shows a value of an earlier ownership, whatever comes and goes', () => {
  const seen = { reads: 0, wipes: 0, returnsDuringLaps: 0, refused: 0 }
  const property = fc.property(fc.nat(), (seed) => {
    const shard = new ModelledShard(seededRandom(seed))
    for (let at = 0; at < 40; at++) {
      shard.step()
      shard.check()
    }
    shard.finish()
    for (const name of Object.keys(seen) as (keyof typeof seen)[]) seen[name] += shard.seen[name]
  })
  fc.assert(property, { numRuns: 25, interruptAfterTimeLimit: 60_000 })
  for (const [name, count] of Object.entries(seen)) expect(count, name).toBeGreaterThan(0)
})
