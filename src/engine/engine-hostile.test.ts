// What a client can do on purpose: keys that go to one half of the index, groups that fail when they have filled it,
// replies at their limit, values that no heap can hold.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  encodeOperations,
  executeAll,
  executeSection,
  openTestEngine,
  type TestOperation,
  testSecret,
} from '../../test/support/engine-harness.ts'
import {
  CONDITION_ABSENT,
  STATUS_ABORTED,
  STATUS_MISSING,
  STATUS_NO_MEMORY,
  STATUS_OK,
  STATUS_VALUE,
} from '../protocol/codes.ts'
import { FRAME_OPS_MAX, REPLY_BYTES_MAX, VALUE_BYTES_MAX } from '../protocol/limits.ts'
import { ScanPageReader } from '../protocol/scan-page.ts'
import type { Engine } from './index.ts'

const MIB = 1024 * 1024
const HASH_HALF = 2n ** 31n

function sets(keys: readonly Uint8Array[]): TestOperation[] {
  return keys.map((key) => ({ kind: 'set', key, value: 'v' }))
}

function numbered(prefix: string, count: number): TestOperation[] {
  return Array.from({ length: count }, (_, index) => ({ kind: 'set', key: `${prefix}:${index}`, value: 'v' }))
}

/** Clears the engine and returns keys that a scan listed in the lower and in the upper half of the hashes. */
function keysByHalf(engine: Engine, count: number) {
  executeAll(engine, numbered('key', count))
  const halves = { lower: [] as Uint8Array[], upper: [] as Uint8Array[] }
  const reader = new ScanPageReader()
  let cursor = 0n
  do {
    const page = executeSection(engine, [{ kind: 'scan', cursor, count: 20 }]).results[0]?.value ?? new Uint8Array()
    reader.open(page, 0, page.length)
    const from = cursor
    cursor = reader.cursor
    const isLower = cursor !== 0n && cursor <= HASH_HALF
    if (!isLower && from < HASH_HALF) continue
    const half = isLower ? halves.lower : halves.upper
    while (reader.next()) half.push(page.slice(reader.start, reader.end))
  } while (cursor !== 0n)
  executeAll(engine, [{ kind: 'clear' }])
  while (engine.needsMaintenance) engine.maintain(0, 10_000)
  return halves
}

describe('keys of one half of the index', () => {
  it('are stored like any others, and keep no others out', () => {
    const engine = openTestEngine()
    const { lower } = keysByHalf(engine, 20_000)
    expect(lower.length).toBeGreaterThan(5_000)
    const { results } = executeAll(engine, [...sets(lower), ...numbered('innocent', 500)])
    expect(results.every(({ status }) => status === STATUS_OK)).toBe(true)
    engine.checkInvariants()
  })

  it('are put back when a group that removed them and filled the other half fails', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000 }), fc.integer({ min: 400, max: 620 }), (seed, removed) => {
        const engine = openTestEngine({ secret: testSecret(seed) })
        const { lower, upper } = keysByHalf(engine, 8_000)
        executeAll(engine, [...sets(lower.slice(0, 2_400)), { kind: 'set', key: 'text', value: 'no number' }])
        const { records } = engine.stats()
        const digest = engine.digest()
        const group: TestOperation[] = [
          ...lower.slice(0, removed).map((key): TestOperation => ({ kind: 'delete', key })),
          ...sets(upper.slice(0, 1_000 - removed)),
          { kind: 'add', key: 'text', delta: 1n },
        ]
        const { results } = executeAll(engine, [{ kind: 'atomic', count: group.length }, ...group])
        expect(results[0]?.status).toBe(STATUS_ABORTED)
        engine.checkInvariants()
        expect(engine.stats().records).toBe(records)
        expect(engine.digest()).toBe(digest)
      }),
      { numRuns: 12 },
    )
  })
})

describe('the limit of a reply', () => {
  it('holds for a group whose conditions fail with large values', () => {
    const engine = openTestEngine({ memoryBytesMax: 64 * MIB, repeats: false })
    const rest = REPLY_BYTES_MAX - VALUE_BYTES_MAX - 3 * 24
    executeAll(engine, [
      { kind: 'set', key: 'a', value: new Uint8Array(VALUE_BYTES_MAX) },
      { kind: 'set', key: 'b', value: new Uint8Array(rest) },
      { kind: 'set', key: 'c', value: 'x' },
    ])
    const unmet = { kind: 'set', value: '', condition: CONDITION_ABSENT } as const
    const group: TestOperation[] = [
      { ...unmet, key: 'a', previous: true },
      { ...unmet, key: 'b', previous: true },
      ...Array.from({ length: 1_022 }, (): TestOperation => ({ ...unmet, key: 'c', withVersion: true })),
    ]
    for (const before of [0, 255_000, REPLY_BYTES_MAX - 40_000]) {
      executeAll(engine, [{ kind: 'set', key: 'before', value: new Uint8Array(Math.min(before, VALUE_BYTES_MAX)) }])
      const operations: TestOperation[] = [{ kind: 'get', key: 'before' }, { kind: 'atomic', count: 1_024 }, ...group]
      const gets = Array.from({ length: 4 }, (): TestOperation => ({ kind: 'get', key: 'a' }))
      expect(executeSection(engine, [...operations, ...gets]).bytes.length).toBeLessThanOrEqual(REPLY_BYTES_MAX)
      expect(executeAll(engine, [...operations, ...gets]).results).toHaveLength(operations.length + gets.length)
    }
  })
})

it('writes a bounded number of zeros in one call', () => {
  const engine = openTestEngine({ memoryBytesMax: 64 * MIB })
  const pairs = Array.from({ length: 200 }, (): TestOperation[] => [
    { kind: 'write-range', key: 'k', offset: VALUE_BYTES_MAX - 1, value: 'v' },
    { kind: 'delete', key: 'k' },
  ]).flat()
  expect(executeSection(engine, pairs).results.length).toBeLessThan(8)
  expect(executeAll(engine, pairs).results).toHaveLength(pairs.length)
})

describe('memory', () => {
  it.each([1, 4, 8])('of %i MiB loses nothing to a value that it cannot hold', (mebibytes) => {
    const engine = openTestEngine({ memoryBytesMax: mebibytes * MIB, eviction: 'any' })
    executeAll(engine, numbered('key', mebibytes * 20_000))
    const { records } = engine.stats()
    const { results } = executeAll(engine, [{ kind: 'set', key: 'film', value: new Uint8Array(VALUE_BYTES_MAX) }])
    expect(results[0]?.status).toBe(STATUS_NO_MEMORY)
    expect(engine.stats().records).toBe(records)
  })

  it('takes a long value into a cache of short ones at the price of what lies in its place', () => {
    const engine = openTestEngine({ memoryBytesMax: 32 * MIB, eviction: 'any' })
    executeAll(engine, numbered('key', 700_000))
    const { records, evicted } = engine.stats()
    const { results, frames } = executeAll(engine, [{ kind: 'set', key: 'film', value: new Uint8Array(4 * MIB) }])
    expect(results[0]?.status).toBe(STATUS_OK)
    expect(frames).toBeLessThan(10)
    expect(engine.stats().evicted - evicted).toBeLessThan(records / 5)
    engine.checkInvariants()
  })

  it('that is full finds the room to divide a part of its index', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10_000 }), (seed) => {
        const engine = openTestEngine({ memoryBytesMax: 1_600_000, eviction: 'any', secret: testSecret(seed) })
        const value = 'v'.repeat(128)
        const writes = numbered('key', 60_000).map((set) => ({ ...set, value }))
        expect(executeAll(engine, writes).results.every(({ status }) => status === STATUS_OK)).toBe(true)
        engine.checkInvariants()
      }),
      { numRuns: 6 },
    )
  })

  it('that is free in short pieces is enough for a long value, which moves what stands in between', () => {
    const engine = openTestEngine({ memoryBytesMax: 8 * MIB })
    const fill = numbered('key', 60_000).map((set) => ({ ...set, value: 'v'.repeat(70) }))
    executeAll(engine, fill)
    // Two of three go, so that no two that are free stand far together.
    executeAll(
      engine,
      fill.filter((_, index) => index % 3 > 0).map(({ key }): TestOperation => ({ kind: 'delete', key })),
    )
    const { records } = engine.stats()
    const before = engine.digest()
    const set: TestOperation = { kind: 'set', key: 'film', value: new Uint8Array(MIB) }
    expect(executeAll(engine, [set]).results[0]?.status).toBe(STATUS_OK)
    expect(engine.stats().records).toBe(records + 1)
    executeAll(engine, [{ kind: 'delete', key: 'film' }])
    expect(engine.digest()).toBe(before)
    engine.checkInvariants()
  })

  it('is not taken by keys that come and go in a cache that was full once', () => {
    const engine = openTestEngine({ memoryBytesMax: 4 * MIB, eviction: 'any' })
    executeAll(engine, numbered('key', 120_000))
    executeAll(engine, [{ kind: 'clear' }])
    executeAll(engine, numbered('again', 120_000))
    const { indexBytes } = engine.stats()
    for (let round = 0; round < 20; round++) {
      const operations = numbered(`round ${round}`, 2_000).flatMap((set): TestOperation[] => [
        set,
        { kind: 'delete', key: set.key },
      ])
      executeAll(engine, operations)
    }
    expect(engine.stats().indexBytes).toBeLessThan(indexBytes * 1.2)
    engine.checkInvariants()
  })
})

it('finds the only record of a table that was large, as a random key', () => {
  const engine = openTestEngine()
  executeAll(
    engine,
    numbered('old', 200_000).map((set) => ({ ...set, expiryMs: 10 })),
    1,
  )
  executeAll(engine, [{ kind: 'set', key: 'only' }], 1)
  while (engine.stats().expiring > 0) engine.maintain(10_000, 100_000)
  for (let draw = 0; draw < 50; draw++) {
    const [result] = executeAll(engine, [{ kind: 'random-key' }], 10_000).results
    expect(Buffer.from(result?.value ?? []).toString()).toBe('only')
  }
})

it('clears a full table twice without waiting', () => {
  const engine = openTestEngine({ memoryBytesMax: 8 * MIB })
  executeAll(engine, numbered('key', 200_000))
  const { frames, results } = executeAll(engine, [{ kind: 'clear' }, { kind: 'set', key: 'a' }, { kind: 'clear' }])
  expect(results.map(({ status }) => status)).toEqual([STATUS_OK, STATUS_OK, STATUS_OK])
  expect(frames).toBeLessThan(20)
  expect(executeSection(engine, [{ kind: 'get', key: 'a' }]).results[0]?.status).toBe(STATUS_MISSING)
})

it('takes no more operations than those of one frame', () => {
  const engine = openTestEngine()
  const value = encodeOperations([{ kind: 'set', key: 'kept', value: 'v' }])
  executeSection(engine, [{ kind: 'set', key: 'kept', value: 'v' }])
  for (const count of [FRAME_OPS_MAX + 1, 60_000]) {
    const operations = Buffer.concat(Array.from({ length: count }, () => value))
    expect(() => engine.stage(operations, count)).toThrow('one frame')
    expect(() => engine.execute(count, 0, 0, 0)).toThrow('one frame')
  }
  expect(executeSection(engine, [{ kind: 'get', key: 'kept' }]).results[0]?.status).toBe(STATUS_VALUE)
})
