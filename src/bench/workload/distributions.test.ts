// How often records and kinds are drawn, beside how often they should be: with other seeds each time, and bounds that
// chance does not pass.

import { describe, expect, it } from 'vitest'
import { fnvHash64 } from '../../../test/support/plain-workload.ts'
import { seedOf } from '../../../test/support/seed.ts'
import { chiSquareExcess, drawn, mixOf, openSource } from '../../../test/support/workload-harness.ts'
import { KIND_INSERT, KIND_READ, KINDS } from './kinds.ts'
import { NAMED_MIXES } from './mixes.ts'
import type { Distribution } from './workload-spec.ts'

const DRAWS = 400_000
const RECORDS = 1_000

function countsOf(numbers: Iterable<number>, count: number): number[] {
  const counts = new Array<number>(count).fill(0)
  for (const number of numbers) counts[number] = (counts[number] ?? 0) + 1
  return counts
}

function rankCounts(distribution: Distribution, records = RECORDS): number[] {
  return countsOf(drawn({ distribution, records }, DRAWS, { seed: seedOf() }).ranks, records)
}

function sumOf(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0)
}

describe('uniform', () => {
  it.each([2, 3, 100, 1_000])('draws every one of %d records alike', (records) => {
    const counts = rankCounts({ kind: 'uniform' }, records)
    expect(counts.length).toBe(records)
    const expected = counts.map(() => DRAWS / records)
    expect(chiSquareExcess(counts, expected)).toBeLessThan(0)
  })
})

describe('hotspot', () => {
  it.each([
    { hotShare: 0.2, hotOperations: 0.8 },
    { hotShare: 0.01, hotOperations: 0.5 },
    { hotShare: 0.5, hotOperations: 0.1 },
  ])(
    'gives $hotShare of the records $hotOperations of the operations, evenly inside',
    ({ hotShare, hotOperations }) => {
      const counts = rankCounts({ kind: 'hotspot', hotShare, hotOperations })
      const hot = hotShare * RECORDS
      const expected = counts.map((_, rank) => {
        return DRAWS * (rank < hot ? hotOperations / hot : (1 - hotOperations) / (RECORDS - hot))
      })
      expect(chiSquareExcess(counts, expected)).toBeLessThan(0)
    },
  )

  it.each([
    { hotShare: 0, hotOperations: 0.8 },
    { hotShare: 1, hotOperations: 0.8 },
    { hotShare: 1, hotOperations: 0 },
    { hotShare: 0.25, hotOperations: 0.25 },
  ])('is uniform with $hotShare of the records and $hotOperations of the operations', (shares) => {
    const counts = rankCounts({ kind: 'hotspot', ...shares })
    expect(
      chiSquareExcess(
        counts,
        counts.map(() => DRAWS / RECORDS),
      ),
    ).toBeLessThan(0)
  })

  it('leaves one part alone where the other gets all', () => {
    const onlyHot = rankCounts({ kind: 'hotspot', hotShare: 0.3, hotOperations: 1 })
    expect([sumOf(onlyHot.slice(0, 300)), sumOf(onlyHot.slice(300))]).toEqual([DRAWS, 0])
    const onlyCold = rankCounts({ kind: 'hotspot', hotShare: 0.3, hotOperations: 0 })
    expect([sumOf(onlyCold.slice(0, 300)), sumOf(onlyCold.slice(300))]).toEqual([0, DRAWS])
    const one = rankCounts({ kind: 'hotspot', hotShare: 1e-9, hotOperations: 1 })
    expect(one[0]).toBe(DRAWS)
  })
})

describe('scrambled Zipf', () => {
  it('has the shares of Zipf, at other records', () => {
    const seed = seedOf()
    const theta = 0.99
    const plain = countsOf(drawn({ distribution: { kind: 'zipf', theta } }, DRAWS, { seed }).ranks, RECORDS)
    const { ranks } = drawn({ distribution: { kind: 'scrambled-zipf', theta } }, DRAWS, { seed })
    const counts = countsOf(ranks, RECORDS)
    // The most frequent ones are not the first ones, and lie where YCSB's hash of 0 and 1 says.
    const [first = 0, second = 0] = counts.map((_, rank) => rank).sort((a, b) => (counts[b] ?? 0) - (counts[a] ?? 0))
    expect([first, second]).toEqual([0, 1].map((rank) => Number(fnvHash64(rank) % BigInt(RECORDS))))
    expect(counts[first]).toBeGreaterThanOrEqual(plain[0] ?? 0)
    expect(sumOf(counts.slice(0, 100)) / DRAWS).toBeLessThan(0.5)
    // Two ranks may be scattered to one record; others are left out.
    const missed = counts.filter((count) => count === 0).length
    expect(missed).toBeGreaterThan(RECORDS / 4)
    expect(missed).toBeLessThan(RECORDS / 2)
  })
})

describe('latest', () => {
  const latest: Distribution = { kind: 'latest', theta: 0.99 }

  it('is Zipf from the last record of the load back, while nothing is inserted', () => {
    const seed = seedOf()
    const plain = drawn({ distribution: { kind: 'zipf', theta: 0.99 } }, 10_000, { seed })
    const { ranks } = drawn({ distribution: latest }, 10_000, { seed })
    expect([...ranks]).toEqual([...plain.ranks].map((rank) => RECORDS - 1 - rank))
  })

  it('asks most for the newest record that an earlier block inserted', () => {
    const { mix = [] } = NAMED_MIXES.d ?? {}
    const { source, block } = openSource({ distribution: latest, mix }, { seed: seedOf(), client: 2, clientCount: 5 })
    const known: number[] = []
    let newestReads = 0
    let reads = 0
    for (let part = 0; part < 100; part++) {
      source.draw(block, 1_000)
      const own = new Set(known)
      const newest = known.at(-1) ?? RECORDS - 1
      for (const [index, rank] of block.ranks.entries()) {
        if (block.kinds[index] === KIND_INSERT) known.push(rank)
        else {
          expect(rank < RECORDS || own.has(rank)).toBe(true)
          reads++
          if (rank === newest) newestReads++
        }
      }
    }
    // 1 / zeta(1,000 to 6,000 records) with theta 0.99.
    expect(newestReads / reads).toBeGreaterThan(0.09)
    expect(newestReads / reads).toBeLessThan(0.15)
  })
})

describe('kinds', () => {
  it.each(Object.entries(NAMED_MIXES))('of workload %s have their shares', (_, { mix }) => {
    const counts = countsOf(drawn({ mix }, DRAWS, { seed: seedOf() }).kinds, KINDS.length)
    const present = mix.flatMap((share, kind) => (share > 0 ? [kind] : []))
    expect(sumOf(present.map((kind) => counts[kind] ?? 0))).toBe(DRAWS)
    const expected = present.map((kind) => (mix[kind] ?? 0) * DRAWS)
    expect(
      chiSquareExcess(
        present.map((kind) => counts[kind] ?? 0),
        expected,
      ),
    ).toBeLessThan(0)
  })

  it('have their shares where all are mixed', () => {
    const mix = [0.3, 0.2, 0.1, 0.1, 0.1, 0.08, 0.07, 0.05]
    const counts = countsOf(drawn({ mix }, DRAWS, { seed: seedOf() }).kinds, KINDS.length)
    expect(
      chiSquareExcess(
        counts,
        mix.map((share) => share * DRAWS),
      ),
    ).toBeLessThan(0)
  })

  it('do not depend on the record', () => {
    const { ranks, kinds } = drawn({ mix: mixOf({ 0: 0.5, 1: 0.5 }) }, DRAWS, { seed: seedOf() })
    const isMostFrequent = Array.from(ranks, (rank) => rank === 0)
    const counts = [true, false].flatMap((wanted) => {
      const all = isMostFrequent.filter((is) => is === wanted).length
      const reads = isMostFrequent.filter((is, at) => is === wanted && kinds[at] === KIND_READ).length
      return [{ reads, all }]
    })
    for (const { reads, all } of counts) {
      expect(chiSquareExcess([reads, all - reads], [all / 2, all / 2])).toBeLessThan(0)
    }
  })
})
