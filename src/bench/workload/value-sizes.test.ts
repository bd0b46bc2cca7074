import { describe, expect, it } from 'vitest'
import { chiSquareExcess } from '../../../test/support/workload-harness.ts'
import { ValueSizer, valueBytesMean, valueBytesMost } from './value-sizes.ts'

const RANKS = 200_000

/** How many of the first ranks have each size. Fixed: sizes follow from ranks alone. */
function sizeCounts(sizer: ValueSizer): Map<number, number> {
  const counts = new Map<number, number>()
  for (let rank = 0; rank < RANKS; rank++) {
    const bytes = sizer.bytesOf(rank)
    counts.set(bytes, (counts.get(bytes) ?? 0) + 1)
  }
  return counts
}

describe('sizes', () => {
  it('of a range are even, from its first to its last', () => {
    const counts = sizeCounts(new ValueSizer({ kind: 'uniform', least: 64, most: 163 }))
    const sizes = Array.from({ length: 100 }, (_, index) => 64 + index)
    expect([...counts.keys()].sort((a, b) => a - b)).toEqual(sizes)
    const inOrder = sizes.map((bytes) => counts.get(bytes) ?? 0)
    expect(
      chiSquareExcess(
        inOrder,
        inOrder.map(() => RANKS / 100),
      ),
    ).toBeLessThan(0)
  })

  it('of a histogram have the shares of its weights, in any order', () => {
    const rows = [
      [1_000, 5],
      [10, 80],
      [100, 0.5],
      [70, 14.5],
    ] as const
    const counts = sizeCounts(new ValueSizer({ kind: 'histogram', rows }))
    expect(counts.size).toBe(rows.length)
    const inOrder = rows.map(([bytes]) => counts.get(bytes) ?? 0)
    expect(
      chiSquareExcess(
        inOrder,
        rows.map(([, weight]) => (weight / 100) * RANKS),
      ),
    ).toBeLessThan(0)
  })

  it('of a histogram are found in each of many rows', () => {
    const rows = Array.from({ length: 1_000 }, (_, bytes) => [bytes, 1] as const)
    expect(sizeCounts(new ValueSizer({ kind: 'histogram', rows })).size).toBe(1_000)
  })

  it('of one row are that', () => {
    const counts = sizeCounts(new ValueSizer({ kind: 'histogram', rows: [[77, 0.1]] }))
    expect([...counts]).toEqual([[77, RANKS]])
  })

  it('say nothing of those of the next rank', () => {
    const sizer = new ValueSizer({ kind: 'uniform', least: 0, most: 1 })
    const pairs = [0, 0, 0, 0]
    for (let rank = 0; rank < RANKS; rank += 2) {
      const pair = 2 * sizer.bytesOf(rank) + sizer.bytesOf(rank + 1)
      pairs[pair] = (pairs[pair] ?? 0) + 1
    }
    expect(
      chiSquareExcess(
        pairs,
        pairs.map(() => RANKS / 8),
      ),
    ).toBeLessThan(0)
  })

  it('stay what they are, so that one run can check what another one stored', () => {
    const sizer = new ValueSizer({ kind: 'uniform', least: 0, most: 999 })
    expect([0, 1, 2, 99_999_999, 2 ** 32 - 1].map((rank) => sizer.bytesOf(rank))).toEqual([758, 833, 491, 402, 522])
  })
})

it('has a mean and a largest size', () => {
  const rows = [
    [10, 3],
    [110, 1],
  ] as const
  const all = [
    { kind: 'fixed', bytes: 128 },
    { kind: 'uniform', least: 64, most: 1_024 },
    { kind: 'histogram', rows },
  ] as const
  expect(all.map(valueBytesMost)).toEqual([128, 1_024, 110])
  expect(all.map(valueBytesMean)).toEqual([128, 544, 35])
})
