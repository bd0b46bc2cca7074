import { describe, expect, it } from 'vitest'
import { drawn } from '../../../test/support/workload-harness.ts'
import { zipfParameters } from './zipf.ts'

const DRAWS = 1_000_000

/** How often each rank is drawn. */
function frequencies(records: number, theta: number): number[] {
  const counts = new Array<number>(records).fill(0)
  const { ranks } = drawn({ records, distribution: { kind: 'zipf', theta } }, DRAWS, { seed: 7 })
  for (const rank of ranks) counts[rank] = (counts[rank] ?? 0) + 1
  return counts
}

/** The share of draws that fall on ranks [0, end), by the definition of the distribution. */
function expectedShare(records: number, theta: number, end: number): number {
  const weights = Array.from({ length: records }, (_, rank) => 1 / (rank + 1) ** theta)
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
  return sum(weights.slice(0, end)) / sum(weights)
}

function drawnShare(counts: readonly number[], end: number): number {
  return counts.slice(0, end).reduce((total, count) => total + count, 0) / DRAWS
}

describe('ranks', () => {
  it.each([
    { records: 1_000, theta: 0.99 },
    { records: 100_000, theta: 0.99 },
    { records: 1_000, theta: 0.5 },
    { records: 1_000, theta: 0.01 },
  ])('have the frequencies of theta $theta among $records', ({ records, theta }) => {
    const counts = frequencies(records, theta)
    // The two most frequent ranks are exact but for chance.
    expect(drawnShare(counts, 1)).toBeCloseTo(expectedShare(records, theta, 1), 2)
    expect(drawnShare(counts, 2)).toBeCloseTo(expectedShare(records, theta, 2), 2)
    // The curve behind them is an approximation, off by less than two percent of all draws.
    for (const end of [10, 100, records / 2, records]) {
      expect(Math.abs(drawnShare(counts, end) - expectedShare(records, theta, end))).toBeLessThan(0.02)
    }
  })

  it('are nearly uniform with theta 0.01', () => {
    const counts = frequencies(100, 0.01)
    const mean = DRAWS / 100
    for (const count of counts) expect(Math.abs(count - mean) / mean).toBeLessThan(0.1)
  })

  it('reach the last record', () => {
    for (const records of [1, 2, 3, 10]) expect(frequencies(records, 0.99)[records - 1]).toBeGreaterThan(0)
  })
})

it('computes zeta as it is defined', () => {
  expect(zipfParameters(3, 0.5).zeta).toBeCloseTo(1 + 1 / Math.sqrt(2) + 1 / Math.sqrt(3), 12)
  expect(zipfParameters(1_000, 0).zeta).toBe(1_000)
})
