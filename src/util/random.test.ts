import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { seededRandom, systemRandomBytes } from './random.ts'

const take = (count: number, next: () => number): number[] => Array.from({ length: count }, next)

describe('seeded randomness', () => {
  it('gives the same sequence for the same seed, on every machine', () => {
    const random = seededRandom(42)
    expect(take(4, () => random.next32())).toEqual([2_837_322_924, 544_945_897, 479_756_282, 3_500_138_142])
  })

  it('gives another sequence for a neighbouring seed', () => {
    const first = seededRandom(1)
    const second = seededRandom(2)
    const same = take(1_000, () => Number(first.next32() === second.next32())).reduce((sum, one) => sum + one)
    expect(same).toBeLessThan(3)
  })

  it('stays in its range', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 2 ** 32 }), (seed, end) => {
        const random = seededRandom(seed)
        const below = random.nextBelow(end)
        const fraction = random.nextFloat()
        expect(Number.isInteger(below) && below >= 0 && below < end).toBe(true)
        expect(fraction >= 0 && fraction < 1).toBe(true)
      }),
    )
  })

  it('draws every number of a range about equally often', () => {
    const random = seededRandom(7)
    const counts = new Array<number>(10).fill(0)
    for (let draw = 0; draw < 100_000; draw++) {
      const drawn = random.nextBelow(10)
      counts[drawn] = (counts[drawn] ?? 0) + 1
    }
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(400)
  })

  it('refuses an empty range', () => {
    expect(() => seededRandom(1).nextBelow(0)).toThrow('end of the range')
  })

  it('fills bytes of any length, the same for the same seed', () => {
    const long = new Uint8Array(1_003)
    const short = new Uint8Array(5)
    seededRandom(9).fillBytes(long)
    seededRandom(9).fillBytes(short)
    expect(short).toEqual(long.subarray(0, 5))
    expect(new Set(long).size).toBeGreaterThan(200)
  })
})

it('takes secrets from the system', () => {
  expect(systemRandomBytes(32)).toHaveLength(32)
  expect(systemRandomBytes(32)).not.toEqual(systemRandomBytes(32))
})
