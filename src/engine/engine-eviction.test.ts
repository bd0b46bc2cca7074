// Eviction: writes find room in a full cache, whatever their size; hot records stay; nothing goes that may not go; and
// what went is gone.

import { describe, expect, it } from 'vitest'
import { decodeEffects } from '../../test/support/effects.ts'
import { executeAll, openTestEngine, type TestOperation } from '../../test/support/engine-harness.ts'
import { keyOf } from '../../test/support/engine-model.ts'
import { STATUS_MISSING, STATUS_NO_MEMORY, STATUS_OK, STATUS_VALUE } from '../protocol/codes.ts'
import { VALUE_BYTES_MAX } from '../protocol/limits.ts'
import { seededRandom } from '../util/random.ts'
import { REMOVED_BY_EVICTION } from './assembly/outcomes.ts'
import type { Engine } from './index.ts'

const MIB = 1024 * 1024

function set(key: string, valueBytes: number, expiryMs?: number): TestOperation {
  return { kind: 'set', key, value: Buffer.alloc(valueBytes, key), expiryMs }
}

function sets(prefix: string, count: number, valueBytes: number, expiryMs?: number): TestOperation[] {
  return Array.from({ length: count }, (_, index) => set(`${prefix}:${index}`, valueBytes, expiryMs))
}

function gets(prefix: string, count: number): TestOperation[] {
  return Array.from({ length: count }, (_, index) => ({ kind: 'get', key: `${prefix}:${index}` }))
}

function statuses(engine: Engine, operations: readonly TestOperation[], nowMs = 1): number[] {
  return executeAll(engine, operations, nowMs).results.map(({ status }) => status)
}

function count(engine: Engine, operations: readonly TestOperation[], wanted: number, nowMs = 1): number {
  return statuses(engine, operations, nowMs).filter((status) => status === wanted).length
}

describe('a full cache', () => {
  it.each([0, 20, 100, 1_000, 30_000])('takes every write of values of %i bytes and holds its limit', (valueBytes) => {
    const engine = openTestEngine({ memoryBytesMax: 2 * MIB, eviction: 'any' })
    const total = Math.min(100_000, Math.ceil((7 * MIB) / (valueBytes + 40)))
    for (let done = 0; done < total; done += 500) {
      expect(count(engine, sets(`${done}`, 500, valueBytes), STATUS_OK)).toBe(500)
      engine.checkInvariants()
      expect(engine.stats().heapBytes).toBeLessThanOrEqual(2 * MIB)
    }
    const { evicted, inserts, records, heapUsedBytes } = engine.stats()
    expect(inserts - evicted).toBe(records)
    expect(heapUsedBytes).toBeGreaterThan(1.7 * MIB)
  })

  it.each([1, 4, 8])('of small records has room for a value of %i MiB', (mebibytes) => {
    for (const seed of [1, mebibytes]) {
      const engine = openTestEngine({ memoryBytesMax: 16 * MIB, eviction: 'any' })
      const random = seededRandom(seed)
      for (let done = 0; done < 100_000; done += 4_000) {
        const operations = Array.from({ length: 4_000 }, () => set(`${random.next32()}`, random.nextBelow(300)))
        executeAll(engine, operations)
      }
      expect(engine.stats().evicted).toBeGreaterThan(1_000)
      const big = set('big', Math.min(mebibytes * MIB, VALUE_BYTES_MAX))
      const { results } = executeAll(engine, [big, { kind: 'get', key: 'big' }])
      expect(results.map(({ status }) => status)).toEqual([STATUS_OK, STATUS_VALUE])
      expect(Buffer.from(results[1]?.value ?? []).equals(big.value as Buffer)).toBe(true)
      engine.checkInvariants()
      // And small ones are taken again.
      expect(count(engine, sets('again', 2_000, 100), STATUS_OK)).toBe(2_000)
      engine.checkInvariants()
    }
  })

  it('answers no-memory to what is larger than all of it, and goes on', () => {
    const engine = openTestEngine({ memoryBytesMax: 2 * MIB, eviction: 'any' })
    executeAll(engine, sets('key', 20_000, 100))
    expect(statuses(engine, [set('big', 3 * MIB), set('small', 10)])).toEqual([STATUS_NO_MEMORY, STATUS_OK])
    engine.checkInvariants()
  })

  it('shows nothing of what it evicted, and reports each', () => {
    const engine = openTestEngine({ memoryBytesMax: MIB, eviction: 'any', effects: true })
    const { effects } = executeAll(engine, sets('key', 20_000, 100))
    const gone = new Set<string>()
    for (const { kind, key, reason } of decodeEffects(effects)) {
      if (kind !== 'remove') continue
      expect(reason).toBe(REMOVED_BY_EVICTION)
      expect(gone.has(keyOf(key))).toBe(false)
      gone.add(keyOf(key))
    }
    expect(gone.size).toBe(engine.stats().evicted)
    const { results } = executeAll(engine, gets('key', 20_000), 1)
    results.forEach(({ status }, index) => {
      expect(status).toBe(gone.has(`key:${index}`) ? STATUS_MISSING : STATUS_VALUE)
    })
  })
})

describe('the policy "expiring"', () => {
  it('never evicts a record without expiry, and answers no-memory when there is no other', () => {
    const engine = openTestEngine({ memoryBytesMax: 2 * MIB, eviction: 'expiring' })
    expect(count(engine, sets('stay', 3_000, 100), STATUS_OK)).toBe(3_000)
    for (let round = 0; round < 10; round++) {
      const wanted = sets(`go:${round}`, 2_000, 100, 1_000_000)
      expect(count(engine, wanted, STATUS_OK)).toBe(2_000)
      engine.checkInvariants()
    }
    expect(engine.stats().evicted).toBeGreaterThan(1_000)
    expect(count(engine, gets('stay', 3_000), STATUS_VALUE)).toBe(3_000)
    // Records without expiry push the others out, and then there is no room.
    const refused = count(engine, sets('more', 20_000, 100), STATUS_NO_MEMORY)
    expect(refused).toBeGreaterThan(1_000)
    expect(engine.stats()).toMatchObject({ records: 23_000 - refused, expiring: 0 })
    expect(count(engine, gets('stay', 3_000), STATUS_VALUE)).toBe(3_000)
    engine.checkInvariants()
  })

  it('spares a record that lost its expiry while it was on probation', () => {
    const engine = openTestEngine({ memoryBytesMax: MIB, eviction: 'expiring' })
    executeAll(engine, sets('old', 10_000, 100, 1_000_000), 1)
    const kept = sets('kept', 400, 100, 1_000_000)
    for (const operation of kept) {
      const { key } = operation
      const lose: TestOperation =
        Number(key?.slice(5)) % 2 ? { kind: 'expire', key } : { ...operation, expiryMs: undefined }
      expect(statuses(engine, [operation, lose])).toEqual([STATUS_OK, STATUS_OK])
    }
    expect(engine.stats().onProbation).toBeGreaterThan(100)
    executeAll(engine, sets('new', 40_000, 100, 1_000_000), 1)
    engine.checkInvariants()
    expect(count(engine, gets('kept', 400), STATUS_VALUE)).toBe(400)
  })

  it('makes room for a large value among records that stay', () => {
    const engine = openTestEngine({ memoryBytesMax: 8 * MIB, eviction: 'expiring' })
    executeAll(engine, sets('stay', 1_000, 100), 1)
    executeAll(engine, sets('go', 60_000, 100, 1_000_000), 1)
    expect(statuses(engine, [set('big', 4 * MIB)])).toEqual([STATUS_OK])
    expect(count(engine, gets('stay', 1_000), STATUS_VALUE)).toBe(1_000)
    engine.checkInvariants()
  })
})

describe('what stays', () => {
  it('hot records survive a scan of many that are used once', () => {
    const engine = openTestEngine({ memoryBytesMax: 2 * MIB, eviction: 'any' })
    executeAll(engine, sets('fill', 20_000, 100))
    executeAll(engine, sets('hot', 1_000, 100))
    for (let round = 0; round < 4; round++) executeAll(engine, gets('hot', 1_000))
    const hot = gets('hot', 1_000).filter((get) => count(engine, [get], STATUS_VALUE) === 1)
    expect(hot.length).toBeGreaterThan(800)
    for (let round = 0; round < 40; round++) {
      executeAll(engine, sets(`scan:${round}`, 1_000, 100))
      executeAll(engine, hot)
    }
    // A hole for a long block takes what lies there, hot or not.
    expect(count(engine, hot, STATUS_VALUE)).toBeGreaterThan(hot.length * 0.85)
  })

  it('a record that comes back soon after its eviction is trusted, a new one is on probation', () => {
    const engine = openTestEngine({ memoryBytesMax: MIB, eviction: 'any', effects: true })
    executeAll(engine, sets('fill', 10_000, 100))
    const { effects } = executeAll(engine, sets('more', 1_000, 100))
    const evicted = decodeEffects(effects).flatMap(({ kind, key }) => (kind === 'remove' ? [keyOf(key)] : []))
    const present = gets('more', 1_000).filter((get) => count(engine, [get], STATUS_VALUE) === 1)
    /**
     * The share of the keys that enter on probation, each into the place of one that is deleted; but one for which
     * others had to go.
     */
    const admit = (keys: readonly string[]): number => {
      const entered = keys.flatMap((key) => {
        executeAll(engine, [{ kind: 'delete', key: present.pop()?.key }])
        const { onProbation, evicted: before } = engine.stats()
        executeAll(engine, [set(key, 60)])
        return engine.stats().evicted === before ? [engine.stats().onProbation > onProbation] : []
      })
      expect(entered.length).toBeGreaterThan(keys.length / 2)
      return entered.filter(Boolean).length / entered.length
    }
    expect(admit(evicted.slice(-100))).toBeLessThan(0.75)
    expect(admit(Array.from({ length: 100 }, (_, index) => `new:${index}`))).toBe(1)
    engine.checkInvariants()
  })
})
