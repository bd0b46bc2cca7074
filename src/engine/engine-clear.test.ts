// Clearing: all records are absent from the next operation on; their memory follows in slices, and is there for whoever
// needs it before.

import { describe, expect, it } from 'vitest'
import { decodeEffects } from '../../test/support/effects.ts'
import { executeAll, executeSection, openTestEngine, type TestOperation } from '../../test/support/engine-harness.ts'
import {
  STATUS_MISSING,
  STATUS_NO_MEMORY,
  STATUS_NUMBER,
  STATUS_OK,
  STATUS_OK_VERSION,
  STATUS_VALUE,
} from '../protocol/codes.ts'
import type { Engine } from './index.ts'

const MIB = 1024 * 1024
const CLEAR: TestOperation = { kind: 'clear' }
const COUNT: TestOperation = { kind: 'count' }

/** Index entries that one call gives back beside one for each operation; a bucket is never left half done. */
const GARBAGE_ENTRIES_MAX = 512 + 12

function sets(count: number, valueBytes = 20, prefix = 'key'): TestOperation[] {
  const value = 'v'.repeat(valueBytes)
  return Array.from({ length: count }, (_, index) => ({ kind: 'set', key: `${prefix}:${index}`, value }))
}

/** Writes until memory is exhausted; returns how many records there are. */
function fill(engine: Engine, valueBytes = 20): number {
  for (let round = 0; ; round++) {
    const { results } = executeAll(engine, sets(2_000, valueBytes, `${round}`))
    if (results.some(({ status }) => status === STATUS_NO_MEMORY)) return engine.stats().records
  }
}

function collectAll(engine: Engine): void {
  for (let calls = 0; engine.stats().cleared > 0; calls++) {
    if (calls > 10_000) throw new Error('the cleared records stay')
    engine.maintain(0, 1)
  }
}

describe('clear', () => {
  it('makes every record absent from the next operation on', () => {
    const engine = openTestEngine()
    executeAll(engine, sets(30_000))
    const { results } = executeSection(engine, [
      { kind: 'get', key: 'key:1' },
      CLEAR,
      { kind: 'get', key: 'key:1' },
      COUNT,
      { kind: 'random-key' },
      { kind: 'set', key: 'key:2', value: 'new' },
      { kind: 'get', key: 'key:2' },
      COUNT,
    ])
    expect(results.map(({ status }) => status)).toEqual([
      STATUS_VALUE,
      STATUS_OK,
      STATUS_MISSING,
      STATUS_NUMBER,
      STATUS_MISSING,
      STATUS_OK,
      STATUS_VALUE,
      STATUS_NUMBER,
    ])
    expect([results[3]?.number, results[7]?.number]).toEqual([0n, 1n])
    expect(engine.stats()).toMatchObject({ records: 1, keyBytes: 5, valueBytes: 3 })
    engine.checkInvariants()
  })

  it('gives the memory back in slices, a bounded one in each call', () => {
    const engine = openTestEngine()
    executeAll(engine, sets(50_000))
    executeSection(engine, [CLEAR])
    let { cleared, heapUsedBytes, entriesVisited } = engine.stats()
    expect(cleared).toBeGreaterThan(49_000)
    for (let calls = 0; cleared > 0; calls++) {
      expect(calls).toBeLessThan(1_000)
      executeSection(engine, [COUNT])
      const now = engine.stats()
      expect(cleared - now.cleared).toBeLessThanOrEqual(GARBAGE_ENTRIES_MAX + 1)
      expect(now.entriesVisited - entriesVisited).toBeLessThanOrEqual(GARBAGE_ENTRIES_MAX + 1)
      expect(now.heapUsedBytes).toBeLessThanOrEqual(heapUsedBytes)
      ;({ cleared, heapUsedBytes, entriesVisited } = now)
      if (calls % 20 === 0) engine.checkInvariants()
    }
    engine.maintain(0, 1)
    engine.checkInvariants()
    expect(heapUsedBytes).toBeLessThan(20_000)
  })

  it('lets the memory be used again, also where it was full', () => {
    const engine = openTestEngine({ memoryBytesMax: 4 * MIB })
    const records = fill(engine)
    for (let round = 0; round < 3; round++) {
      executeSection(engine, [CLEAR])
      engine.checkInvariants()
      expect(fill(engine)).toBeGreaterThan(records * 0.5)
      engine.checkInvariants()
    }
  })

  it.each([0, 1, 20, 1_000])('lets a write at once have what it needs, of values of %i bytes', (valueBytes) => {
    const engine = openTestEngine({ memoryBytesMax: 4 * MIB })
    fill(engine, valueBytes)
    const big: TestOperation = { kind: 'set', key: 'big', value: Buffer.alloc(MIB) }
    const { results } = executeAll(engine, [CLEAR, big, ...sets(2_000, valueBytes)])
    expect(new Set(results.map(({ status }) => status))).toEqual(new Set([STATUS_OK]))
    engine.checkInvariants()
  })

  it.each([0, 1, 20, 1_000])('works again and again where memory is full of values of %i bytes', (valueBytes) => {
    const engine = openTestEngine({ memoryBytesMax: 2 * MIB })
    fill(engine, valueBytes)
    const { results } = executeAll(engine, [CLEAR, CLEAR, CLEAR, ...sets(5), CLEAR, COUNT])
    expect(results.map(({ status }) => status).filter((status) => status !== STATUS_OK)).toEqual([STATUS_NUMBER])
    expect(results.at(-1)?.number).toBe(0n)
    engine.checkInvariants()
    collectAll(engine)
    engine.checkInvariants()
  })

  it('of a table that is cleared already takes a version and an effect each', () => {
    const engine = openTestEngine({ effects: true })
    const { results, effects } = executeSection(engine, [
      { ...CLEAR, withVersion: true },
      { ...CLEAR, withVersion: true },
    ])
    expect(results).toMatchObject([
      { status: STATUS_OK_VERSION, version: 1001n },
      { status: STATUS_OK_VERSION, version: 1002n },
    ])
    expect(decodeEffects(effects).map(({ kind, version }) => `${kind} ${version}`)).toEqual([
      'clear 1001',
      'clear 1002',
    ])
  })

  it('of many tables gives back all of them', () => {
    const engine = openTestEngine({ memoryBytesMax: 16 * MIB })
    const { heapUsedBytes } = engine.stats()
    for (let round = 0; round < 10; round++) executeAll(engine, [...sets(5_000, 10, `${round}`), CLEAR])
    executeSection(engine, Array.from({ length: 10 }, (_, round) => [...sets(500, 10, `${round}`), CLEAR]).flat())
    engine.checkInvariants()
    collectAll(engine)
    engine.maintain(0, 1)
    engine.checkInvariants()
    expect(engine.stats().heapUsedBytes).toBe(heapUsedBytes)
  })

  it('of an evicting engine leaves nothing of the old table in its queues', () => {
    for (const eviction of ['any', 'expiring'] as const) {
      const engine = openTestEngine({ memoryBytesMax: MIB, eviction })
      for (let round = 0; round < 6; round++) {
        const operations = sets(8_000, 100, `${round}`).map((operation) => ({ ...operation, expiryMs: 10_000 }))
        executeAll(engine, operations, 1)
        executeAll(engine, [CLEAR], 1)
        engine.checkInvariants()
        expect(engine.stats()).toMatchObject({ records: 0, onProbation: 0, expiring: 0 })
      }
    }
  })
})
