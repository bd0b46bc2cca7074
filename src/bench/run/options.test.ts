import { describe, expect, it } from 'vitest'
import { DRIVER_KINDS } from '../drivers/driver.ts'
import { resolveWorkload } from '../workload/resolve-workload.ts'
import { type GivenBenchOptions, resolveBenchOptions } from './options.ts'

describe('defaults', () => {
  it('are the reference workload', () => {
    expect(resolveBenchOptions({}, 2)).toEqual({
      workload: resolveWorkload({}),
      driver: 'sluice-batch',
      threads: 1,
      clients: 1,
      batch: 8_192,
      loadBatch: 8_192,
      window: 2,
      opsPerSecond: 0,
      seconds: 10,
      seed: 1,
      target: undefined,
    })
    expect(resolveBenchOptions({}, 2).workload).toMatchObject({ name: 'ycsb-b', records: 1_000_000 })
  })

  it('are frozen', () => {
    expect(Object.isFrozen(resolveBenchOptions({}, 2))).toBe(true)
  })

  it.each([
    { cores: 1, given: {}, threads: 1, clients: 1 },
    { cores: 2, given: {}, threads: 1, clients: 1 },
    { cores: 3, given: {}, threads: 1, clients: 2 },
    { cores: 16, given: {}, threads: 8, clients: 8 },
    { cores: 16, given: { threads: 4 }, threads: 4, clients: 12 },
    { cores: 2, given: { threads: 4 }, threads: 4, clients: 1 },
    { cores: 16, given: { target: 'there:7070' }, threads: 0, clients: 16 },
    { cores: 16, given: { driver: 'sluice-promises' }, threads: 8, clients: 8 },
    { cores: 16, given: { driver: 'sluice-embedded' }, threads: 0, clients: 1 },
  ])('share out $cores cores with $given', ({ cores, given, threads, clients }) => {
    expect(resolveBenchOptions(given, cores)).toMatchObject({ threads, clients })
  })

  it.each([
    ['0', 8_192],
    ['128', 8_192],
    ['129', 8_128],
    ['100000', 10],
    [String(8 * 1024 * 1024), 1],
  ])('of the batch, for values of %s bytes, are %d operations', (valueBytes, batch) => {
    expect(resolveBenchOptions({ valueBytes }, 2).batch).toBe(batch)
    expect(resolveBenchOptions({ valueBytes, batch: 65_536 }, 2)).toMatchObject({ batch: 65_536, loadBatch: 65_536 })
    expect(resolveBenchOptions({ valueBytes, batch: 1 }, 2)).toMatchObject({ batch: 1, loadBatch: batch })
  })

  it.each([
    { batch: 1, window: 1, loadBatch: 8_192 },
    { batch: 1, window: 16, loadBatch: 1_024 },
    { batch: 1, window: 100_000, loadBatch: 1 },
    { batch: 2_000, window: 16, loadBatch: 2_000 },
  ])('of the load have as much in flight with a window of $window', ({ batch, window, loadBatch }) => {
    expect(resolveBenchOptions({ batch, window }, 2)).toMatchObject({ batch, window, loadBatch })
  })

  it.each([
    { driver: 'sluice-batch', batch: 8_192, loadBatch: 8_192, window: 2 },
    { driver: 'sluice-promises', batch: 1, loadBatch: 1, window: 1_000 },
    { driver: 'sluice-embedded', batch: 8_192, loadBatch: 8_192, window: 1 },
  ])('of $driver fit the way it is used', ({ driver, ...sizes }) => {
    expect(resolveBenchOptions({ driver }, 2)).toMatchObject({ driver, ...sizes })
  })

  it('are there for every driver', () => {
    for (const driver of DRIVER_KINDS) {
      const target = driver.startsWith('sluice') ? {} : { target: 'there:6379' }
      expect(resolveBenchOptions({ driver, ...target }, 2).driver).toBe(driver)
    }
  })
})

describe('what is given', () => {
  it('stands', () => {
    const sizes = { threads: 3, clients: 5, batch: 100, window: 7, seconds: 60, seed: 0 }
    expect(resolveBenchOptions({ ...sizes, driver: 'sluice-promises', rate: 1_000 }, 2)).toMatchObject({
      ...sizes,
      driver: 'sluice-promises',
      loadBatch: 100,
      opsPerSecond: 1_000,
    })
  })

  it('of the workload is resolved with it', () => {
    const given = { workload: 'c', records: 77, theta: 0.5 }
    expect(resolveBenchOptions(given, 2).workload).toEqual(resolveWorkload(given))
  })
})

describe('what makes no sense is refused', () => {
  const cases: readonly [GivenBenchOptions, string][] = [
    [{ driver: 'sluice' }, `--driver must be one of ${DRIVER_KINDS.join(', ')}, not sluice`],
    [{ driver: 'toString' }, `--driver must be one of ${DRIVER_KINDS.join(', ')}, not toString`],
    [{ driver: 'resp' }, '--driver resp needs a --target: only Sluice is started here'],
    [{ batch: 0 }, '--batch must be a whole number from 1 to 1000000, not 0'],
    [{ batch: 1.5 }, '--batch must be a whole number from 1 to 1000000, not 1.5'],
    [{ window: 100_001 }, '--window must be a whole number from 1 to 100000, not 100001'],
    [{ batch: 1_000_000, window: 17 }, '--batch times --window must be at most 16000000, not 17000000'],
    [{ clients: 0 }, '--clients must be a whole number from 1 to 256, not 0'],
    [{ driver: 'sluice-embedded', clients: 2 }, '--clients must be a whole number from 1 to 1, not 2'],
    [{ threads: 0 }, '--threads must be a whole number from 1 to 256, not 0'],
    [{ seconds: 0 }, '--seconds must be a whole number from 1 to 86400, not 0'],
    [{ seed: -1 }, '--seed must be a whole number from 0 to 4294967295, not -1'],
    [{ rate: -1 }, '--rate must be a whole number from 0 to 1000000000, not -1'],
    [{ rate: 0.5 }, '--rate must be a whole number from 0 to 1000000000, not 0.5'],
    [{ target: 'there:7070', threads: 2 }, '--threads are those of a server that is started here, and there is none'],
    [
      { driver: 'sluice-embedded', threads: 2 },
      '--threads are those of a server that is started here, and there is none',
    ],
  ]
  it.each(cases)('%j', (given, message) => {
    expect(() => resolveBenchOptions(given, 2)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT', message }))
  })

  it('a workload that is none', () => {
    expect(() => resolveBenchOptions({ workload: 'z' }, 2)).toThrow(/--workload must be one of .*, not z/)
  })
})
