import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Prediction, predict } from './predict.ts'
import type { GivenPredictOptions } from './predict-options.ts'
import { resolvePredictOptions } from './resolve-options.ts'

/** Small, so that many are quick. */
const RECORDS = 5_000

function predictOne(given: GivenPredictOptions): Prediction {
  const [prediction] = predict(resolvePredictOptions({ servers: [2], clients: [2], ...given }))
  if (prediction === undefined) throw new Error('there is a size')
  return prediction
}

function boundOf({ resources }: Prediction, name: string): number {
  return resources.find((resource) => resource.name === name)?.opsPerSecondMax ?? Number.NaN
}

const given: fc.Arbitrary<GivenPredictOptions> = fc.record({
  servers: fc.integer({ min: 1, max: 4 }).map((count) => [count]),
  clients: fc.integer({ min: 1, max: 6 }).map((count) => [count]),
  serverCores: fc.integer({ min: 1, max: 9 }),
  clientCores: fc.integer({ min: 1, max: 9 }),
  speed: fc.double({ min: 0.1, max: 4, noNaN: true }),
  gbits: fc.double({ min: 0.1, max: 100, noNaN: true }),
  batch: fc.integer({ min: 1, max: 20_000 }),
  window: fc.integer({ min: 1, max: 8 }),
  theta: fc.double({ min: 0, max: 0.999, noNaN: true }),
  readShare: fc.double({ min: 0, max: 1, noNaN: true }),
  valueBytes: fc.integer({ min: 0, max: 2_000 }),
  records: fc.constant(RECORDS),
})

/** The second is at least as fast as the first, but for rounding. */
function expectNotSlower(less: Prediction, more: Prediction): void {
  expect(more.opsPerSecond).toBeGreaterThanOrEqual(less.opsPerSecond * (1 - 1e-9))
}

describe('a prediction', () => {
  it('is what its bottleneck allows, which alone is used up', () => {
    fc.assert(
      fc.property(given, (options) => {
        const { resources, bottleneck, opsPerSecond } = predictOne(options)
        const used = resources.find(({ name }) => name === bottleneck)
        expect(used?.utilisation).toBe(1)
        expect(used?.opsPerSecondMax).toBeCloseTo(opsPerSecond, 3)
        for (const { utilisation, opsPerSecondMax } of resources) {
          expect(utilisation).toBeLessThanOrEqual(1)
          expect(utilisation * opsPerSecondMax).toBeCloseTo(opsPerSecond, 0)
        }
      }),
      { numRuns: 40 },
    )
  })

  it('is never less with faster processors, more network, more clients, more of their cores or a larger window', () => {
    fc.assert(
      fc.property(given, (options) => {
        const before = predictOne(options)
        const { speed = 1, gbits = 10, clientCores = 8, window = 2, clients = [1] } = options
        expectNotSlower(before, predictOne({ ...options, speed: speed * 2 }))
        expectNotSlower(before, predictOne({ ...options, gbits: gbits * 2 }))
        expectNotSlower(before, predictOne({ ...options, clients: clients.map((count) => count + 1) }))
        expectNotSlower(before, predictOne({ ...options, clientCores: clientCores + 1 }))
        expectNotSlower(before, predictOne({ ...options, window: window + 1 }))
      }),
      { numRuns: 25 },
    )
  })

  it('has servers that bear more with twice the threads, where frames cost nothing', () => {
    fc.assert(
      fc.property(given, (options) => {
        const serverCores = options.serverCores ?? 1
        const free = { ...options, serverFrameNs: 0, serverShare: 1 }
        const name = 'server CPU of the hottest thread'
        const before = boundOf(predictOne({ ...free, serverCores }), name)
        const after = boundOf(predictOne({ ...free, serverCores: serverCores * 2 }), name)
        expect(after).toBeGreaterThanOrEqual(before * (1 - 1e-9))
      }),
      { numRuns: 25 },
    )
  })

  it('with shared cores is the cores by what an operation costs on both sides', () => {
    const options = { servers: [4], clients: [4], sharedCores: 2, batch: 4_096 }
    const { opsPerSecond, bottleneck, serverCpuNsPerOp, clientCpuNsPerOp, resources } = predictOne(options)
    expect(bottleneck).toBe('the shared cores')
    expect(opsPerSecond).toBeCloseTo(2e9 / (serverCpuNsPerOp + clientCpuNsPerOp), 0)
    expect(resources.map(({ name }) => name)).toEqual([
      'server CPU of the hottest thread',
      'client CPU',
      'the shared cores',
    ])
  })

  it('takes bytes that are given instead of its own', () => {
    const { requestBytesPerOp, replyBytesPerOp } = predictOne({ requestBytes: 20, replyBytes: 50 })
    expect(requestBytesPerOp).toBeCloseTo(20, 9)
    expect(replyBytesPerOp).toBeCloseTo(50, 9)
  })

  it('names what limits it', () => {
    const limits = (options: GivenPredictOptions): string => predictOne(options).bottleneck
    expect(limits({ servers: [2], clients: [1], repeats: false })).toBe('client network in')
    expect(limits({ servers: [1], clients: [4] })).toBe('server network out')
    expect(limits({ readShare: 0, gbits: 1 })).toMatch(/server network in|client network out/)
    expect(limits({ gbits: 1_000, clientCores: 1 })).toBe('client CPU')
    expect(limits({ gbits: 1_000, serverCores: 1 })).toBe('server CPU of the hottest thread')
    expect(limits({ batch: 1, roundTripUs: 5_000 })).toBe('batches in flight')
  })
})

/** Every input fixed, so that only the model can change these. */
const GOLDEN: GivenPredictOptions = {
  ...{ servers: [2, 4], clients: [2, 4], serverNs: 80, clientNs: 100, serverFrameNs: 5_000, clientFrameNs: 6_000 },
  ...{ serverCores: 8, clientCores: 8, serverShare: 0.875, clientShare: 0.875, gbits: 10, mtu: 1_500 },
  ...{ packetOverhead: 90, roundTripUs: 100, batch: 8_192, window: 2, speed: 1 },
  ...{ records: 1_000_000, theta: 0.99, readShare: 0.95, valueBytes: 128 },
}

it.each([
  [
    {},
    [
      '2x2 31.89 server network out',
      '2x4 31.89 server network out',
      '4x2 32.13 client network in',
      '4x4 63.28 server network out',
    ],
  ],
  [
    { gbits: 25 },
    [
      '2x2 79.72 server network out',
      '2x4 79.72 server network out',
      '4x2 80.33 client network in',
      '4x4 105.21 server CPU of the hottest thread',
    ],
  ],
  [
    { speed: 0.5 },
    [
      '2x2 31.89 server network out',
      '2x4 31.89 server network out',
      '4x2 32.13 client network in',
      '4x4 52.60 server CPU of the hottest thread',
    ],
  ],
] as const)('a table of fixed inputs, with %j', (changed, rows) => {
  const predictions = predict(resolvePredictOptions({ ...GOLDEN, ...changed }))
  const texts = predictions.map(({ servers, clients, opsPerSecond, bottleneck }) => {
    return `${servers}x${clients} ${(opsPerSecond / 1e6).toFixed(2)} ${bottleneck}`
  })
  expect(texts).toEqual(rows)
})
