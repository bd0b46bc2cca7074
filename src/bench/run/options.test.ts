import { describe, expect, it } from 'vitest'
import { type GivenBenchOptions, resolveBenchOptions } from './options.ts'

describe('defaults', () => {
  it('are the reference workload', () => {
    expect(resolveBenchOptions({}, 2)).toEqual({
      workload: 'b',
      threads: 1,
      clients: 1,
      batch: 8_192,
      loadBatch: 8_192,
      window: 2,
      seconds: 10,
      records: 1_000_000,
      valueBytes: 128,
      theta: 0.99,
      seed: 1,
      target: undefined,
    })
  })

  it.each([
    { cores: 1, given: {}, threads: 1, clients: 1 },
    { cores: 2, given: {}, threads: 1, clients: 1 },
    { cores: 3, given: {}, threads: 1, clients: 2 },
    { cores: 16, given: {}, threads: 8, clients: 8 },
    { cores: 16, given: { threads: 4 }, threads: 4, clients: 12 },
    { cores: 2, given: { threads: 4 }, threads: 4, clients: 1 },
    { cores: 16, given: { target: 'there:7070' }, threads: undefined, clients: 16 },
  ])('share out $cores cores with $given', ({ cores, given, threads, clients }) => {
    expect(resolveBenchOptions(given, cores)).toMatchObject({ threads, clients })
  })

  it.each([
    [0, 8_192],
    [128, 8_192],
    [129, 8_128],
    [100_000, 10],
    [8 * 1024 * 1024, 1],
  ])('of the batch, for values of %d bytes, are %d operations', (valueBytes, batch) => {
    expect(resolveBenchOptions({ valueBytes }, 2).batch).toBe(batch)
    expect(resolveBenchOptions({ valueBytes, batch: 65_536 }, 2)).toMatchObject({ batch: 65_536, loadBatch: 65_536 })
    expect(resolveBenchOptions({ valueBytes, batch: 1 }, 2)).toMatchObject({ batch: 1, loadBatch: batch })
  })
})

describe('what makes no sense is refused', () => {
  const cases: readonly [GivenBenchOptions, string][] = [
    [{ workload: 'd' }, '--workload must be one of a, b, c, not d'],
    [{ workload: 'toString' }, '--workload must be one of a, b, c, not toString'],
    [{ batch: 0 }, '--batch must be a whole number from 1 to 1000000, not 0'],
    [{ window: 65 }, '--window must be a whole number from 1 to 64, not 65'],
    [{ clients: 0 }, '--clients must be a whole number from 1 to 256, not 0'],
    [{ threads: 0 }, '--threads must be a whole number from 1 to 256, not 0'],
    [{ seconds: 0 }, '--seconds must be a whole number from 1 to 86400, not 0'],
    [{ records: 100_000_001 }, '--records must be a whole number from 1 to 100000000, not 100000001'],
    [{ valueBytes: 8_388_609 }, '--value-bytes must be a whole number from 0 to 8388608, not 8388609'],
    [{ theta: 1 }, '--theta must be at least 0 and below 1, not 1'],
    [{ theta: Number.NaN }, '--theta must be at least 0 and below 1, not NaN'],
    [{ seed: -1 }, '--seed must be a whole number from 0 to 4294967295, not -1'],
    [
      { target: 'there:7070', threads: 2 },
      '--threads are those of the embedded server: it cannot be given together with --target',
    ],
  ]
  it.each(cases)('%j', (given, message) => {
    expect(() => resolveBenchOptions(given, 2)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT', message }))
  })
})
