// Slots that are taken away: their records are shown by nothing that lists keys from that moment on, go bit by bit, each
// with an effect, and give their memory back; all others stay, whatever happens meanwhile.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeEffects } from '../../test/support/effects.ts'
import {
  executeAll,
  executeSection,
  openTestEngine,
  type TestOperation,
  takeEffects,
} from '../../test/support/engine-harness.ts'
import { keyOf } from '../../test/support/engine-model.ts'
import { readPage } from '../../test/support/engine-oracle.ts'
import { SlotShard } from '../../test/support/slot-shard.ts'
import { SLOT_COUNT, slotOfString } from '../cluster/slot.ts'
import { STATUS_MISSING, STATUS_NO_MEMORY, STATUS_OK, STATUS_VALUE } from '../protocol/codes.ts'
import { KEY_BYTES_MAX, SCAN_KEYS_MAX } from '../protocol/limits.ts'
import { AssertionError } from '../util/assert.ts'
import { type Random, seededRandom } from '../util/random.ts'
import { REMOVED_BY_DISCARD } from './assembly/outcomes.ts'
import { type Engine, WRONG_SLOT } from './index.ts'

const MIB = 1024 * 1024
const NO_SLOTS = new Uint8Array(SLOT_COUNT / 8)
/** Buckets of the largest segment: so many at the most are looked at beyond those that were asked for. */
const SEGMENT_BUCKETS_MAX = 256
const BUCKET_ENTRIES = 12

/** A bitmap of the slots that `owns` names. */
function bitmapOf(owns: (slot: number) => boolean): Uint8Array {
  const bitmap = new Uint8Array(SLOT_COUNT / 8)
  for (let slot = 0; slot < SLOT_COUNT; slot++) {
    if (owns(slot)) bitmap[slot >> 3] = (bitmap[slot >> 3] ?? 0) | (1 << (slot & 7))
  }
  return bitmap
}

const EVEN_SLOTS = bitmapOf((slot) => slot % 2 === 0)
const isEven = (key: string): boolean => slotOfString(key) % 2 === 0

/** Sets of keys that are all equally long. */
function sets(count: number, valueBytes = 20, prefix = 'key'): TestOperation[] {
  const value = 'v'.repeat(valueBytes)
  return Array.from({ length: count }, (_, index) => ({ kind: 'set', key: `${prefix}:${index}`.padStart(12), value }))
}

function keysOf(operations: readonly TestOperation[]): string[] {
  return operations.map(({ key }) => String(key))
}

function discardAll(engine: Engine, buckets = 1_000): void {
  for (let calls = 0; !engine.discardUnowned(buckets); calls++) {
    if (calls > 100_000) throw new Error('the lap does not end')
    engine.clearEffects()
  }
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
  return keys
}

/** Writes until memory is exhausted; returns the keys that are there. */
function fill(engine: Engine, valueBytes: number): string[] {
  const keys: string[] = []
  for (let round = 0; ; round++) {
    const operations = sets(500, valueBytes, `${round}`)
    const { results } = executeAll(engine, operations)
    keys.push(...keysOf(operations).filter((_, index) => results[index]?.status === STATUS_OK))
    if (results.some(({ status }) => status === STATUS_NO_MEMORY)) return keys
  }
}

describe('a shard that loses and gains slots', () => {
  /** One thing that happens to it. */
  function step(shard: SlotShard, random: Random): void {
    const choice = random.nextBelow(12)
    if (choice < 4) shard.write(random.nextBelow(400))
    else if (choice === 4) shard.write(4_000)
    else if (choice === 5) shard.deleteMost()
    else if (choice === 6) shard.take([0.001, 0.3, 0.9, 1][random.nextBelow(4)] as number)
    else if (choice === 7) shard.giveBack([0.5, 1][random.nextBelow(2)] as number)
    else if (choice < 10) shard.discard([0, 1, 7, 40, 1_000][random.nextBelow(5)] as number)
    else if (choice === 10) shard.maintain(random.nextBelow(100), [1, 1_000, 400_000][random.nextBelow(3)] as number)
    else shard.clear()
  }

  it('shows, keeps and removes what a Map says, and tells a follower', () => {
    const seen = { discarded: 0, expired: 0, laps: 0, gainedDuringLaps: 0 }
    const property = fc.property(fc.nat(), (seed) => {
      const random = seededRandom(seed)
      const shard = new SlotShard(random)
      for (let at = 0; at < 40; at++) {
        step(shard, random)
        shard.check()
      }
      shard.finish()
      seen.discarded += shard.seen.discarded
      seen.expired += shard.seen.expired
      seen.laps += shard.seen.laps
      seen.gainedDuringLaps += shard.seen.gainedDuringLaps
    })
    fc.assert(property, { numRuns: 25, interruptAfterTimeLimit: 60_000 })
    for (const [name, count] of Object.entries(seen)) expect(count, name).toBeGreaterThan(0)
  })
})

describe('a slot that is taken away', () => {
  it('is hidden from scans and random keys at once, and refuses new records', () => {
    const engine = openTestEngine()
    const operations = sets(5_000)
    executeAll(engine, operations)
    engine.setOwnedSlots(EVEN_SLOTS)
    const owned = keysOf(operations).filter(isEven)
    expect(scanAll(engine).sort()).toEqual([...owned].sort())
    for (let draw = 0; draw < 200; draw++) {
      const key = keyOf(executeSection(engine, [{ kind: 'random-key' }]).results[0]?.value)
      expect(isEven(key)).toBe(true)
    }
    const refused = sets(100, 1, 'new').find(({ key }) => !isEven(String(key)))
    expect(executeSection(engine, [refused as TestOperation]).outcome).toBe(WRONG_SLOT)
    // They are counted until they are gone.
    expect(engine.stats().records).toBe(5_000)
    discardAll(engine)
    expect(engine.stats()).toMatchObject({ records: owned.length, discarded: 5_000 - owned.length })
  })

  it('leaves no random key when it was the last one', () => {
    const engine = openTestEngine()
    executeAll(engine, sets(300))
    engine.setOwnedSlots(NO_SLOTS)
    expect(executeSection(engine, [{ kind: 'random-key' }]).results[0]?.status).toBe(STATUS_MISSING)
    expect(scanAll(engine)).toEqual([])
  })

  it('may be owned again only when its records are gone', () => {
    const engine = openTestEngine()
    executeAll(engine, sets(3_000))
    engine.setOwnedSlots(EVEN_SLOTS)
    const all = bitmapOf(() => true)
    expect(() => engine.setOwnedSlots(all)).toThrow(AssertionError)
    expect(engine.discardUnowned(1)).toBe(false)
    expect(() => engine.setOwnedSlots(all)).toThrow(AssertionError)
    expect(engine.lostSlots).toEqual(bitmapOf((slot) => slot % 2 === 1))
    discardAll(engine)
    expect(engine.lostSlots).toEqual(NO_SLOTS)
    engine.setOwnedSlots(all)
    executeAll(engine, sets(3_000))
    expect(scanAll(engine).length).toBe(3_000)
    expect(engine.needsMaintenance).toBe(false)
    engine.checkInvariants()
  })

  it('while another one is discarded is discarded with it', () => {
    const engine = openTestEngine()
    const operations = sets(20_000)
    executeAll(engine, operations)
    engine.setOwnedSlots(EVEN_SLOTS)
    for (let calls = 0; calls < 10; calls++) expect(engine.discardUnowned(50)).toBe(false)
    engine.setOwnedSlots(bitmapOf((slot) => slot % 4 === 0))
    engine.checkInvariants()
    discardAll(engine)
    const owned = keysOf(operations).filter((key) => slotOfString(key) % 4 === 0)
    expect(engine.stats().records).toBe(owned.length)
    expect(scanAll(engine).sort()).toEqual(owned.sort())
    engine.checkInvariants()
  })

  it.each(['{tag}', 'x{tag}y}', '{}{tag}', '{tag', 'tag}', '{{tag}}'])(
    'is told of the key %s as clients tell it',
    (key) => {
      const engine = openTestEngine()
      executeSection(engine, [
        { kind: 'set', key, value: 'v' },
        { kind: 'set', key: 'other', value: 'v' },
      ])
      engine.setOwnedSlots(bitmapOf((slot) => slot !== slotOfString(key)))
      discardAll(engine)
      expect(scanAll(engine)).toEqual(['other'])
    },
  )
})

describe('discarding', () => {
  it('has nothing to do, and looks at nothing, when no slot was taken away', () => {
    const engine = openTestEngine({ ownedSlots: EVEN_SLOTS })
    executeAll(
      engine,
      sets(3_000).filter(({ key }) => isEven(String(key))),
    )
    const before = engine.stats()
    expect(engine.discardUnowned(1_000)).toBe(true)
    engine.setOwnedSlots(bitmapOf(() => true))
    expect(engine.discardUnowned(1_000)).toBe(true)
    expect(engine.needsMaintenance).toBe(false)
    expect(engine.stats()).toEqual(before)
  })

  it.each([1, 16, 100])('by %i buckets looks at a bounded number of entries in a call', (buckets) => {
    const engine = openTestEngine()
    executeAll(engine, sets(30_000))
    engine.setOwnedSlots(bitmapOf((slot) => slot % 3 === 0))
    let { entriesVisited, entriesMoved } = engine.stats()
    let isDone = false
    while (!isDone) {
      isDone = engine.discardUnowned(buckets)
      const now = engine.stats()
      expect(now.entriesVisited - entriesVisited).toBeLessThanOrEqual((buckets + SEGMENT_BUCKETS_MAX) * BUCKET_ENTRIES)
      expect(now.entriesMoved - entriesMoved).toBeLessThanOrEqual(4_096 + 4 * buckets)
      ;({ entriesVisited, entriesMoved } = now)
    }
    engine.checkInvariants()
  })

  it('gives the memory back, and the index that was for it', () => {
    const engine = openTestEngine()
    const { heapUsedBytes } = engine.stats()
    executeAll(engine, sets(100_000))
    const full = engine.stats()
    engine.setOwnedSlots(EVEN_SLOTS)
    discardAll(engine)
    expect(engine.stats().heapUsedBytes).toBeLessThan(full.heapUsedBytes * 0.62)
    engine.setOwnedSlots(NO_SLOTS)
    discardAll(engine)
    engine.checkInvariants()
    expect(engine.stats()).toMatchObject({ records: 0, keyBytes: 0, valueBytes: 0, discarded: 100_000 })
    // The directory keeps its length.
    expect(engine.stats().heapUsedBytes).toBeLessThan(heapUsedBytes + full.indexBytes / 50)
  })

  it('is done by maintenance too', () => {
    const engine = openTestEngine()
    executeAll(engine, sets(20_000))
    engine.setOwnedSlots(EVEN_SLOTS)
    for (let calls = 0; engine.needsMaintenance; calls++) {
      if (calls > 10_000) throw new Error('maintenance does not end')
      engine.maintain(1, 100)
    }
    expect(engine.discardUnowned(0)).toBe(true)
    expect(scanAll(engine).length).toBe(engine.stats().records)
  })

  it('goes on over a table that was cleared meanwhile', () => {
    const engine = openTestEngine({ effects: true })
    executeAll(engine, sets(20_000))
    engine.setOwnedSlots(EVEN_SLOTS)
    engine.discardUnowned(300)
    const { discarded } = engine.stats()
    executeSection(engine, [{ kind: 'clear' }, ...sets(1_000).filter(({ key }) => isEven(String(key)))])
    const { records } = engine.stats()
    discardAll(engine, 10)
    expect(engine.stats()).toMatchObject({ records, discarded })
    while (engine.needsMaintenance) engine.maintain(1, 1_000)
    engine.checkInvariants()
  })

  it('stops where the buffer of effects is full, and loses none of them', () => {
    const engine = openTestEngine({ effects: true })
    const keys = Array.from({ length: 300 }, (_, index) => `${index}:`.padEnd(KEY_BYTES_MAX, 'long'))
    for (let at = 0; at < keys.length; at += 50) {
      executeAll(
        engine,
        keys.slice(at, at + 50).map((key) => ({ kind: 'set', key, value: '' })),
      )
    }
    engine.setOwnedSlots(NO_SLOTS)
    const gone: string[] = []
    const pieces: number[] = []
    for (let isDone = false; !isDone; ) {
      for (let calls = 0; calls < 100 && !isDone; calls++) isDone = engine.discardUnowned(1_000)
      const effects = decodeEffects(takeEffects(engine))
      expect(effects.every(({ kind, reason }) => kind === 'remove' && reason === REMOVED_BY_DISCARD)).toBe(true)
      pieces.push(effects.length)
      gone.push(...effects.map(({ key }) => keyOf(key)))
      engine.checkInvariants()
    }
    expect(pieces.length).toBe(2)
    expect(gone.sort()).toEqual(keys.sort())
    expect(engine.stats()).toMatchObject({ records: 0, discarded: 300 })
  })
})

describe('where memory is exhausted', () => {
  it.each([10, 500])('unowned records make room before a write is refused, of values of %i bytes', (valueBytes) => {
    const engine = openTestEngine({ memoryBytesMax: 2 * MIB, effects: true })
    const keys = fill(engine, valueBytes)
    const { records } = engine.stats()
    engine.setOwnedSlots(EVEN_SLOTS)
    const owned = keys.filter(isEven)
    const fresh = sets(records, valueBytes, 'fresh').filter(({ key }) => isEven(String(key)))
    const some = fresh.slice(0, Math.floor((records - owned.length) * 0.8))
    expect(new Set(executeAll(engine, some).results.map(({ status }) => status))).toEqual(new Set([STATUS_OK]))
    const gets = owned.map((key): TestOperation => ({ kind: 'get', key }))
    expect(new Set(executeAll(engine, gets).results.map(({ status }) => status))).toEqual(new Set([STATUS_VALUE]))
    engine.checkInvariants()
  })

  it('unowned records make room for a long value, however short they are', () => {
    const engine = openTestEngine({ memoryBytesMax: 2 * MIB })
    const keys = fill(engine, 10)
    const slot = slotOfString('big')
    engine.setOwnedSlots(bitmapOf((each) => each === slot))
    const big: TestOperation = { kind: 'set', key: 'big', value: Buffer.alloc(300_000) }
    expect(executeAll(engine, [big]).results[0]?.status).toBe(STATUS_OK)
    discardAll(engine)
    expect(engine.stats().records).toBe(1 + keys.filter((key) => slotOfString(key) === slot).length)
    engine.checkInvariants()
  })

  it('unowned records go before owned ones are evicted', () => {
    const engine = openTestEngine({ memoryBytesMax: 2 * MIB, eviction: 'any' })
    for (let round = 0; engine.stats().evicted === 0; round++) executeAll(engine, sets(500, 50, `${round}`))
    const { evicted, records } = engine.stats()
    engine.setOwnedSlots(EVEN_SLOTS)
    const fresh = sets(records, 50, 'fresh').filter(({ key }) => isEven(String(key)))
    let written = 0
    for (; written < records * 0.3 && engine.needsMaintenance; written += 10) {
      expect(engine.stats().evicted).toBe(evicted)
      executeAll(engine, fresh.slice(written, written + 10))
    }
    expect(written).toBeGreaterThan(100)
    expect(engine.stats().discarded).toBeGreaterThan(records * 0.1)
    engine.checkInvariants()
  })
})
