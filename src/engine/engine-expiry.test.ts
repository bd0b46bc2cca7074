// Expiry: exact to the millisecond for every operation, whenever the memory comes back; and it does come back.

import { describe, expect, it } from 'vitest'
import { decodeEffects } from '../../test/support/effects.ts'
import {
  executeAll,
  executeSection,
  openTestEngine,
  type TestOperation,
  type TestResult,
} from '../../test/support/engine-harness.ts'
import {
  CONDITION_ABSENT,
  CONDITION_EARLIER,
  CONDITION_HAS_EXPIRY,
  CONDITION_LATER,
  CONDITION_NO_EXPIRY,
  CONDITION_PRESENT,
  STATUS_MISSING,
  STATUS_NUMBER,
  STATUS_OK,
  STATUS_UNMET,
  STATUS_VALUE,
} from '../protocol/codes.ts'
import { EXPIRY_MS_MAX } from '../protocol/limits.ts'
import { seededRandom } from '../util/random.ts'
import { REMOVED_BY_EXPIRY } from './assembly/outcomes.ts'
import type { Engine } from './index.ts'

const DAY_MS = 86_400_000
const NOW_MS = 1_700_000_000_000

function set(key: string, value: string, expiryMs?: number, fields: Partial<TestOperation> = {}): TestOperation {
  return { kind: 'set', key, value, expiryMs, ...fields }
}

function expire(key: string, expiryMs?: number, condition = 0): TestOperation {
  return { kind: 'expire', key, expiryMs, condition }
}

function run(engine: Engine, nowMs: number, ...operations: TestOperation[]): readonly TestResult[] {
  return executeSection(engine, operations, nowMs).results
}

function status(engine: Engine, nowMs: number, operation: TestOperation): number | undefined {
  return run(engine, nowMs, operation)[0]?.status
}

/** The record's expiry, undefined without a record. */
function expiryOf(engine: Engine, nowMs: number, key: string): number | undefined {
  return run(engine, nowMs, { kind: 'get', key, withExpiry: true })[0]?.expiryMs
}

describe('an expired record', () => {
  it.each<[string, TestOperation, number, number]>([
    ['get', { kind: 'get', key: 'k' }, STATUS_VALUE, STATUS_MISSING],
    ['get with expiry', { kind: 'get', key: 'k', withExpiry: true }, 8, STATUS_MISSING],
    ['exists', { kind: 'exists', key: 'k' }, STATUS_OK, STATUS_MISSING],
    ['delete', { kind: 'delete', key: 'k' }, STATUS_OK, STATUS_MISSING],
    ['expire', expire('k', NOW_MS + 5_000), STATUS_OK, STATUS_MISSING],
    ['read-range', { kind: 'read-range', key: 'k', offset: 0, bytes: 9 }, STATUS_VALUE, STATUS_MISSING],
    ['set when present', set('k', '', undefined, { condition: CONDITION_PRESENT }), STATUS_OK, STATUS_UNMET],
    ['set when absent', set('k', '', undefined, { condition: CONDITION_ABSENT }), STATUS_UNMET, STATUS_OK],
    ['random-key', { kind: 'random-key' }, STATUS_VALUE, STATUS_MISSING],
  ])('is absent for %s from its millisecond on, and not before', (_name, operation, before, after) => {
    for (const expiryMs of [NOW_MS + 1_000, NOW_MS + 1_023, NOW_MS + 1_024, NOW_MS + 60_001]) {
      for (const [nowMs, expected] of [
        [expiryMs - 1, before],
        [expiryMs, after],
        [expiryMs + 1, after],
      ] as const) {
        const engine = openTestEngine()
        run(engine, NOW_MS, set('k', '12', expiryMs))
        expect(status(engine, nowMs, operation)).toBe(expected)
        engine.checkInvariants()
      }
    }
  })

  it('is no base for a sum, an append or a write', () => {
    const engine = openTestEngine()
    const operations: TestOperation[] = [
      { kind: 'add', key: 'k', delta: 5n },
      { kind: 'append', key: 'k', value: 'x' },
      { kind: 'write-range', key: 'k', offset: 1, value: 'y' },
    ]
    const values = operations.map((operation) => {
      run(engine, NOW_MS, set('k', '12', NOW_MS + 10))
      const [written, read] = run(engine, NOW_MS + 10, operation, { kind: 'get', key: 'k', withExpiry: true })
      expect(written?.status).toBe(STATUS_NUMBER)
      expect(read?.expiryMs).toBe(0)
      run(engine, NOW_MS + 10, { kind: 'delete', key: 'k' })
      return Buffer.from(read?.value ?? []).toString()
    })
    // The clock does not go back: only the first record was alive once.
    expect(values).toEqual(['5', 'x', '\0y'])
  })

  it('is never seen again when the clock goes back', () => {
    const engine = openTestEngine()
    run(engine, NOW_MS, set('k', 'v', NOW_MS + 10))
    expect(status(engine, NOW_MS + 10, { kind: 'get', key: 'k' })).toBe(STATUS_MISSING)
    expect(status(engine, NOW_MS, { kind: 'get', key: 'k' })).toBe(STATUS_MISSING)
  })

  it('is absent at once when it is written with an expiry in the past', () => {
    const engine = openTestEngine({ effects: true })
    run(engine, NOW_MS, set('k', 'v', 1), set('l', 'v'), expire('l', NOW_MS))
    for (const key of ['k', 'l']) expect(status(engine, NOW_MS, { kind: 'get', key })).toBe(STATUS_MISSING)
  })

  it('is reported with its reason when it is removed', () => {
    const engine = openTestEngine({ effects: true })
    run(engine, NOW_MS, set('k', 'v', NOW_MS + 10))
    const { effects } = executeSection(engine, [set('k', 'w')], NOW_MS + 10)
    const removed = decodeEffects(effects)[0]
    expect(removed).toMatchObject({ kind: 'remove', reason: REMOVED_BY_EXPIRY, version: 1002n })
  })
})

describe('an expiry', () => {
  it('is kept, replaced or taken away as each operation says', () => {
    const engine = openTestEngine()
    const at = NOW_MS + 1_000
    const expiries: (number | undefined)[] = []
    for (const operation of [
      set('k', '1', at),
      { kind: 'add', key: 'k', delta: 1n, expiryMs: at + 5 },
      { kind: 'append', key: 'k', value: '0' },
      { kind: 'write-range', key: 'k', offset: 9, value: 'x' },
      set('k', 'short', undefined, { keepExpiry: true }),
      set('k', Buffer.alloc(1_000).toString(), undefined, { keepExpiry: true }),
      expire('k', at + 7),
      set('k', 'v', at + 8),
      expire('k'),
      set('k', 'v', undefined, { keepExpiry: true }),
      expire('k', EXPIRY_MS_MAX),
      set('k', 'v'),
      { kind: 'delete', key: 'k' },
      { kind: 'add', key: 'k', delta: 1n, expiryMs: at + 9 },
      set('other', 'v', undefined, { keepExpiry: true }),
    ] satisfies TestOperation[]) {
      run(engine, NOW_MS, operation)
      expiries.push(expiryOf(engine, NOW_MS, operation.key as string))
      engine.checkInvariants()
    }
    const kept = [at, at, at, at, at, at]
    expect(expiries).toEqual([...kept, at + 7, at + 8, 0, 0, EXPIRY_MS_MAX, 0, undefined, at + 9, 0])
  })

  it.each<[string, number, [number, number, number, number]]>([
    // Of a record with expiry 500: set to 400, 500, 600; and of one without: set to 500.
    ['no-expiry', CONDITION_NO_EXPIRY, [STATUS_UNMET, STATUS_UNMET, STATUS_UNMET, STATUS_OK]],
    ['has-expiry', CONDITION_HAS_EXPIRY, [STATUS_OK, STATUS_OK, STATUS_OK, STATUS_UNMET]],
    ['later', CONDITION_LATER, [STATUS_UNMET, STATUS_UNMET, STATUS_OK, STATUS_UNMET]],
    ['earlier', CONDITION_EARLIER, [STATUS_OK, STATUS_UNMET, STATUS_UNMET, STATUS_OK]],
  ])('is set under the condition %s as documented', (_name, condition, expected) => {
    const statuses = [400, 500, 600].map((expiryMs) => {
      const engine = openTestEngine()
      run(engine, 1, set('k', 'v', 500))
      const result = status(engine, 1, expire('k', expiryMs, condition))
      expect(expiryOf(engine, 1, 'k')).toBe(result === STATUS_OK ? expiryMs : 500)
      return result
    })
    const engine = openTestEngine()
    run(engine, 1, set('k', 'v'))
    expect([...statuses, status(engine, 1, expire('k', 500, condition))]).toEqual(expected)
    expect(status(engine, 1, expire('none', 500, condition))).toBe(STATUS_UNMET)
  })
})

describe('memory of expired records', () => {
  it('comes back under steady churn: they are under 5% of all records', () => {
    const engine = openTestEngine()
    const random = seededRandom(1)
    const ttlMaxMs = 200_000
    let nowMs = NOW_MS
    const live = new Map<string, number>()
    let worst = 0
    for (let round = 0; round < 400; round++) {
      nowMs += 1_000
      const operations = Array.from({ length: 400 }, (_, index): TestOperation => {
        const expiryMs = nowMs + 1 + random.nextBelow(ttlMaxMs)
        live.set(`${round}:${index}`, expiryMs)
        return set(`${round}:${index}`, 'value', expiryMs)
      })
      executeAll(engine, operations, nowMs)
      if (round < 250 || round % 10 !== 0) continue
      for (const [key, expiryMs] of live) if (expiryMs <= nowMs) live.delete(key)
      const { records } = engine.stats()
      worst = Math.max(worst, (records - live.size) / records)
    }
    expect(worst).toBeLessThan(0.05)
    engine.checkInvariants()
  })

  it.each([1_024, 200 * DAY_MS, 5_000 * DAY_MS])(
    'comes back by maintenance after %i ms, however long the jump is',
    (jumpMs) => {
      const engine = openTestEngine()
      const operations = Array.from({ length: 3_000 }, (_, index) =>
        set(`${index}`, 'v', index % 3 ? NOW_MS + 5 : undefined),
      )
      executeAll(engine, operations, NOW_MS)
      // Written ever later, so that the buckets are due at many times.
      for (let step = 1; step < 5; step++) {
        executeAll(engine, [set(`late:${step}`, 'v', NOW_MS + step * 10 * DAY_MS)], NOW_MS)
      }
      const nowMs = NOW_MS + 5 + jumpMs
      engine.maintain(nowMs, 1)
      engine.checkInvariants()
      for (let lap = 0; lap < 40; lap++) engine.maintain(nowMs, 1_000)
      engine.checkInvariants()
      const lateLeft = jumpMs === 1_024 ? 4 : 0
      expect(engine.stats()).toMatchObject({ records: 1_000 + lateLeft, expiring: lateLeft, expired: 2_004 - lateLeft })
    },
  )

  it('comes back when a write needs it, before the write is refused', () => {
    const engine = openTestEngine({ memoryBytesMax: 8 * 1024 * 1024 })
    const value = 'v'.repeat(100)
    const keys: string[] = []
    for (let index = 0; status(engine, NOW_MS, set(`old:${index}`, value, NOW_MS + 5)) === STATUS_OK; index++) {
      keys.push(`new:${index}`)
    }
    // Six bytes of value instead of the expiry: as long as the others.
    const operations = keys.map((key) => set(key, `${value}123456`))
    const { results } = executeAll(engine, operations, NOW_MS + 10_000)
    const refused = results.filter((result) => result.status !== STATUS_OK).length
    // Full of holes as the memory is then, the index cannot always grow.
    expect(refused).toBeLessThan(keys.length * 0.15)
    expect(engine.stats().expiring).toBe(0)
    engine.checkInvariants()
  })

  it('comes back for a large value, though it was in small pieces', () => {
    const engine = openTestEngine({ memoryBytesMax: 1024 * 1024 })
    for (let index = 0; status(engine, NOW_MS, set(`${index}`, 'v'.repeat(40), NOW_MS + 5)) === STATUS_OK; index++);
    expect(executeAll(engine, [set('big', 'b'.repeat(100_000))], NOW_MS + 10_000).results[0]?.status).toBe(STATUS_OK)
    engine.checkInvariants()
  })
})
