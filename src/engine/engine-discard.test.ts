// A shard that loses slots: their records go, all others stay, whatever the table does meanwhile.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeEffects } from '../../test/support/effects.ts'
import { executeAll, executeSection, openTestEngine, type TestOperation } from '../../test/support/engine-harness.ts'
import { readPage } from '../../test/support/engine-oracle.ts'
import { slotOfString } from '../cluster/slot.ts'
import { SlotSet } from '../cluster/slot-set.ts'
import { STATUS_MISSING, STATUS_VALUE } from '../protocol/codes.ts'
import { SCAN_KEYS_MAX } from '../protocol/limits.ts'
import { seededRandom } from '../util/random.ts'
import { REMOVED_BY_DISCARD } from './assembly/outcomes.ts'
import type { Engine } from './index.ts'

const ALL = SlotSet.of([[0, 16_383]])
const LOWER_HALF = SlotSet.of([[0, 8_191]])

function sets(keys: readonly string[]): TestOperation[] {
  return keys.map((key) => ({ kind: 'set', key, value: `value of ${key}` }))
}

function names(count: number, prefix = 'key'): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}:${index}`)
}

function scanAll(engine: Engine): string[] {
  const keys: string[] = []
  let cursor = 0n
  do {
    const { results } = executeSection(engine, [{ kind: 'scan', cursor, count: SCAN_KEYS_MAX }])
    const page = readPage(results[0]?.value ?? new Uint8Array(0))
    keys.push(...page.keys)
    cursor = page.cursor
  } while (cursor !== 0n)
  return keys.sort()
}

/** Discards in slices of so many buckets; returns how many it took. */
function discardAll(engine: Engine, buckets: number): number {
  let slices = 0
  for (; engine.isDiscarding; slices++) {
    if (slices > 100_000) throw new Error('the discard does not end')
    engine.maintain(1, buckets)
  }
  return slices
}

describe('setOwnedSlots', () => {
  it('shows no record of a lost slot to scans from the next operation on', () => {
    const engine = openTestEngine()
    const keys = names(5_000)
    executeAll(engine, sets(keys))
    engine.setOwnedSlots(LOWER_HALF.bytes)
    expect(engine.isDiscarding).toBe(true)
    expect(engine.needsMaintenance).toBe(true)
    expect(scanAll(engine)).toEqual(keys.filter((key) => LOWER_HALF.has(slotOfString(key))).sort())
    for (let draw = 0; draw < 100; draw++) {
      const [result] = executeSection(engine, [{ kind: 'random-key' }]).results
      const key = Buffer.from(result?.value ?? []).toString()
      expect(LOWER_HALF.has(slotOfString(key))).toBe(true)
    }
  })

  it('gives the memory of lost slots back in slices, and keeps the rest', () => {
    const engine = openTestEngine()
    const keys = names(20_000)
    executeAll(engine, sets(keys))
    const full = engine.stats()
    engine.setOwnedSlots(LOWER_HALF.bytes)
    expect(discardAll(engine, 16)).toBeGreaterThan(50)
    engine.checkInvariants()
    const kept = keys.filter((key) => LOWER_HALF.has(slotOfString(key)))
    const { records, discarded, heapUsedBytes } = engine.stats()
    expect({ records, discarded }).toEqual({ records: kept.length, discarded: keys.length - kept.length })
    expect(heapUsedBytes).toBeLessThan(full.heapUsedBytes * 0.65)
    const { results } = executeAll(
      engine,
      kept.map((key) => ({ kind: 'get', key })),
    )
    expect(results.every(({ status }) => status === STATUS_VALUE)).toBe(true)
    expect(engine.needsMaintenance).toBe(false)
  })

  it('does nothing when nothing is lost, or nothing is there', () => {
    const engine = openTestEngine({ ownedSlots: LOWER_HALF.bytes })
    engine.setOwnedSlots(ALL.bytes)
    expect(engine.isDiscarding).toBe(false)
    engine.setOwnedSlots(LOWER_HALF.bytes)
    expect(engine.isDiscarding).toBe(false)
  })

  it('owns a slot again only when what it held of it is gone', () => {
    const engine = openTestEngine()
    executeAll(engine, sets(names(2_000)))
    engine.setOwnedSlots(LOWER_HALF.bytes)
    expect(() => engine.setOwnedSlots(ALL.bytes)).toThrow('gone before it is owned again')
    discardAll(engine, 64)
    engine.setOwnedSlots(ALL.bytes)
    const lost = names(2_000).filter((key) => !LOWER_HALF.has(slotOfString(key)))
    const { results } = executeAll(
      engine,
      lost.map((key) => ({ kind: 'get', key })),
    )
    expect(results.every(({ status }) => status === STATUS_MISSING)).toBe(true)
  })

  it('emits what it discards', () => {
    const engine = openTestEngine({ effects: true })
    const copy = openTestEngine({ effects: true })
    copy.applyEffects(executeAll(engine, sets(names(3_000))).effects, 1)
    engine.setOwnedSlots(LOWER_HALF.bytes)
    discardAll(engine, 512)
    const { bytes } = engine.effects()
    const removed = decodeEffects(bytes)
    expect(removed.length).toBe(engine.stats().discarded)
    expect(removed.every(({ reason }) => reason === REMOVED_BY_DISCARD)).toBe(true)
    copy.applyEffects(bytes.slice(), 1)
    expect(copy.digest()).toBe(engine.digest())
  })

  it('discards exactly the lost records while others are written and deleted', () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const random = seededRandom(seed)
        const engine = openTestEngine({ secret: new Uint8Array(32).fill(seed & 0xff, 0, 31) })
        const model = new Map<string, string>()
        let owned = ALL
        for (let round = 0; round < 4; round++) {
          write(engine, model, owned, random.nextBelow(4_000), random)
          const first = random.nextBelow(16_384)
          owned = ALL.without(SlotSet.of([[first, Math.min(16_383, first + random.nextBelow(12_000))]]))
          engine.setOwnedSlots(owned.bytes)
          for (const key of [...model.keys()]) if (!owned.has(slotOfString(key))) model.delete(key)
          while (engine.isDiscarding) {
            engine.maintain(1, 1 + random.nextBelow(64))
            write(engine, model, owned, random.nextBelow(40), random)
          }
          engine.checkInvariants()
          expect(engine.stats().records).toBe(model.size)
          expect(scanAll(engine)).toEqual([...model.keys()].sort())
          engine.setOwnedSlots(ALL.bytes)
          owned = ALL
        }
      }),
      { numRuns: 15 },
    )
  })
})

/** Writes and deletes keys of owned slots; tags keep many of them in few slots. */
function write(
  engine: Engine,
  model: Map<string, string>,
  owned: SlotSet,
  count: number,
  random: ReturnType<typeof seededRandom>,
): void {
  const operations: TestOperation[] = []
  for (let left = count; left > 0; left--) {
    const tag = random.nextBelow(3) === 0 ? `{tag${random.nextBelow(20)}}` : ''
    const key = `${tag}${random.nextBelow(6_000)}`
    if (!owned.has(slotOfString(key))) continue
    if (random.nextBelow(4) === 0) {
      operations.push({ kind: 'delete', key })
      model.delete(key)
    } else {
      operations.push({ kind: 'set', key, value: `${left}` })
      model.set(key, `${left}`)
    }
  }
  if (operations.length > 0) executeAll(engine, operations)
}
