import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import '../../../test/support/seed.ts'
import { keyAt, type PlainClient, PlainSource, plainKey } from '../../../test/support/plain-workload.ts'
import { drawn, openSource, readsAndUpdates, workloadOf } from '../../../test/support/workload-harness.ts'
import { KIND_END, KIND_INCREMENT, KIND_INSERT, KIND_READ, KINDS } from './kinds.ts'
import { NAMED_MIXES } from './mixes.ts'
import { type OperationBlock, OperationSource, sequenceSeed } from './workload.ts'
import type { Distribution, WorkloadSpec } from './workload-spec.ts'

const thetas = fc.oneof(fc.constantFrom(0, 0.01, 0.5, 0.99), fc.double({ min: 0, max: 0.999, noNaN: true }))
const shares = fc.oneof(fc.constantFrom(0, 1), fc.double({ min: 0, max: 1, noNaN: true }))

const distributions: fc.Arbitrary<Distribution> = fc.oneof(
  fc.constant({ kind: 'uniform' } as const),
  fc.record({ kind: fc.constantFrom('zipf', 'scrambled-zipf', 'latest'), theta: thetas }),
  fc.record({ kind: fc.constant('hotspot' as const), hotShare: shares, hotOperations: shares }),
)

const mixes = fc
  .array(fc.nat({ max: 20 }), { minLength: KIND_END, maxLength: KIND_END })
  .filter((weights) => weights.some((weight) => weight > 0))
  .map((weights) => {
    const sum = weights.reduce((total, weight) => total + weight, 0)
    return weights.map((weight) => weight / sum)
  })

const workloads: fc.Arbitrary<WorkloadSpec> = fc
  .record({
    mix: fc.oneof(fc.constantFrom(0, 0.5, 0.95, 1).map(readsAndUpdates), mixes),
    distribution: distributions,
    keyFormat: fc.constantFrom('decimal', 'user'),
    records: fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 13, max: 200_000 })),
  })
  .map(workloadOf)

const clients: fc.Arbitrary<PlainClient> = fc
  .record({ seed: fc.nat({ max: 2 ** 31 }), client: fc.nat({ max: 300 }), others: fc.nat({ max: 300 }) })
  .map(({ seed, client, others }) => ({ seed, client, clientCount: client + 1 + others }))

/** What of a block is not what the plain form says. */
function differences(block: OperationBlock, plain: PlainSource, workload: WorkloadSpec): unknown[] {
  return plain.block(block.count).flatMap((expected, index) => {
    const rank = block.ranks[index] ?? -1
    const kind = block.kinds[index] ?? -1
    const isKey = keyAt(block, index) === plainKey(workload.keyFormat, kind, rank)
    const isRight = expected.nearRanks.includes(rank) && kind === expected.kind && isKey
    return isRight ? [] : [{ index, rank, kind, key: keyAt(block, index), expected }]
  })
}

describe('a drawn sequence', () => {
  it('is that of the plain form', () => {
    const property = fc.property(workloads, clients, fc.integer({ min: 1, max: 300 }), (workload, client, capacity) => {
      const { source, block } = openSource(workload, { ...client, capacity })
      const plain = new PlainSource(workload, client)
      for (const count of [capacity, 1, Math.ceil(capacity / 2), capacity]) {
        source.draw(block, count)
        expect(block.count).toBe(count)
        expect(differences(block, plain, workload)).toEqual([])
      }
    })
    fc.assert(property, { numRuns: 300 })
  })

  it.each<Distribution>([
    { kind: 'zipf', theta: 0.99 },
    { kind: 'scrambled-zipf', theta: 0.99 },
    { kind: 'latest', theta: 0.99 },
    { kind: 'uniform' },
    { kind: 'hotspot', hotShare: 0.2, hotOperations: 0.8 },
  ])('differs in rank from the plain form next to never: $kind', (distribution) => {
    const workload = workloadOf({ distribution, records: 1_000_000, mix: NAMED_MIXES.d?.mix ?? [] })
    const { source, block } = openSource(workload, { capacity: 50_000 })
    const plain = new PlainSource(workload, { seed: 1, client: 0, clientCount: 1 })
    let differing = 0
    for (let part = 0; part < 4; part++) {
      source.draw(block, 50_000)
      const expected = plain.block(50_000)
      differing += block.ranks.filter((rank, index) => rank !== expected[index]?.rank).length
    }
    expect(differing).toBeLessThanOrEqual(2)
  })

  it('is the same for the same seed and client, and another for every other', () => {
    const sequences = [
      { seed: 1, client: 0 },
      { seed: 1, client: 0 },
      { seed: 1, client: 1 },
      { seed: 2, client: 0 },
      { seed: 0, client: 1 },
    ].map((chosen) => drawn({ records: 1_000_000, distribution: { kind: 'uniform' } }, 1_000, chosen).ranks.join())
    expect(sequences[1]).toBe(sequences[0])
    expect(new Set(sequences).size).toBe(4)
  })

  it('goes on from block to block', () => {
    const whole = drawn({}, 900)
    const parts = openSource({}, { capacity: 300 })
    const ranks: number[] = []
    for (let part = 0; part < 3; part++) {
      parts.source.draw(parts.block, 300)
      ranks.push(...parts.block.ranks)
    }
    expect(ranks).toEqual([...whole.ranks])
  })

  it('has inserts of its own', () => {
    const { mix = [] } = NAMED_MIXES.d ?? {}
    const inserted = [0, 1, 2].map((client) => {
      const { ranks, kinds } = drawn({ mix, records: 500 }, 2_000, { client, clientCount: 3 })
      return [...ranks.filter((_, index) => kinds[index] === KIND_INSERT)]
    })
    for (const [client, ranks] of inserted.entries()) {
      expect(ranks.length).toBeGreaterThan(50)
      expect(ranks).toEqual(ranks.map((_, index) => 500 + 3 * index + client))
    }
  })
})

describe('an enumeration', () => {
  it('writes every rank once, in order, with its key', () => {
    const { source, block } = openSource({ records: 2_500 })
    const ranks: number[] = []
    for (let first = 0; first < 2_500; first += block.count) {
      source.enumerate(block, KIND_INSERT, first, 2_500)
      for (let index = 0; index < block.count; index++) {
        expect(block.kinds[index]).toBe(KIND_INSERT)
        expect(keyAt(block, index)).toBe(String(block.ranks[index]))
        ranks.push(block.ranks[index] ?? -1)
      }
    }
    expect(ranks).toEqual(Array.from({ length: 2_500 }, (_, rank) => rank))
  })

  it('leaves the drawn sequence as it is', () => {
    const { source, block } = openSource()
    source.enumerate(block, KIND_READ, 0, 10)
    source.draw(block, block.ranks.length)
    expect(block.ranks).toEqual(drawn({}, 1_000).ranks)
  })

  it('adds nothing to the records that later blocks know', () => {
    const workload = { mix: NAMED_MIXES.d?.mix ?? [], distribution: { kind: 'latest', theta: 0.99 } as const }
    const { source, block } = openSource(workload)
    source.enumerate(block, KIND_INSERT, 0, 1_000)
    source.draw(block, 1_000)
    expect(block.ranks).toEqual(drawn(workload, 1_000).ranks)
  })
})

it('never starts a sequence at zero, where it would stay', () => {
  const property = fc.property(fc.nat(), fc.nat(), (seed, client) => {
    const start = sequenceSeed(seed, client)
    expect(start > 0n && start < 1n << 64n).toBe(true)
  })
  fc.assert(property)
})

it('refuses what does not fit', () => {
  const { source, block } = openSource({}, { capacity: 10 })
  expect(() => source.draw(block, 11)).toThrow('room for what is drawn')
  expect(() => source.enumerate(block, KIND_INCREMENT, 0, 10)).toThrow('the keys of counters have room')
  expect(() => source.enumerate(block, KIND_READ, 10 ** 8, 10 ** 8 + 1)).toThrow('fits the bytes of a key')
  const [other] = openSource().source.blocks
  expect(() => other && source.draw(other, 1)).toThrow('whose memory it lies in')
})

it('ends before the ranks of new records do', () => {
  // The last of so many clients has one rank left after its first.
  const clientCount = 2 ** 32 - 1_000 - 2 ** 31
  const workload = workloadOf({ mix: KINDS.map(({ code }) => (code === KIND_INSERT ? 1 : 0)) })
  const options = { workload, seed: 1, client: 0, clientCount, blockCount: 1, blockCapacity: 4 }
  const source = new OperationSource(options)
  const [block] = source.blocks
  if (block === undefined) throw new Error('there is a block')
  source.draw(block, 1)
  expect(block.ranks[0]).toBe(1_000)
  expect(() => source.draw(block, 4)).toThrow('ranks of new records fit 32 bits')
})
