import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import '../../test/support/seed.ts'
import { templateBytes, ValueTable } from './values.ts'

const SIZES = [0, 1, 2, 3, 4, 5, 7, 8, 9, 100, 128, 4_095, 4_096, 4_099, 4_100, 4_101, 4_104, 10_000, 100_000]

function isAccepted(table: ValueTable, bytes: Uint8Array, rank: number): boolean {
  return table.hasStamps(bytes, 0, rank)
}

describe.each(SIZES)('values of %d bytes', (size) => {
  const table = new ValueTable(size)

  it('are accepted for their own rank, at any place', () => {
    for (const rank of [0, 1, 2, 255, 256, 65_536, 999_999, 99_999_999]) {
      const value = table.value(rank)
      expect(value.length).toBe(size)
      const reply = new Uint8Array(size + 7)
      reply.set(value, 5)
      expect(table.hasStamps(reply, 5, rank)).toBe(true)
      expect(table.firstDifference(reply, 5, rank)).toBe(-1)
    }
  })

  it('are the same in every table', () => {
    expect(new ValueTable(size).value(77)).toEqual(table.value(77).slice())
  })

  it.runIf(size >= 4)('are refused for every other rank', () => {
    const ranks = fc.nat({ max: 99_999_999 })
    const property = fc.property(ranks, ranks, (rank, other) => {
      fc.pre(rank !== other)
      expect(isAccepted(table, table.value(rank).slice(), other)).toBe(false)
    })
    fc.assert(property)
  })

  it.runIf(size >= 1 && size < 4)('are refused for a neighbouring rank', () => {
    for (let rank = 0; rank < 300; rank++) expect(isAccepted(table, table.value(rank).slice(), rank + 1)).toBe(false)
  })

  it.runIf(size >= 8)('are refused when torn at any place', () => {
    const first = table.value(5).slice()
    const second = table.value(5 + 64).slice()
    for (let at = 1; at < size; at += Math.max(1, size >> 6)) {
      const torn = first.slice()
      torn.set(second.subarray(at), at)
      expect(isAccepted(table, torn, 5) && isAccepted(table, torn, 5 + 64)).toBe(false)
      expect(isAccepted(table, torn, 5)).toBe(false)
    }
  })

  it.runIf(size >= 1)('are refused when they are zeros', () => {
    expect(table.firstDifference(new Uint8Array(size), 0, 0)).not.toBe(-1)
    if (size >= 4) expect(isAccepted(table, new Uint8Array(size), 0)).toBe(false)
  })

  it.runIf(size >= 1)('differ at each changed byte', () => {
    for (const at of [0, size >> 1, size - 1]) {
      const changed = table.value(3).slice()
      changed[at] = (changed[at] ?? 0) ^ 1
      expect(table.firstDifference(changed, 0, 3)).toBe(at)
    }
  })
})

it('keeps the templates of large values small', () => {
  expect(templateBytes(128)).toBe(64 * 128)
  expect(templateBytes(100_000)).toBeLessThanOrEqual(1024 * 1024)
  expect(templateBytes(8 * 1024 * 1024)).toBe(2 * 8 * 1024 * 1024)
})
