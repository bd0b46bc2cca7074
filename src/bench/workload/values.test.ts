import fc from 'fast-check'
import { expect, it } from 'vitest'
import { seedOf } from '../../../test/support/seed.ts'
import { seededRandom } from '../../util/random.ts'
import { templateBytes, ValueTable } from './values.ts'
import type { ValueSizes } from './workload-spec.ts'

const fixed = (bytes: number): ValueSizes => ({ kind: 'fixed', bytes })

const SIZES = [0, 1, 2, 3, 4, 5, 7, 8, 9, 100, 128, 4_095, 4_096, 4_099, 4_100, 4_101, 4_104, 10_000, 100_000]

/** Bytes of values that carry the whole stamp; of those below the rest of the text speaks for neighbours only. */
const STAMPED = SIZES.filter((size) => size >= 4)

it.each(SIZES)('values of %d bytes are accepted for their own rank, at any place', (size) => {
  const table = new ValueTable(fixed(size))
  for (const rank of [0, 1, 2, 255, 256, 65_536, 999_999, 99_999_999]) {
    const value = table.value(rank)
    expect(value.length).toBe(size)
    const reply = new Uint8Array(size + 7)
    reply.set(value, 5)
    expect(table.hasStamps(reply, 5, rank)).toBe(true)
    expect(table.firstDifference(reply, 5, rank)).toBe(-1)
  }
  // The same in every table: one run may check what another one stored.
  expect(Buffer.compare(new ValueTable(fixed(size)).value(77), table.value(77))).toBe(0)
})

it.each(STAMPED)('values of %d bytes are refused for every other rank', (size) => {
  const table = new ValueTable(fixed(size))
  const ranks = fc.nat({ max: 99_999_999 })
  const property = fc.property(ranks, ranks, (rank, other) => {
    fc.pre(rank !== other)
    expect(table.hasStamps(table.value(rank), 0, other)).toBe(false)
  })
  fc.assert(property)
})

it.each([1, 2, 3])('values of %d bytes are refused for a neighbouring rank', (size) => {
  const table = new ValueTable(fixed(size))
  for (let rank = 0; rank < 300; rank++) expect(table.hasStamps(table.value(rank), 0, rank + 1)).toBe(false)
})

it.each(SIZES.filter((size) => size >= 8))('values of %d bytes are refused when torn at any place', (size) => {
  const table = new ValueTable(fixed(size))
  // These two share their pattern: only the stamps tell them apart.
  const first = table.value(5).slice()
  const second = table.value(5 + 64).slice()
  for (let at = 1; at < size; at += Math.max(1, size >> 6)) {
    const torn = first.slice()
    torn.set(second.subarray(at), at)
    expect(table.hasStamps(torn, 0, 5)).toBe(false)
  }
})

it.each(STAMPED)('values of %d bytes are refused when they are zeros', (size) => {
  const table = new ValueTable(fixed(size))
  expect(table.hasStamps(new Uint8Array(size), 0, 0)).toBe(false)
})

it.each(SIZES.filter((size) => size >= 1))('values of %d bytes differ at each changed byte', (size) => {
  const table = new ValueTable(fixed(size))
  for (const at of [0, size >> 1, size - 1]) {
    const changed = table.value(3).slice()
    changed[at] = (changed[at] ?? 0) ^ 1
    expect(table.firstDifference(changed, 0, 3)).toBe(at)
  }
})

const VARIED: readonly ValueSizes[] = [
  { kind: 'uniform', least: 0, most: 12 },
  { kind: 'uniform', least: 64, most: 1_024 },
  // Stamps inside, at the end, and just before and behind each other.
  { kind: 'uniform', least: 4_090, most: 4_110 },
  { kind: 'uniform', least: 1, most: 20_000 },
  {
    kind: 'histogram',
    rows: [
      [3, 1],
      [8, 1],
      [4_099, 1],
      [9_000, 2],
    ],
  },
]

it.each(VARIED)('values of varying sizes are the same whatever was made before: %j', (sizes) => {
  const random = seededRandom(seedOf())
  const table = new ValueTable(sizes)
  for (let draw = 0; draw < 500; draw++) {
    // Few ranks, of which many share a template.
    const rank = random.nextBelow(8) * 64 + random.nextBelow(2)
    const value = table.value(rank)
    expect(value.length).toBe(table.valueBytesOf(rank))
    expect(Buffer.compare(value, new ValueTable(sizes).value(rank))).toBe(0)
  }
})

it.each(VARIED)('values of varying sizes are accepted for their own rank alone: %j', (sizes) => {
  const table = new ValueTable(sizes)
  for (let rank = 0; rank < 300; rank++) {
    const size = table.valueBytesOf(rank)
    const reply = new Uint8Array(size + 5)
    reply.set(table.value(rank), 5)
    expect(table.hasStamps(reply, 5, rank)).toBe(true)
    expect(table.firstDifference(reply, 5, rank)).toBe(-1)
    if (size === 0) continue
    reply[5 + (size >> 1)] = (reply[5 + (size >> 1)] ?? 0) ^ 1
    expect(table.firstDifference(reply, 5, rank)).toBe(size >> 1)
    reply[5] = (reply[5] ?? 0) ^ 2
    expect(table.hasStamps(reply, 5, rank)).toBe(false)
  }
})

it('keeps the templates of large values small', () => {
  expect(templateBytes(fixed(128))).toBe(64 * 128)
  expect(templateBytes(fixed(100_000))).toBeLessThanOrEqual(1024 * 1024)
  expect(templateBytes(fixed(8 * 1024 * 1024))).toBe(2 * 8 * 1024 * 1024)
  // With the copy that the stamps are written to.
  expect(templateBytes({ kind: 'uniform', least: 1, most: 1_024 })).toBe(65 * 1_024)
})
