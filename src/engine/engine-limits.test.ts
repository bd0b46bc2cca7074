// The work of every single call is bounded by named limits, whatever the table's size and state.

import { describe, expect, it } from 'vitest'
import { assemblyConstant } from '../../test/support/assembly-constants.ts'
import {
  encodeOperations,
  executeAll,
  executeEncoded,
  executeSection,
  openTestEngine,
  type TestOperation,
} from '../../test/support/engine-harness.ts'
import { CONDITION_ABSENT, STATUS_MISSING } from '../protocol/codes.ts'
import { FRAME_OPS_MAX, REPLY_BYTES_MAX, SCAN_KEYS_MAX, VALUE_BYTES_MAX } from '../protocol/limits.ts'
import { type Engine, type EvictionPolicy, EXECUTED, STOPPED } from './index.ts'

const MIB = 1024 * 1024
const BUCKET_ENTRIES = assemblyConstant('bucket.ts', 'BUCKET_ENTRIES')
const MOVED_BASE = assemblyConstant('directory.ts', 'MOVED_ENTRIES_BASE')
const MOVED_PER_OPERATION = assemblyConstant('directory.ts', 'MOVED_ENTRIES_PER_OPERATION')
const VISITS_BASE = assemblyConstant('budget.ts', 'VISITS_BASE')
const VISITS_PER_OPERATION = assemblyConstant('budget.ts', 'VISITS_PER_OPERATION')
const GARBAGE_BASE = assemblyConstant('execute.ts', 'GARBAGE_BASE')
const PAGE_ENTRIES_MAX = assemblyConstant('scan.ts', 'PAGE_BUCKETS_MAX') * BUCKET_ENTRIES
const SEGMENT_ENTRIES_MAX = assemblyConstant('segment.ts', 'SEGMENT_BUCKETS_MAX') * BUCKET_ENTRIES
/**
 * What a call may look at for the place of a block of 1 MiB, and what one plan of it may pass that is begun with the
 * last of that.
 */
const LONG_BLOCK_ENTRIES = (2 * MIB) / assemblyConstant('budget.ts', 'BYTES_PER_VISIT')
const RANDOM_ENTRIES_MAX = assemblyConstant('scan.ts', 'RANDOM_SEGMENTS_MAX') * SEGMENT_ENTRIES_MAX

/** What was looked at last may pass a budget by a bucket; what was cleared is given back beside it. */
function visitsMax(operations: number): number {
  return VISITS_BASE + VISITS_PER_OPERATION * operations + GARBAGE_BASE + operations + 2 * BUCKET_ENTRIES
}

function sets(prefix: string, count: number, valueBytes: number, expiryMs?: number): TestOperation[] {
  const value = Buffer.alloc(valueBytes, 'v')
  return Array.from({ length: count }, (_, index) => ({ kind: 'set', key: `${prefix}:${index}`, value, expiryMs }))
}

/** Executes all of it in frames of `frameOperations`; every frame must keep to the budgets and to the reply's limit. */
function executeBounded(
  engine: Engine,
  operations: readonly TestOperation[],
  frameOperations: number,
  nowMs = 1,
  visitsBeyond = 0,
): void {
  let before = engine.stats()
  let idle = 0
  for (let done = 0; done < operations.length; ) {
    const section = operations.slice(done, done + frameOperations)
    const { results, bytes, outcome } = executeSection(engine, section, nowMs)
    const now = engine.stats()
    expect(now.entriesMoved - before.entriesMoved).toBeLessThanOrEqual(
      MOVED_BASE + MOVED_PER_OPERATION * section.length,
    )
    expect(now.entriesVisited - before.entriesVisited).toBeLessThanOrEqual(visitsMax(section.length) + visitsBeyond)
    expect(bytes.length).toBeLessThanOrEqual(REPLY_BYTES_MAX)
    idle = results.length === 0 ? idle + 1 : 0
    expect(idle).toBeLessThan(500)
    if (outcome !== EXECUTED) expect(outcome).toBe(STOPPED)
    done += results.length
    before = now
  }
}

describe('the entries that a call moves', () => {
  it.each([1, 64, 20_000])('are bounded while the table grows and shrinks by %i operations a frame', (frame) => {
    const engine = openTestEngine()
    const count = frame === 1 ? 10_000 : 150_000
    const operations = sets('key', count, 0)
    executeBounded(engine, operations, frame)
    expect(engine.stats().records).toBe(count)
    executeBounded(
      engine,
      operations.map(({ key }) => ({ kind: 'delete', key })),
      frame,
    )
    expect(engine.stats().records).toBe(0)
    engine.checkInvariants()
  })
})

describe('the entries that a call looks at', () => {
  it.each([1, 1_000])('are bounded when all records expire at once, by %i operations a frame', (frame) => {
    const engine = openTestEngine()
    executeAll(engine, sets('old', 100_000, 0, 10), 1)
    executeBounded(engine, sets('new', frame === 1 ? 2_000 : 60_000, 0, 1_000_000), frame, 5_000)
    expect(engine.stats().expired).toBeGreaterThan(10_000)
    let before = engine.stats().entriesVisited
    for (let calls = 0; engine.stats().expired < 100_000; calls++) {
      expect(calls).toBeLessThan(1_000)
      engine.maintain(5_000, 100_000)
      expect(engine.stats().entriesVisited - before).toBeLessThanOrEqual(visitsMax(100_000))
      before = engine.stats().entriesVisited
    }
    engine.checkInvariants()
  })

  it.each<[EvictionPolicy, number]>([
    ['any', 1],
    ['any', 2_000],
    ['expiring', 1],
    ['expiring', 2_000],
  ])('are bounded under eviction of %s records, by %i operations a frame', (eviction, frame) => {
    const engine = openTestEngine({ memoryBytesMax: 8 * MIB, eviction })
    executeAll(engine, sets('stay', 20_000, 50), 1)
    executeAll(engine, sets('go', 60_000, 50, 1_000_000), 1)
    // Uses that eviction has to take away one by one.
    for (let round = 0; round < 3; round++) executeAll(engine, gets('go', 60_000), 1)
    const operations = [...sets('more', frame === 1 ? 1_000 : 20_000, 50, 1_000_000), ...sets('big', 3, MIB, 1_000_000)]
    executeBounded(engine, operations, frame, 1, LONG_BLOCK_ENTRIES)
    expect(engine.stats().evicted).toBeGreaterThan(1_000)
    engine.checkInvariants()
  })

  it('are bounded for scans and random keys of a table whose records have expired', () => {
    const engine = openTestEngine()
    executeAll(engine, sets('old', 300_000, 0, 10), 1)
    const scans = Array.from({ length: 50 }, (): TestOperation => ({ kind: 'scan', cursor: 0n, count: SCAN_KEYS_MAX }))
    executeBounded(engine, scans, 50, 10, PAGE_ENTRIES_MAX)
    const randoms = Array.from({ length: 50 }, (): TestOperation => ({ kind: 'random-key' }))
    executeBounded(engine, randoms, 50, 10, RANDOM_ENTRIES_MAX)
  })
})

function gets(prefix: string, count: number): TestOperation[] {
  return Array.from({ length: count }, (_, index) => ({ kind: 'get', key: `${prefix}:${index}` }))
}

describe('the bytes of a reply', () => {
  it.each<[string, TestOperation[]]>([
    ['gets', [{ kind: 'get', key: 'k' }]],
    ['gets with expiry', [{ kind: 'get', key: 'k', withExpiry: true }]],
    ['ranges', [{ kind: 'read-range', key: 'k', offset: 5, bytes: 2 ** 32 - 1 }]],
    ['values before a change', [{ kind: 'expire', key: 'k', previous: true }]],
    ['unmet conditions', [{ kind: 'set', key: 'k', value: '', condition: CONDITION_ABSENT, previous: true }]],
    [
      'groups',
      [
        { kind: 'atomic', count: 2 },
        { kind: 'get', key: 'k' },
        { kind: 'get', key: 'none' },
      ],
    ],
  ])('are bounded for %s of any length', (_name, operations) => {
    for (const valueBytes of [0, 300, 70_000, MIB, VALUE_BYTES_MAX]) {
      const engine = openTestEngine({ repeats: false })
      executeAll(engine, [{ kind: 'set', key: 'k', value: Buffer.alloc(valueBytes) }])
      const times = valueBytes < 1_000 ? 8_000 : 20
      executeBounded(engine, Array.from({ length: times }, () => operations).flat(), FRAME_OPS_MAX)
      engine.checkInvariants()
    }
  })
})

describe('the bytes that a call carries over', () => {
  it('are bounded: appends to a large value take several frames', () => {
    const engine = openTestEngine()
    executeAll(engine, [{ kind: 'set', key: 'k', value: Buffer.alloc(VALUE_BYTES_MAX - 4_000) }])
    const appends = Array.from({ length: 200 }, (): TestOperation => ({ kind: 'append', key: 'k', value: '12345' }))
    const first = executeSection(engine, appends)
    expect(first.outcome).toBe(STOPPED)
    expect(first.results.length).toBeLessThan(8)
    const { results } = executeAll(engine, appends.slice(first.results.length))
    expect(results.at(-1)?.number).toBe(BigInt(VALUE_BYTES_MAX - 3_000))
    engine.checkInvariants()
  })
})

describe('the operations of a call', () => {
  it('may be as many as a frame has', () => {
    const engine = openTestEngine()
    const { results } = executeSection(engine, gets('key', FRAME_OPS_MAX))
    expect(results.length).toBe(FRAME_OPS_MAX)
    expect(results.every(({ status }) => status === STATUS_MISSING)).toBe(true)
    const shortest = encodeOperations(Array.from({ length: FRAME_OPS_MAX }, (): TestOperation => ({ kind: 'count' })))
    expect(executeEncoded(engine, shortest, FRAME_OPS_MAX).results.length).toBe(FRAME_OPS_MAX)
  })
})
