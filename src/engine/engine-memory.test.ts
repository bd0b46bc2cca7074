// What the engine's memory is promised to cost. None of this depends on the machine.

import { describe, expect, it } from 'vitest'
import { executeAll, openTestEngine, type TestOperation } from '../../test/support/engine-harness.ts'
import { seededRandom } from '../util/random.ts'
import type { Engine } from './index.ts'

const MIB = 1024 * 1024

/** Bytes for each record beyond its key and value, of all of the heap. */
function overheadOf(engine: Engine): number {
  const { heapBytes, keyBytes, valueBytes, records } = engine.stats()
  return (heapBytes - keyBytes - valueBytes) / records
}

describe('a record costs', () => {
  it.each([
    ['16 bytes and 128', 16, 128, 26],
    ['8 bytes and 8', 8, 8, 26],
  ])('at most 26 bytes beyond %s at any size from 200,000 on', (_, keyBytes, valueBytes, overheadMax) => {
    const engine = openTestEngine({ memoryBytesMax: 256 * MIB })
    const value = 'v'.repeat(valueBytes)
    for (let first = 0; first < 300_000; first += 10_000) {
      const operations = Array.from({ length: 10_000 }, (__, index): TestOperation => {
        return { kind: 'set', key: `${first + index}`.padStart(keyBytes, 'k'), value }
      })
      const before = engine.stats().heapBytes
      executeAll(engine, operations)
      if (first >= 200_000) expect(overheadOf(engine)).toBeLessThan(overheadMax)
      // Nowhere does growth take much more than what it is for: no table is ever there twice.
      const added = engine.stats().heapBytes - before
      expect(added).toBeLessThan(10_000 * (keyBytes + valueBytes + 24) * 1.5 + MIB)
    }
  })

  it('at most 6 bytes more with an expiry, and at most 4 more in a full cache', () => {
    const expiring = openTestEngine({ memoryBytesMax: 64 * MIB })
    const evicting = openTestEngine({ memoryBytesMax: 16 * MIB, eviction: 'any' })
    const value = 'v'.repeat(128)
    for (let first = 0; first < 200_000; first += 10_000) {
      const keys = Array.from({ length: 10_000 }, (_, index) => `${first + index}`.padStart(16, 'k'))
      executeAll(
        expiring,
        keys.map((key) => ({ kind: 'set', key, value, expiryMs: 10_000 })),
      )
      executeAll(
        evicting,
        keys.map((key) => ({ kind: 'set', key, value })),
      )
    }
    expect(overheadOf(expiring)).toBeLessThan(30)
    expect(evicting.stats().evicted).toBeGreaterThan(50_000)
    expect(overheadOf(evicting)).toBeLessThan(28)
  })
})

it('stays close to what is live while values of all sizes are overwritten and deleted', () => {
  const engine = openTestEngine({ memoryBytesMax: 256 * MIB })
  const random = seededRandom(1)
  const values = Buffer.alloc(65_536, 'v')
  const drawOperation = (): TestOperation => {
    const key = `${random.nextBelow(4_000)}`
    if (random.nextFloat() < 0.3) return { kind: 'delete', key }
    return { kind: 'set', key, value: values.subarray(0, Math.floor(16 * 4096 ** random.nextFloat())) }
  }
  for (let round = 0; round < 60; round++) executeAll(engine, Array.from({ length: 500 }, drawOperation))
  const { heapBytes, keyBytes, valueBytes } = engine.stats()
  expect(heapBytes / (keyBytes + valueBytes)).toBeLessThan(1.25)
  engine.checkInvariants()
})
