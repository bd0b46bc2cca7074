// How often the benchmark's generator draws each rank: not the ideal Zipf distribution but the curve that Gray's generator
// really draws from (`../workload/zipf.ts`), turned round. A fraction u becomes rank floor(n * (eta * u - eta + 1)^alpha),
// so the ranks below k have the share of those u that give less than k.
//
// The frequent ranks are listed one by one, the others in groups of neighbours whose shares hardly differ: a million
// records are 66,000 groups, and ten million not many more.

import { assert } from '../../util/assert.ts'
import { type ZipfParameters, zipfParameters } from '../workload/zipf.ts'

/** Ranks listed one by one. With theta 0.99 and a million records they have 80% of all operations. */
export const HEAD_RANKS = 65_536

/** A group behind the head has one rank for so many before it. */
const RANKS_BEFORE_EACH = 100

/** Neighbouring ranks, each of which has the same share of the operations, or nearly so. */
export interface RankGroup {
  readonly first: number
  readonly count: number
  /** Of all operations, for each rank of the group. */
  readonly share: number
}

/** All ranks, the most frequent first; the shares of all ranks together are 1. */
export function rankGroups(records: number, theta: number): RankGroup[] {
  const zipf = zipfParameters(records, theta)
  const groups: RankGroup[] = []
  let below = 0
  for (let first = 0; first < records; ) {
    const count = first < HEAD_RANKS ? 1 : Math.min(Math.ceil(first / RANKS_BEFORE_EACH), records - first)
    const next = shareBelow(zipf, theta, first + count)
    groups.push({ first, count, share: (next - below) / count })
    first += count
    below = next
  }
  return groups
}

/** Share of the operations that fall on the ranks below `rank`. */
export function shareBelow({ records, zeta, secondBound, eta }: ZipfParameters, theta: number, rank: number): number {
  assert(rank >= 0 && rank <= records, 'a rank, or one past the last')
  if (rank === records) return 1
  if (rank === 0) return 0
  if (rank === 1) return 1 / zeta
  if (rank === 2) return secondBound / zeta
  return 1 - (1 - (rank / records) ** (1 - theta)) / eta
}
