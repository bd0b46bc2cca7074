import { describe, expect, it } from 'vitest'
import { namedMix } from './mixes.ts'
import { describeWorkload, type GivenWorkload, resolveWorkload } from './resolve-workload.ts'

describe('a workload', () => {
  it('is YCSB B with the sizes of the reference, unless told otherwise', () => {
    const spec = {
      name: 'ycsb-b',
      mix: namedMix('b').mix,
      distribution: { kind: 'zipf', theta: 0.99 },
      keyFormat: 'decimal',
      valueSizes: { kind: 'fixed', bytes: 128 },
      records: 1_000_000,
    }
    expect(resolveWorkload()).toEqual(spec)
    expect(resolveWorkload({ workload: 'b' })).toEqual(spec)
  })

  it('takes what it is given', () => {
    expect(
      resolveWorkload({
        mix: 'read=3,rmw=1',
        distribution: 'hotspot',
        hotShare: 0.1,
        hotOperations: 0.9,
        keys: 'user',
        valueBytes: '64-1024',
        records: 10,
      }),
    ).toEqual({
      name: 'custom',
      mix: [0.75, 0, 0, 0.25, 0, 0, 0, 0],
      distribution: { kind: 'hotspot', hotShare: 0.1, hotOperations: 0.9 },
      keyFormat: 'user',
      valueSizes: { kind: 'uniform', least: 64, most: 1_024 },
      records: 10,
    })
  })

  it.each([
    [{ workload: 'd' }, { kind: 'latest', theta: 0.99 }],
    [
      { workload: 'd', theta: 0.5 },
      { kind: 'latest', theta: 0.5 },
    ],
    [
      { workload: 'd', distribution: 'zipf' },
      { kind: 'zipf', theta: 0.99 },
    ],
    [
      { workload: 'a', theta: 0 },
      { kind: 'zipf', theta: 0 },
    ],
    [{ distribution: 'scrambled-zipf' }, { kind: 'scrambled-zipf', theta: 0.99 }],
    [{ distribution: 'latest' }, { kind: 'latest', theta: 0.99 }],
    [{ distribution: 'uniform' }, { kind: 'uniform' }],
    [{ distribution: 'hotspot' }, { kind: 'hotspot', hotShare: 0.2, hotOperations: 0.8 }],
    [
      { distribution: 'hotspot', hotShare: 0, hotOperations: 1 },
      { kind: 'hotspot', hotShare: 0, hotOperations: 1 },
    ],
  ])('%j has the distribution %j', (given, distribution) => {
    expect(resolveWorkload(given).distribution).toEqual(distribution)
  })

  it.each([
    [{ valueBytes: '0' }, { kind: 'fixed', bytes: 0 }],
    [{ valueBytes: '8388608' }, { kind: 'fixed', bytes: 8_388_608 }],
    [{ valueBytes: '5-5' }, { kind: 'fixed', bytes: 5 }],
    [{ valueBytes: '0-5' }, { kind: 'uniform', least: 0, most: 5 }],
    [{ valueHistogram: '100 5' }, { kind: 'histogram', rows: [[100, 5]] }],
    [
      { valueHistogram: '# bytes, weight\n\n100\t5\r\n 20 0.25 \n' },
      {
        kind: 'histogram',
        rows: [
          [100, 5],
          [20, 0.25],
        ],
      },
    ],
  ])('%j has values of %j', (given, valueSizes) => {
    expect(resolveWorkload(given).valueSizes).toEqual(valueSizes)
  })

  it('is frozen all through', () => {
    for (const given of [{}, { mix: 'read=1' }, { valueHistogram: '1 1' }, { distribution: 'hotspot' }]) {
      const spec = resolveWorkload(given)
      const parts: object[] = [spec, spec.mix, spec.distribution, spec.valueSizes]
      if (spec.valueSizes.kind === 'histogram') parts.push(spec.valueSizes.rows, ...spec.valueSizes.rows)
      expect(parts.every((part) => Object.isFrozen(part))).toBe(true)
    }
  })
})

describe('what makes no sense', () => {
  it.each<[GivenWorkload, string]>([
    [{ workload: 'e' }, '--workload e scans records'],
    [{ workload: 'x' }, '--workload must be one of a, b, c, d, f, not x'],
    [{ workload: 'a', mix: 'read=1' }, '--mix takes the place of a --workload'],
    [{ mix: 'peek=1' }, '--mix knows read'],
    [
      { distribution: 'normal' },
      '--distribution must be one of zipf, scrambled-zipf, uniform, latest, hotspot, not normal',
    ],
    [{ theta: 1 }, '--theta must be at least 0 and below 1, not 1'],
    [{ theta: -0.1 }, '--theta must be at least 0 and below 1, not -0.1'],
    [{ theta: Number.NaN }, '--theta must be at least 0 and below 1, not NaN'],
    [{ distribution: 'uniform', theta: 0.5 }, '--theta is for the Zipf distributions and latest, not for uniform'],
    [{ distribution: 'hotspot', theta: 0.5 }, '--theta is for the Zipf distributions and latest, not for hotspot'],
    [{ hotShare: 0.5 }, '--hot-share is for --distribution hotspot'],
    [{ distribution: 'uniform', hotOperations: 0.5 }, '--hot-operations is for --distribution hotspot'],
    [{ distribution: 'hotspot', hotShare: 1.1 }, '--hot-share must be from 0 to 1, not 1.1'],
    [{ distribution: 'hotspot', hotOperations: -1 }, '--hot-operations must be from 0 to 1, not -1'],
    [{ keys: 'hex' }, '--keys must be one of decimal, user, not hex'],
    [{ records: 0 }, '--records must be a whole number from 1 to 100000000, not 0'],
    [{ records: 1.5 }, '--records must be a whole number from 1 to 100000000, not 1.5'],
    [{ records: 100_000_001 }, '--records must be a whole number from 1 to 100000000, not 100000001'],
    [{ valueBytes: '' }, '--value-bytes must be bytes like 128 or 64-1024, not '],
    [{ valueBytes: '1k' }, '--value-bytes must be bytes like 128 or 64-1024, not 1k'],
    [{ valueBytes: '-5' }, '--value-bytes must be bytes'],
    [{ valueBytes: '1-2-3' }, '--value-bytes must be bytes'],
    [{ valueBytes: '10-5' }, '--value-bytes must name the smaller size first, not 10-5'],
    [{ valueBytes: '8388609' }, '--value-bytes must be at most 8388608 bytes, not 8388609'],
    [{ valueBytes: '1-9000000' }, '--value-bytes must be at most 8388608 bytes, not 9000000'],
    [{ valueBytes: '1', valueHistogram: '1 1' }, '--value-histogram takes the place of --value-bytes'],
    [{ valueHistogram: '' }, '--value-histogram has no rows'],
    [{ valueHistogram: '# none\n' }, '--value-histogram has no rows'],
    [{ valueHistogram: '1 1\n2' }, '--value-histogram must have bytes and a weight above 0 in line 2, not "2"'],
    [{ valueHistogram: '1 0' }, '--value-histogram must have bytes and a weight above 0 in line 1, not "1 0"'],
    [{ valueHistogram: '1 1 1' }, '--value-histogram must have bytes'],
    [{ valueHistogram: `1 ${'9'.repeat(400)}` }, '--value-histogram must have bytes'],
    [{ valueHistogram: '8388609 1' }, '--value-histogram must be at most 8388608 bytes, not 8388609'],
    [{ valueHistogram: '1 1\n'.repeat(1_001) }, '--value-histogram has 1001 rows, at most 1000'],
  ])('%j is refused', (given, message) => {
    expect(() => resolveWorkload(given)).toThrow(message)
    expect(() => resolveWorkload(given)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }))
  })
})

describe('a headline', () => {
  it.each<[GivenWorkload, string]>([
    [{}, 'ycsb-b (95% read, 5% update), zipf 0.99 over 1,000,000 records, decimal keys, values of 128 B'],
    [
      { workload: 'd', keys: 'user', valueBytes: '64-1024', records: 5 },
      'ycsb-d (95% read, 5% insert), latest 0.99 over 5 records, user keys, values of 64 to 1024 B',
    ],
    [
      { mix: 'read=2,delete=1', distribution: 'hotspot', valueHistogram: '10 3\n110 1' },
      'custom (66.67% read, 33.33% delete), hotspot 80% on 20% over 1,000,000 records, decimal keys, ' +
        'values of 2 sizes, 35 B in the mean',
    ],
    [
      { workload: 'c', distribution: 'uniform' },
      'ycsb-c (100% read), uniform over 1,000,000 records, decimal keys, values of 128 B',
    ],
  ])('of %j says all of it', (given, line) => {
    expect(describeWorkload(resolveWorkload(given))).toBe(line)
  })
})
