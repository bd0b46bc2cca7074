// Scans, while the table changes under them; and what else speaks of the table as a whole: count and random keys.

import { describe, expect, it } from 'vitest'
import { executeAll, executeSection, openTestEngine, type TestOperation } from '../../test/support/engine-harness.ts'
import { keyOf } from '../../test/support/engine-model.ts'
import { readPage } from '../../test/support/engine-oracle.ts'
import { STATUS_MISSING, STATUS_OK, STATUS_VALUE } from '../protocol/codes.ts'
import { KEY_BYTES_MAX, SCAN_KEYS_MAX } from '../protocol/limits.ts'
import { seededRandom } from '../util/random.ts'
import type { Engine } from './index.ts'

/** Bytes of the longest page. */
const PAGE_BYTES_MAX = 256 * 1024

function sets(keys: readonly (string | Buffer)[]): TestOperation[] {
  return keys.map((key) => ({ kind: 'set', key, value: 'v' }))
}

function deletes(keys: readonly string[]): TestOperation[] {
  return keys.map((key) => ({ kind: 'delete', key }))
}

function names(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}:${index}`)
}

/**
 * Scans from the beginning to the end; `between` is called behind each page. Returns each key as often as it was
 * listed.
 */
function scanAll(engine: Engine, count: number, between: (pages: number) => void = () => {}, nowMs = 1): string[] {
  const listed: string[] = []
  let cursor = 0n
  for (let pages = 1; ; pages++) {
    const result = executeSection(engine, [{ kind: 'scan', cursor, count }], nowMs).results[0]
    expect(result?.status).toBe(STATUS_VALUE)
    const value = result?.value ?? new Uint8Array(0)
    expect(value.length).toBeLessThanOrEqual(PAGE_BYTES_MAX)
    const page = readPage(value)
    listed.push(...page.keys)
    if (page.cursor === 0n) return listed
    expect(page.cursor > cursor).toBe(true)
    cursor = page.cursor
    between(pages)
  }
}

describe('a scan', () => {
  it.each([0, 1, 11, 500, 30_000])('of %i records at rest lists each once', (records) => {
    const engine = openTestEngine()
    const keys = names('key', records)
    executeAll(engine, sets(keys))
    for (const count of records > 1_000 ? [100, SCAN_KEYS_MAX] : [1, 10, SCAN_KEYS_MAX]) {
      expect(scanAll(engine, count).sort()).toEqual([...keys].sort())
    }
  })

  it.each<[string, (engine: Engine, page: number) => void]>([
    ['grows tenfold', (engine, page) => void executeAll(engine, sets(names(`new:${page}`, 3_000)))],
    [
      'shrinks to a tenth',
      (engine, page) =>
        void executeAll(engine, deletes(names('other', 20_000).slice((page - 1) * 2_000, page * 2_000))),
    ],
    [
      'grows and shrinks by turns',
      (engine, page) => {
        if (page % 2 === 1) executeAll(engine, sets(names(`turn:${page}`, 6_000)))
        else executeAll(engine, deletes(names(`turn:${page - 1}`, 6_000)))
      },
    ],
    ['expires', (engine, page) => engine.maintain(1 + page * 500, 300)],
  ])('lists every record that is there throughout while the table %s', (_name, between) => {
    for (const count of [50, 400]) {
      const engine = openTestEngine()
      const stay = names('stay', 3_000)
      const expiring = names('expiring', 3_000).map(
        (key, index): TestOperation => ({ kind: 'set', key, value: '', expiryMs: 2 + index * 3 }),
      )
      executeAll(engine, [...sets(stay), ...sets(names('other', 20_000)), ...expiring], 1)
      const listed = new Set(scanAll(engine, count, (page) => page <= 10 && between(engine, page)))
      expect(stay.filter((key) => !listed.has(key))).toEqual([])
      engine.checkInvariants()
    }
  })

  it('ends when the table is cleared under it, and lists only what came after', () => {
    const engine = openTestEngine()
    executeAll(engine, sets(names('old', 5_000)))
    let after = 0
    const listed = scanAll(engine, 100, (page) => {
      if (page === 3) executeSection(engine, [{ kind: 'clear' }, ...sets(names('new', 200))])
      else if (page < 3) after = page
    })
    expect(after).toBe(2)
    expect(listed.filter((key) => key.startsWith('old')).length).toBeLessThan(600)
    expect(new Set(listed.filter((key) => key.startsWith('new'))).size).toBeGreaterThan(100)
  })

  it('lists the longest keys, many of them neighbours', () => {
    const engine = openTestEngine()
    const keys = Array.from({ length: 120 }, (_, index) => {
      const key = Buffer.alloc(KEY_BYTES_MAX - (index % 3), 'long key ')
      key.writeUInt32LE(index)
      return key
    })
    for (let at = 0; at < keys.length; at += 40) executeAll(engine, sets(keys.slice(at, at + 40)))
    const expected = keys.map(keyOf).sort()
    for (const count of [1, 5, SCAN_KEYS_MAX]) expect(scanAll(engine, count).sort()).toEqual(expected)
  })

  it('lists about as many keys as wanted', () => {
    const engine = openTestEngine()
    executeAll(engine, sets(names('key', 10_000)))
    for (const count of [1, 10, 100, 1_000]) {
      const { results } = executeSection(engine, [{ kind: 'scan', cursor: 0n, count }])
      const { keys } = readPage(results[0]?.value ?? new Uint8Array(0))
      expect(keys.length).toBeGreaterThanOrEqual(count)
      expect(keys.length).toBeLessThan(count + 12)
    }
  })

  it.each([1n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 32n, 2n ** 40n, 2n ** 64n - 1n])(
    'goes on from the cursor %i',
    (cursor) => {
      const engine = openTestEngine()
      executeAll(engine, sets(names('key', 1_000)))
      const { results } = executeSection(engine, [{ kind: 'scan', cursor, count: SCAN_KEYS_MAX }])
      const page = readPage(results[0]?.value ?? new Uint8Array(0))
      expect(page.cursor).toBe(0n)
      expect(page.keys.length).toBeLessThanOrEqual(1_000)
      if (cursor >= 2n ** 32n) expect(page.keys).toEqual([])
    },
  )

  it('never lists an expired record', () => {
    const engine = openTestEngine()
    const operations = names('key', 2_000).map((key, index): TestOperation => {
      return { kind: 'set', key, value: '', expiryMs: index % 2 ? 100 : undefined }
    })
    executeAll(engine, operations, 1)
    expect(scanAll(engine, 500, () => {}, 99).length).toBe(2_000)
    expect(scanAll(engine, 500, () => {}, 100).length).toBe(1_000)
  })
})

describe('a random key', () => {
  it('may be any of the keys, each about as often', () => {
    const engine = openTestEngine()
    const keys = names('key', 200)
    executeAll(engine, sets(keys))
    const draws = 40_000
    const drawn = new Map(keys.map((key) => [key, 0]))
    const operations = Array.from({ length: draws }, (): TestOperation => ({ kind: 'random-key' }))
    for (const { value } of executeAll(engine, operations).results) {
      const key = keyOf(value)
      drawn.set(key, (drawn.get(key) ?? 0) + 1)
    }
    const counts = [...drawn.values()].sort((a, b) => a - b)
    expect(drawn.size).toBe(200)
    // A bucket's neighbours and their fill change the odds, but no key is starved.
    expect(counts[0]).toBeGreaterThan(draws / 200 / 8)
    expect(counts.at(-1)).toBeLessThan((draws / 200) * 8)
  })

  it('is missing when there is none, and found when there is one among expired ones', () => {
    const engine = openTestEngine()
    const random: TestOperation = { kind: 'random-key' }
    expect(executeSection(engine, [random]).results[0]?.status).toBe(STATUS_MISSING)
    const expiring = names('key', 300).map((key): TestOperation => ({ kind: 'set', key, value: '', expiryMs: 10 }))
    executeSection(engine, [...expiring, ...sets(['only'])], 1)
    for (let round = 0; round < 50; round++) {
      expect(keyOf(executeSection(engine, [random], 10).results[0]?.value)).toBe('only')
    }
  })
})

describe('the index', () => {
  it('shrinks when records are deleted, and the scan stays right', () => {
    const engine = openTestEngine()
    const random = seededRandom(1)
    const keys = names('key', 60_000)
    executeAll(engine, sets(keys))
    const { segments, indexBytes } = engine.stats()
    const order = keys.map((key) => ({ key, rank: random.next32() })).sort((a, b) => a.rank - b.rank)
    const left = order.slice(0, 500).map(({ key }) => key)
    const { results } = executeAll(engine, deletes(order.slice(500).map(({ key }) => key)))
    expect(results.every(({ status }) => status === STATUS_OK)).toBe(true)
    engine.checkInvariants()
    expect(engine.stats().segments).toBeLessThanOrEqual(segments)
    expect(engine.stats().indexBytes).toBeLessThan(indexBytes / 20)
    expect(scanAll(engine, 100).sort()).toEqual(left.sort())
    executeAll(engine, deletes(left))
    engine.checkInvariants()
    expect(engine.stats().indexBytes).toBeLessThan(indexBytes / 50)
    expect(scanAll(engine, 100)).toEqual([])
  })
})
