import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../util/random.ts'
import { zipfParameters } from '../workload/zipf.ts'
import { HEAD_RANKS, rankGroups, shareBelow } from './rank-shares.ts'

const DRAWS = 1_000_000

/** Gray's generator in plain form. */
function drawRanks(records: number, theta: number, count: number, seed: number): Uint32Array {
  const { zeta, secondBound, eta, alpha } = zipfParameters(records, theta)
  const random = seededRandom(seed)
  return Uint32Array.from({ length: count }, () => {
    const fraction = random.nextFloat()
    if (fraction * zeta < 1) return 0
    if (fraction * zeta < secondBound) return 1
    return Math.min(records - 1, Math.floor(records * (eta * fraction - eta + 1) ** alpha))
  })
}

describe('the shares of ranks', () => {
  it.each([
    { records: 1, theta: 0.99 },
    { records: 2, theta: 0.5 },
    { records: 3, theta: 0 },
    { records: 1_000, theta: 0.99 },
    { records: HEAD_RANKS, theta: 0.9 },
    { records: HEAD_RANKS + 1, theta: 0.9 },
    { records: 1_000_003, theta: 0.99 },
  ])('of $records records with theta $theta are together 1, and none is left out', ({ records, theta }) => {
    const groups = rankGroups(records, theta)
    expect(groups.reduce((sum, { count, share }) => sum + count * share, 0)).toBeCloseTo(1, 10)
    let next = 0
    for (const { first, count } of groups) {
      expect(first).toBe(next)
      next += count
    }
    expect(next).toBe(records)
  })

  it('are even without skew', () => {
    for (const { share } of rankGroups(1_000, 0)) expect(share).toBeCloseTo(1 / 1_000, 12)
  })

  it.each([0.3, 0.9, 0.99])('are those that the generator draws with theta %s', (theta) => {
    const records = 10_000
    const ranks = drawRanks(records, theta, DRAWS, 5)
    for (const end of [1, 2, 3, 10, 100, 5_000]) {
      const drawn = ranks.reduce((count, rank) => (rank < end ? count + 1 : count), 0) / DRAWS
      const expected = shareBelow(zipfParameters(records, theta), theta, end)
      // Five standard deviations of a share drawn a million times are at most 0.0025.
      expect(Math.abs(drawn - expected)).toBeLessThan(0.0025)
    }
  })
})
