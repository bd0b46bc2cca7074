import { describe, expect, it } from 'vitest'
import { MEMORY_BYTES_MAX } from '../../engine/index.ts'
import { meanKeyBytes, planMemory, requireMemory } from './memory-plan.ts'
import { type GivenBenchOptions, resolveBenchOptions } from './options.ts'

const GIB = 1024 ** 3

function plan(given: GivenBenchOptions): ReturnType<typeof planMemory> {
  return planMemory(resolveBenchOptions(given, 2))
}

describe('the plan', () => {
  it('of the reference workload fits a small machine', () => {
    const { totalBytes, shardsPerThread } = plan({})
    expect(totalBytes).toBeGreaterThan(1_000_000 * (128 + 5))
    expect(totalBytes).toBeLessThan(GIB)
    expect(shardsPerThread).toBe(1)
  })

  it('gives a thread more shards where one is too small', () => {
    const options = { records: 100_000_000, threads: 2 }
    const { shardsPerThread, items } = plan(options)
    const recordBytes = items.find(({ name }) => name === 'records')?.bytes ?? 0
    expect(recordBytes / (2 * shardsPerThread)).toBeLessThan(MEMORY_BYTES_MAX)
    expect(recordBytes / (2 * (shardsPerThread - 1))).toBeGreaterThan(MEMORY_BYTES_MAX * 0.85)
  })

  it('counts the clients alone when the server runs elsewhere', () => {
    const { items } = plan({ target: 'there:7070', records: 100_000_000 })
    expect(items.map(({ name }) => name)).toEqual(['client threads', 'in flight'])
  })

  it('counts the records of an embedded store, which has no threads of its own', () => {
    const { items, totalBytes } = plan({ driver: 'sluice-embedded', records: 1_000_000 })
    expect(items.map(({ name }) => name)).toEqual(['records', 'shard threads', 'client threads', 'in flight'])
    expect(items[1]?.bytes).toBe(0)
    expect(totalBytes).toBeGreaterThan(1_000_000 * (128 + 5))
  })

  it('counts the values that every client makes', () => {
    const ofClients = (clients: number): number =>
      plan({ clients }).items.find(({ name }) => name === 'client threads')?.bytes ?? 0
    expect(ofClients(3)).toBe(3 * ofClients(1))
  })

  it('counts what is in flight of every client', () => {
    const inFlight = (given: GivenBenchOptions): number => plan(given).items.at(-1)?.bytes ?? 0
    const one = inFlight({ batch: 2_000, window: 1, clients: 1, valueBytes: '1000' })
    expect(one).toBeGreaterThan(2 * 2_000 * 1_000)
    expect(inFlight({ batch: 4_000, window: 3, clients: 5, valueBytes: '1000' })).toBe(30 * one)
  })
})

describe('a plan that does not fit', () => {
  it('is refused with its arithmetic', () => {
    const tooLarge = plan({ records: 100_000_000, valueBytes: '1000', threads: 2, clients: 3 })
    expect(() => requireMemory(tooLarge, tooLarge.totalBytes)).not.toThrow()
    let message = ''
    try {
      requireMemory(tooLarge, 16 * GIB)
    } catch (error) {
      message = error instanceof Error ? error.message : ''
    }
    expect(message).toContain('this run needs 97.')
    expect(message).toContain('and 16.0 GiB is available')
    expect(message).toContain('100,000,000 x (1000 value + 7.9 key + 30 overhead)')
    expect(message).toContain('clients 3 x window 2 x batch 1,048 x ')
  })
})

it('knows the mean length of keys', () => {
  for (const records of [1, 9, 10, 11, 100, 1_234]) {
    let total = 0
    for (let rank = 0; rank < records; rank++) total += String(rank).length
    expect(meanKeyBytes({ keyFormat: 'decimal', records })).toBeCloseTo(total / records, 10)
  }
  expect(meanKeyBytes({ keyFormat: 'user', records: 10 })).toBe('user'.length + String(2n ** 63n).length)
})
