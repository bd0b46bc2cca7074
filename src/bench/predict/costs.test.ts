import { describe, expect, it } from 'vitest'
import type { BenchResult } from '../run/result.ts'
import { costsOfResult, DEFAULT_FRAME_NS } from './costs.ts'
import { resolvePredictOptions } from './resolve-options.ts'

type Known = Pick<
  BenchResult,
  'serverThreads' | 'opsPerFrame' | 'serverCpuNsPerOp' | 'clientCpuNsPerOp' | 'requestBytesPerOp' | 'replyBytesPerOp'
>

const FIGURES: Known = {
  serverThreads: 2,
  opsPerFrame: 2_000,
  serverCpuNsPerOp: 70,
  clientCpuNsPerOp: 90,
  requestBytesPerOp: 12,
  replyBytesPerOp: 80,
}

const WORKLOAD = {
  name: 'ycsb-b',
  mix: [0.95, 0.05],
  distribution: { kind: 'zipf', theta: 0.9 },
  keyFormat: 'decimal',
  valueSizes: { kind: 'fixed', bytes: 100 },
  records: 50_000,
}

const RESULT = { ...FIGURES, options: { batch: 4_096, workload: WORKLOAD } }

describe('the costs of a result', () => {
  it('are its figures, with what was measured', () => {
    expect(costsOfResult(RESULT, 'run.json')).toEqual({
      source: 'run.json',
      opsPerFrame: 2_000,
      serverCpuNsPerOp: 70,
      clientCpuNsPerOp: 90,
      requestBytesPerOp: 12,
      replyBytesPerOp: 80,
      workload: { records: 50_000, theta: 0.9, readShare: 0.95, valueBytes: 100 },
      batch: 4_096,
    })
    expect(costsOfResult({ ...RESULT, opsPerFrame: null }, 'run.json').opsPerFrame).toBe(2_048)
  })

  it('give a prediction its workload, batch and bytes, and leave the cost of frames out of that of operations', () => {
    const costs = costsOfResult(RESULT, 'run.json')
    const options = resolvePredictOptions({ costs })
    expect(options).toMatchObject({ batch: 4_096, workload: costs.workload })
    expect(options.costs).toMatchObject({ source: 'run.json', requestBytesPerOp: 12, replyBytesPerOp: 80 })
    expect(options.costs.serverNsPerOp).toBeCloseTo(70 - DEFAULT_FRAME_NS.server / 2_000, 9)
    expect(options.costs.clientNsPerOp).toBeCloseTo(90 - DEFAULT_FRAME_NS.client / 2_000, 9)
  })

  it.each([{ batch: 1_024 }, { theta: 0.5 }, { repeats: false }, { frameOps: 100 }])(
    'keep no bytes for %j',
    (changed) => {
      const { costs } = resolvePredictOptions({ costs: costsOfResult(RESULT, 'run.json'), ...changed })
      expect(costs.requestBytesPerOp).toBe(undefined)
      expect(costs.replyBytesPerOp).toBe(undefined)
    },
  )

  it.each([
    [null, 'options.batch'],
    ['text', 'options.batch'],
    [{}, 'options.batch'],
    [{ ...RESULT, serverCpuNsPerOp: null }, 'serverCpuNsPerOp'],
    [{ ...RESULT, clientCpuNsPerOp: 'many' }, 'clientCpuNsPerOp'],
    [{ ...RESULT, replyBytesPerOp: Number.NaN }, 'replyBytesPerOp'],
    [{ ...RESULT, requestBytesPerOp: -1 }, 'requestBytesPerOp'],
  ])('are refused when they are not there: %j', (result, missing) => {
    expect(() => costsOfResult(result, 'run.json')).toThrow(`--costs: run.json has no number at ${missing}`)
  })

  it.each([
    { mix: [0.5, 0.4, 0.1] },
    { distribution: { kind: 'latest', theta: 0.99 } },
    { keyFormat: 'user' },
    { valueSizes: { kind: 'uniform', least: 1, most: 9 } },
  ])('are refused when the workload is another kind: %j', (changed) => {
    const result = { ...RESULT, options: { batch: 4_096, workload: { ...WORKLOAD, ...changed } } }
    expect(() => costsOfResult(result, 'run.json')).toThrow('not modelled')
  })

  it('have no skew when keys are uniform', () => {
    const result = { ...RESULT, options: { batch: 1, workload: { ...WORKLOAD, distribution: { kind: 'uniform' } } } }
    expect(costsOfResult(result, 'run.json').workload.theta).toBe(0)
  })
})

it('the fixed cost of a frame is microseconds', () => {
  expect(DEFAULT_FRAME_NS.server).toBeGreaterThan(1_000)
  expect(DEFAULT_FRAME_NS.client).toBeGreaterThan(1_000)
})
