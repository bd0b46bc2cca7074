import { describe, expect, it } from 'vitest'
import { codeOf } from '../../../test/support/store-harness.ts'
import { MEMORY_BYTES_MAX } from '../../engine/index.ts'
import { resolveWorkload } from '../workload/resolve-workload.ts'
import { casesOf } from './cases.ts'
import { contendersOf } from './contenders.ts'
import { planRecords, resolveCompareOptions, setupFor } from './options.ts'

const MIB = 1024 * 1024

describe('cases', () => {
  it('are those of the list, in its order', () => {
    expect(casesOf('single,batched').map(({ name, batch, window }) => [name, batch, window])).toEqual([
      ['single', 1, 1],
      ['batched', 1_024, 2],
    ])
  })

  it.each([
    ['', '--cases are of batched, pipelined, single, large, not '],
    ['batched,fast', '--cases are of batched, pipelined, single, large, not fast'],
    ['single,batched,single', '--cases names one twice: single,batched,single'],
  ])('of "%s" are refused', (names, message) => {
    expect(() => casesOf(names)).toThrow(message)
    expect(codeOf(() => casesOf(names))).toBe('INVALID_ARGUMENT')
  })
})

describe('contenders', () => {
  const setup = { threads: 2, memoryBytesMax: 2 * MEMORY_BYTES_MAX, valueBytesMax: 128 }

  it('are those of the list, in its order, each with its driver', () => {
    const names = 'memcached,sluice,sluice-promises,redis,valkey,memcached-text'
    const drivers = contendersOf(names).map(({ name, driverAt }) => [name, driverAt('h:1', setup)])
    expect(drivers).toEqual([
      ['memcached', { kind: 'memcached-meta', address: 'h:1' }],
      ['sluice', { kind: 'sluice-batch', addresses: ['h:1'] }],
      ['sluice-promises', { kind: 'sluice-promises', addresses: ['h:1'] }],
      ['redis', { kind: 'resp', address: 'h:1' }],
      ['valkey', { kind: 'resp', address: 'h:1' }],
      ['memcached-text', { kind: 'memcached-text', address: 'h:1' }],
    ])
  })

  it('without a server have what one engine can hold', () => {
    const [embedded] = contendersOf('sluice-embedded')
    expect(embedded?.start).toBeUndefined()
    expect(embedded?.driverAt('', setup)).toEqual({ kind: 'sluice-embedded', memoryBytesMax: MEMORY_BYTES_MAX })
  })

  it.each([
    ['redis,mongo', /^--systems are of sluice, sluice-promises, .*, memcached-text, not mongo$/],
    ['redis,redis', /^--systems names one twice: redis,redis$/],
  ])('of "%s" are refused', (names, message) => {
    expect(() => contendersOf(names)).toThrow(message)
    expect(codeOf(() => contendersOf(names))).toBe('INVALID_ARGUMENT')
  })
})

describe('options of a comparison', () => {
  it('have defaults', () => {
    const { contenders, cases, workloadOf, ...rest } = resolveCompareOptions({})
    expect(contenders.map(({ name }) => name)).toEqual(['sluice', 'redis', 'memcached'])
    expect(cases.map(({ name }) => name)).toEqual(['batched', 'single'])
    expect(rest).toEqual({ rounds: 5, seconds: 3, threads: 1, clients: 1, seed: 1 })
    for (const each of cases) expect(workloadOf(each)).toEqual(resolveWorkload({}))
  })

  it('give a case of large values fewer records of its own size', () => {
    const { cases, workloadOf } = resolveCompareOptions({ cases: 'large,batched', workload: 'c', valueBytes: '7' })
    const [large, batched] = cases.map(workloadOf)
    const mix = resolveWorkload({ workload: 'c' }).mix
    expect(large).toMatchObject({ records: 5_000, mix, valueSizes: { kind: 'fixed', bytes: 100_000 } })
    expect(batched).toMatchObject({ records: 1_000_000, mix, valueSizes: { kind: 'fixed', bytes: 7 } })
    const few = resolveCompareOptions({ cases: 'large', records: 3 })
    expect(few.cases.map(few.workloadOf)).toMatchObject([{ records: 3 }])
  })

  it.each([
    [{ rounds: 0 }, '--rounds must be a whole number from 1 to 1000'],
    [{ seconds: 1.5 }, '--seconds must be a whole number from 1'],
    [{ threads: 257 }, '--threads must be a whole number from 1 to 256'],
    [{ clients: 0 }, '--clients must be a whole number from 1 to 256'],
    [{ seed: -1 }, '--seed must be a whole number from 0'],
    [{ systems: 'nothing' }, '--systems are of'],
    [{ cases: 'none' }, '--cases are of'],
    [{ workload: 'z' }, '--workload must be one of'],
    [{ systems: 'sluice,sluice-embedded', clients: 2 }, 'a system without a server has one client: give --clients 1'],
    [{ records: 20_000_000 }, 'a comparison has 2 GiB of records for each of --threads'],
  ])('%j are refused', (given, message) => {
    expect(() => resolveCompareOptions(given)).toThrow(message)
    expect(codeOf(() => resolveCompareOptions(given))).toBe('INVALID_ARGUMENT')
  })
})

describe('memory', () => {
  it('is twice what the records take, at least 256 MiB', () => {
    expect(setupFor(resolveWorkload({ records: 10 }), 1)).toEqual({
      threads: 1,
      memoryBytesMax: 256 * MIB,
      valueBytesMax: 128,
    })
    const { memoryBytesMax } = setupFor(resolveWorkload({ records: 1_000_000, valueBytes: '1000-2000' }), 1)
    expect(memoryBytesMax).toBeGreaterThan(2 * 1_500 * 1_000_000)
    expect(memoryBytesMax).toBeLessThan(4 * 1_500 * 1_000_000)
  })

  it('is all that a system can have where a run goes on to insert', () => {
    expect(setupFor(resolveWorkload({ workload: 'd', records: 10 }), 2).memoryBytesMax).toBe(2 * MEMORY_BYTES_MAX)
  })

  it('of all systems of a case is needed at the same time', () => {
    const { arithmetic, bytes } = planRecords(resolveWorkload({ records: 2_000_000, keys: 'user' }), 3)
    expect(arithmetic).toBe('3 systems x 2,000,000 x 311 bytes')
    expect(bytes).toBe(3 * 2_000_000 * 311)
  })
})
