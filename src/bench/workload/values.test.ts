import fc from 'fast-check'
import { expect, it } from 'vitest'
import '../../../test/support/seed.ts'
import { templateBytes, ValueTable } from './values.ts'

const SIZES = [0, 1, 2, 3, 4, 5, 7, 8, 9, 100, 128, 4_095, 4_096, 4_099, 4_100, 4_101, 4_104, 10_000, 100_000]

/** Bytes of values that carry the whole stamp; of those below the rest of the text speaks for neighbours only. */
const STAMPED = SIZES.filter((size) => size >= 4)

it.each(SIZES)('values of %d bytes are accepted for their own rank, at any place', (size) => {
  const table = new ValueTable(size)
  for (const rank of [0, 1, 2, 255, 256, 65_536, 999_999, 99_999_999]) {
    const value = table.value(rank)
    expect(value.length).toBe(size)
    const reply = new Uint8Array(size + 7)
    reply.set(value, 5)
    expect(table.hasStamps(reply, 5, rank)).toBe(true)
    expect(table.firstDifference(reply, 5, rank)).toBe(-1)
  }
  // The same in every table: one run may check what another one stored.
  expect(Buffer.compare(new ValueTable(size).value(77), table.value(77))).toBe(0)
})

it.each(STAMPED)('values of %d bytes are refused for every other rank', (size) => {
  const table = new ValueTable(size)
  const ranks = fc.nat({ max: 99_999_999 })
  const property = fc.property(ranks, ranks, (rank, other) => {
    fc.pre(rank !== other)
    expect(table.hasStamps(table.value(rank), 0, other)).toBe(false)
  })
  fc.assert(property)
})

it.each([1, 2, 3])('values of %d bytes are refused for a neighbouring rank', (size) => {
  const table = new ValueTable(size)
  for (let rank = 0; rank < 300; rank++) expect(table.hasStamps(table.value(rank), 0, rank + 1)).toBe(false)
})

it.each(SIZES.filter((size) => size >= 8))('values of %d bytes are refused when torn at any place', (size) => {
  const table = new ValueTable(size)
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
  const table = new ValueTable(size)
  expect(table.hasStamps(new Uint8Array(size), 0, 0)).toBe(false)
})

it.each(SIZES.filter((size) => size >= 1))('values of %d bytes differ at each changed byte', (size) => {
  const table = new ValueTable(size)
  for (const at of [0, size >> 1, size - 1]) {
    const changed = table.value(3).slice()
    changed[at] = (changed[at] ?? 0) ^ 1
    expect(table.firstDifference(changed, 0, 3)).toBe(at)
  }
})

it('keeps the templates of large values small', () => {
  expect(templateBytes(128)).toBe(64 * 128)
  expect(templateBytes(100_000)).toBeLessThanOrEqual(1024 * 1024)
  expect(templateBytes(8 * 1024 * 1024)).toBe(2 * 8 * 1024 * 1024)
})
