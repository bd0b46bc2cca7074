// What happens to records over time: they expire, make room for others, and are walked over while they change.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { openTestStore } from '../../test/support/store-harness.ts'
import { openStore } from './index.ts'

const MIB = 1024 * 1024

describe('expiry', () => {
  it('is in the call, or the store has it, or there is none', () => {
    const { store, clock } = openTestStore({ ttlMs: 100 })
    const now = clock.nowMs()
    store.set('default', 'v')
    store.set('own', 'v', { ttlMs: 7 })
    store.set('fraction', 'v', { ttlMs: 0.5 })
    store.set('absolute', 'v', { expiresAtMs: now + 50 })
    store.set('never', 'v', { ttlMs: Infinity })
    store.set('also never', 'v', { expiresAtMs: Infinity })
    store.add('counter')
    store.add('counter of its own', 1, { ttlMs: 9 })
    store.append('appended', 'v')
    const ttls = ['default', 'own', 'fraction', 'absolute', 'never', 'also never', 'counter', 'counter of its own']
    expect(ttls.map((key) => store.ttlMs(key))).toEqual([100, 7, 1, 50, Infinity, Infinity, 100, 9])
    expect(store.ttlMs('appended')).toBe(100)
    clock.advance(50)
    expect(['own', 'absolute', 'default'].map((key) => store.has(key))).toEqual([false, false, true])
    clock.advance(50)
    expect([...store.keys()].sort()).toEqual(['also never', 'never'])
  })

  it('is kept, moved and taken away', () => {
    const { store } = openTestStore()
    store.set('k', '1', { ttlMs: 100 })
    store.set('k', '2', { keepExpiry: true })
    expect(store.ttlMs('k')).toBe(100)
    store.add('k', 1, { ttlMs: 5 })
    store.append('k', '0')
    expect([store.get('k'), store.ttlMs('k')]).toEqual(['30', 100])
    expect([store.expire('k', 50, { if: 'later' }), store.expire('k', 150, { if: 'earlier' })]).toEqual([false, false])
    expect([store.expire('k', 50, { if: 'earlier' }), store.ttlMs('k')]).toEqual([true, 50])
    expect([store.expire('k', 60, { if: 'later' }), store.ttlMs('k')]).toEqual([true, 60])
    expect([store.expire('k', 9, { if: 'no-expiry' }), store.expire('k', Infinity, { if: 'has-expiry' })]).toEqual([
      false,
      true,
    ])
    expect([store.ttlMs('k'), store.expire('k', Infinity, { if: 'has-expiry' })]).toEqual([Infinity, false])
    store.set('k', '3', { ttlMs: 100 })
    store.set('k', '4')
    expect(store.ttlMs('k')).toBe(Infinity)
    store.set('new', '1', { keepExpiry: true })
    expect(store.ttlMs('new')).toBe(Infinity)
  })

  it('frees memory while other things happen, or in maintain', () => {
    const { store, clock, checkInvariants } = openTestStore()
    for (let index = 0; index < 5_000; index++) store.set(`k:${index}`, 'v', { ttlMs: 10 })
    // The engine looks for expired records in steps coarser than a millisecond.
    for (let round = 0; round < 20; round++) {
      clock.advance(2_000)
      store.maintain()
    }
    expect(store.stats()).toMatchObject({ records: 0, expired: 5_000, expiring: 0 })
    checkInvariants()
  })

  it('does not read the clock before a record expires', () => {
    let readings = 0
    const store = openStore({
      clock: {
        nowMs: () => {
          readings++
          return 5_000
        },
      },
    })
    const atOpening = readings
    store.set('k', 'v')
    store.get('k')
    store.add('n')
    expect(readings).toBe(atOpening)
    store.set('k', 'v', { ttlMs: 1 })
    store.get('n')
    expect(readings).toBeGreaterThan(atOpening)
  })

  it('uses the time of the machine unless told otherwise', () => {
    const store = openStore()
    store.set('k', 'v', { ttlMs: 60_000 })
    const ttlMs = store.ttlMs('k') ?? 0
    expect(ttlMs).toBeGreaterThan(50_000)
    expect(ttlMs).toBeLessThanOrEqual(60_000)
    store.set('past', 'v', { expiresAtMs: 1 })
    expect(store.has('past')).toBe(false)
  })
})

it('takes a clock that goes back for one that stands still', () => {
  const { store, clock } = openTestStore({})
  store.set('a', 'v', { ttlMs: 7_200_000 })
  clock.advance(-3_600_000)
  expect(store.set('b', 'v', { ttlMs: 60_000 })).toBe(true)
  expect(store.get('b')).toBe('v')
  expect(store.ttlMs('a')).toBe(7_200_000)
  expect(store.ttlMs('b')).toBe(60_000)
})

describe('eviction', () => {
  it('keeps a store of `any` within its memory, and what is used in it', () => {
    const { store, checkInvariants } = openTestStore({ maxBytes: 2 * MIB, eviction: 'any' })
    for (let index = 0; index < 20_000; index++) {
      expect(store.set(`k:${index}`, 'v'.repeat(500))).toBe(true)
      expect(store.set('hot', 'h') && store.get('hot')).toBe('h')
    }
    const { records, evicted, memoryBytes, usedBytes } = store.stats()
    expect(memoryBytes).toBeLessThanOrEqual(2 * MIB)
    expect(usedBytes).toBeLessThanOrEqual(memoryBytes)
    // What is used much is evicted only where a longer block needs its place, and comes back.
    expect(records + evicted).toBeGreaterThanOrEqual(20_001)
    expect(records + evicted).toBeLessThan(20_010)
    expect(records).toBeGreaterThan(2_500)
    expect(store.get('k:19999')).toBe('v'.repeat(500))
    checkInvariants()
  })

  it('spares records without an expiry in a store of `expiring`', () => {
    const { store, checkInvariants } = openTestStore({ maxBytes: 2 * MIB, eviction: 'expiring' })
    for (let index = 0; index < 500; index++) store.set(`kept:${index}`, 'v'.repeat(500))
    for (let index = 0; index < 10_000; index++) store.set(`cached:${index}`, 'v'.repeat(500), { ttlMs: 100_000 })
    for (let index = 0; index < 500; index++) expect(store.has(`kept:${index}`)).toBe(true)
    expect(store.stats().evicted).toBeGreaterThan(5_000)
    checkInvariants()
  })

  it('takes values of all sizes', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 400_000 }), { minLength: 20, maxLength: 60 }), (sizes) => {
        const { store, checkInvariants } = openTestStore({ maxBytes: 2 * MIB, eviction: 'any' })
        for (const [index, size] of sizes.entries()) {
          store.set(`k:${index % 30}`, new Uint8Array(size))
          expect(store.bytes.get(`k:${index % 30}`)?.length).toBe(size)
        }
        expect(store.stats().memoryBytes).toBeLessThanOrEqual(2 * MIB)
        checkInvariants()
      }),
      { numRuns: 30 },
    )
  })
})

describe('a walk', () => {
  it('meets every record once when nothing changes', () => {
    const { store } = openTestStore()
    const expected = new Map(Array.from({ length: 3_000 }, (_, index) => [`k:${index}`, `v:${index}`]))
    for (const [key, value] of expected) store.set(key, value)
    expect(new Map(store)).toEqual(expected)
    expect([...store.entries()]).toHaveLength(3_000)
    expect(new Set(store.keys())).toEqual(new Set(expected.keys()))
    expect([...store.values()].sort()).toEqual([...expected.values()].sort())
    const bytes = new Map(
      [...store.bytes].map(([key, value]) => [Buffer.from(key).toString(), Buffer.from(value).toString()]),
    )
    expect(bytes).toEqual(expected)
    expect(expected.has(store.randomKey() ?? '')).toBe(true)
  })

  it('reaches keys that are no text', () => {
    const { store } = openTestStore()
    store.set(Uint8Array.of(255, 254), 'binary')
    expect([...store]).toEqual([['\ufffd\ufffd', 'binary']])
    expect([...store.bytes.keys()]).toEqual([Uint8Array.of(255, 254)])
    expect(store.bytes.scan().keys).toEqual([Uint8Array.of(255, 254)])
  })

  it('goes on from a cursor, page by page', () => {
    const { store } = openTestStore()
    for (let index = 0; index < 1_000; index++) store.set(`k:${index}`, '')
    const keys: string[] = []
    let cursor = 0
    let pages = 0
    do {
      const page = store.scan({ cursor, count: 10 })
      keys.push(...page.keys)
      cursor = page.cursor
      pages++
    } while (cursor !== 0)
    expect(new Set(keys).size).toBe(1_000)
    expect(pages).toBeGreaterThan(20)
  })

  it('meets every record that stays, while others come and go', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 20_000 }), { minLength: 50, maxLength: 400 }), (changes) => {
        const { store, checkInvariants } = openTestStore()
        for (let index = 0; index < 2_000; index++) store.set(`stays:${index}`, '')
        const met = new Set<string>()
        let step = 0
        for (const [key] of store) {
          met.add(key)
          const change = changes[step++ % changes.length] ?? 0
          if (change % 3 === 0) store.delete(`goes:${change}`)
          else for (let extra = 0; extra < 5; extra++) store.set(`goes:${change + extra}`, 'x')
          if (step > 50_000) throw new Error('the walk does not end')
        }
        for (let index = 0; index < 2_000; index++) expect(met.has(`stays:${index}`)).toBe(true)
        checkInvariants()
      }),
      { numRuns: 10 },
    )
  })

  it('leaves out what is deleted before its turn', () => {
    const { store } = openTestStore()
    for (let index = 0; index < 100; index++) store.set(`k:${index}`, '')
    let met = 0
    for (const _ of store.entries()) {
      met++
      store.clear()
    }
    expect(met).toBe(1)
  })
})
