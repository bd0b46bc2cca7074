import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import '../../../test/support/seed.ts'
import {
  KEY_STRIDE_BYTES,
  KIND_READ,
  type OperationBlock,
  OperationSource,
  sequenceSeed,
  WORKLOADS,
} from './workload.ts'
import { type ZipfParameters, zipfParameters } from './zipf.ts'

const MASK_64 = (1n << 64n) - 1n

/** The plain form of what the WebAssembly module draws: slow, and as the papers have it. */
function* plainSequence(
  zipf: ZipfParameters,
  readShare: number,
  seed: bigint,
): Generator<{ rank: number; isRead: boolean }> {
  let state = seed
  const step = (): bigint => {
    state ^= (state << 13n) & MASK_64
    state ^= state >> 7n
    state ^= (state << 17n) & MASK_64
    return state
  }
  for (;;) {
    const isRead = Number(step() >> 32n) < Math.round(readShare * 2 ** 32)
    yield { rank: plainRank(zipf, Number(step() >> 11n) / 2 ** 53), isRead }
  }
}

function plainRank({ records, zeta, secondBound, eta, alpha }: ZipfParameters, fraction: number): number {
  const scaled = fraction * zeta
  if (scaled < 1) return 0
  if (scaled < secondBound) return 1
  return Math.min(Math.floor(records * (eta * fraction - eta + 1) ** alpha), records - 1)
}

function keyAt(block: OperationBlock, index: number): string {
  const end = (index + 1) * KEY_STRIDE_BYTES
  return Buffer.from(block.keys.buffer, block.keys.byteOffset, block.keys.byteLength).toString(
    'latin1',
    end - (block.keyLengths[index] ?? 0),
    end,
  )
}

interface SourceChoices {
  readonly records?: number
  readonly theta?: number
  readonly readShare?: number
  readonly seed?: number
  readonly client?: number
  readonly capacity?: number
}

function open(choices: SourceChoices = {}): { source: OperationSource; block: OperationBlock } {
  const { records = 1_000, theta = 0.99, readShare = 0.95, seed = 1, client = 0, capacity = 1_000 } = choices
  const zipf = zipfParameters(records, theta)
  const source = new OperationSource({ zipf, readShare, seed, client, blockCount: 2, blockCapacity: capacity })
  const [, block] = source.blocks
  if (block === undefined) throw new Error('there are two blocks')
  return { source, block }
}

describe('a drawn sequence', () => {
  const choices = fc.record({
    records: fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 13, max: 200_000 })),
    theta: fc.oneof(fc.constantFrom(0, 0.01, 0.5, 0.99), fc.double({ min: 0, max: 0.999, noNaN: true })),
    readShare: fc.constantFrom(0, 0.5, 0.95, 1),
    seed: fc.nat({ max: 2 ** 31 }),
    client: fc.nat({ max: 300 }),
    capacity: fc.integer({ min: 1, max: 300 }),
  })

  it('is that of the plain form', () => {
    const property = fc.property(choices, (chosen) => {
      const { source, block } = open(chosen)
      const zipf = zipfParameters(chosen.records, chosen.theta)
      const plain = plainSequence(zipf, chosen.readShare, sequenceSeed(chosen.seed, chosen.client))
      for (const count of [chosen.capacity, 1, Math.ceil(chosen.capacity / 2)]) {
        source.draw(block, count)
        expect(block.count).toBe(count)
        const wrong: unknown[] = []
        for (let index = 0; index < block.count; index++) {
          const expected = plain.next().value
          const rank = block.ranks[index] ?? -1
          const isRead = block.kinds[index] === KIND_READ
          // Two implementations of a power may differ in the last bit, which may be the one that decides the rank.
          const isRank = Math.abs(rank - expected.rank) <= 1 && rank < chosen.records
          const isKey = keyAt(block, index) === String(rank)
          if (!isRank || !isKey || isRead !== expected.isRead) wrong.push({ index, rank, isRead, expected })
        }
        expect(wrong).toEqual([])
      }
    })
    fc.assert(property)
  })

  it('differs in rank from the plain form next to never', () => {
    const { source, block } = open({ records: 1_000_000, capacity: 200_000 })
    const plain = plainSequence(zipfParameters(1_000_000, 0.99), 0.95, sequenceSeed(1, 0))
    source.draw(block, block.ranks.length)
    const differing = block.ranks.filter((rank) => rank !== plain.next().value.rank)
    expect(differing.length).toBeLessThanOrEqual(2)
  })

  it('is the same for the same seed and client, and another for every other', () => {
    const drawn = [
      { seed: 1, client: 0 },
      { seed: 1, client: 0 },
      { seed: 1, client: 1 },
      { seed: 2, client: 0 },
      { seed: 0, client: 1 },
    ].map((chosen) => {
      const { source, block } = open({ ...chosen, records: 1_000_000, theta: 0 })
      source.draw(block, block.ranks.length)
      return block.ranks.join()
    })
    expect(drawn[1]).toBe(drawn[0])
    expect(new Set(drawn).size).toBe(4)
  })

  it('goes on from block to block', () => {
    const whole = open({ capacity: 900 })
    whole.source.draw(whole.block, 900)
    const parts = open({ capacity: 300 })
    const ranks: number[] = []
    for (let part = 0; part < 3; part++) {
      parts.source.draw(parts.block, 300)
      ranks.push(...parts.block.ranks)
    }
    expect(ranks).toEqual([...whole.block.ranks])
  })

  it.each(Object.entries(WORKLOADS))('of workload %s reads its share', (_, readShare) => {
    const operations = 100_000
    const { source, block } = open({ readShare, capacity: operations })
    source.draw(block, block.ranks.length)
    const reads = block.kinds.reduce((sum, kind) => sum + (kind === KIND_READ ? 1 : 0), 0)
    expect(Math.abs(reads / operations - readShare)).toBeLessThan(0.006)
    if (readShare === 1) expect(reads).toBe(operations)
  })
})

describe('an enumeration', () => {
  it('writes every rank once, in order, with its key', () => {
    const { source, block } = open({ records: 2_500 })
    const ranks: number[] = []
    for (let first = 0; first < 2_500; first += block.count) {
      source.enumerate(block, first, 2_500)
      for (let index = 0; index < block.count; index++) {
        expect(block.kinds[index]).not.toBe(KIND_READ)
        expect(keyAt(block, index)).toBe(String(block.ranks[index]))
        ranks.push(block.ranks[index] ?? -1)
      }
    }
    expect(ranks).toEqual(Array.from({ length: 2_500 }, (_, rank) => rank))
  })

  it.each([0, 9, 10, 99, 100, 9_999, 10_000, 10_001, 99_999, 1_000_000, 12_345_678, 99_999_998])(
    'spells the keys from %d on',
    (first) => {
      const { source, block } = open({ capacity: 2 })
      source.enumerate(block, first, first + 2)
      expect([keyAt(block, 0), keyAt(block, 1)]).toEqual([String(first), String(first + 1)])
    },
  )

  it('leaves the drawn sequence as it is', () => {
    const { source, block } = open()
    source.enumerate(block, 0, 10)
    source.draw(block, block.ranks.length)
    const fresh = open()
    fresh.source.draw(fresh.block, 1_000)
    expect(block.ranks).toEqual(fresh.block.ranks)
  })
})

it('never starts a sequence at zero, where it would stay', () => {
  const property = fc.property(fc.nat(), fc.nat(), (seed, client) => {
    const start = sequenceSeed(seed, client)
    expect(start > 0n && start <= MASK_64).toBe(true)
  })
  fc.assert(property)
})
