import { describe, expect, it } from 'vitest'
import { MADE_UP_ENVIRONMENT, MADE_UP_LATENCY, madeUpRun, madeUpSample } from '../../../test/support/made-up-runs.ts'
import { numbersOf, rowsOf, written } from '../../../test/support/written-report.ts'
import { resolveBenchOptions } from './options.ts'
import type { BenchResult } from './result.ts'
import { rounded, runReport } from './run-report.ts'

function resultOf(given: Partial<BenchResult> = {}): BenchResult {
  return {
    ...madeUpRun(),
    options: resolveBenchOptions({ records: 2_000 }, 2),
    environment: MADE_UP_ENVIRONMENT,
    interruptedIn: null,
    failure: null,
    serverThreads: 1,
    phases: [
      { name: 'load', seconds: 0.125, operations: 2_000, opsPerSecond: 16_000 },
      { name: 'run', seconds: 4, operations: 20_000_000, opsPerSecond: 5_000_000 },
    ],
    loadedRecords: 2_000,
    mismatches: 0,
    mismatchExplanations: [],
    samples: [madeUpSample(1.0004), madeUpSample(2.0012, { operations: 5_100_000, durationSeconds: 1.02 })],
    ...given,
  }
}

describe('a benchmark as a report', () => {
  it('has every figure', async () => {
    const result = resultOf()
    const { data, page } = await written(runReport(result, 'sluice bench --records 2000'))
    expect(rowsOf(data, 'throughput', 'phases').map((row) => row.map(({ value }) => value))).toEqual(
      result.phases.map(({ name, seconds, operations, opsPerSecond }) => [name, seconds, operations, opsPerSecond]),
    )
    expect(rowsOf(data, 'latency', 'percentiles').map((row) => row.map(({ value }) => value))).toEqual(
      [['all', MADE_UP_LATENCY] as const, ...Object.entries(result.latencyMsByKind)].map(([name, figures]) => {
        const { operations, p50, p95, p99, p999, max } = figures
        return [name, operations, p50, p95, p99, p999, max]
      }),
    )
    const costs = Object.fromEntries(
      rowsOf(data, 'costs', 'costs').map(([name, figure]) => [name?.value, figure?.value]),
    )
    expect(costs).toEqual({
      'server CPU': 80,
      'client CPU': 100.5,
      'CPU of the whole process': 200,
      'operations in a frame': 8_000,
      request: 12,
      reply: 75.5,
    })
    for (const text of ['5.00', 'M ops/s', '20,000,000', '100.5', '2.125', 'Abacus 2000', 'abcdef123456']) {
      expect(page).toContain(text)
    }
    expect(data.commands).toEqual(['sluice bench --records 2000'])
    expect(data.sections[0]?.notes).toHaveLength(1)
  })

  it('draws every second', async () => {
    const { data } = await written(runReport(resultOf(), 'x'))
    const seriesOf = (section: number, chart: number) => data.sections[section]?.charts[chart]?.series
    expect(seriesOf(0, 0)).toEqual([
      {
        name: 'clients',
        points: [
          { x: 1, y: 5_000_000 },
          { x: 2.001, y: 5_000_000 },
        ],
      },
      {
        name: 'server',
        points: [
          { x: 1, y: 5_100_000 },
          { x: 2.001, y: 5_000_000 },
        ],
      },
    ])
    for (const figure of [1.25, 10, 0.4, 256, 60, 377.5]) expect(numbersOf(data)).toContain(figure)
  })

  it('keeps seconds of long runs apart, and leaves out a short piece at their end', async () => {
    const seconds = [9.999, 10.999, 12_345.1, 12_346.101, 12_347.1]
    const samples = [
      ...seconds.map((second) => madeUpSample(second)),
      madeUpSample(12_347.104, { durationSeconds: 0.004 }),
    ]
    const { data } = await written(runReport(resultOf({ samples }), 'x'))
    expect(data.sections[0]?.charts[0]?.series[0]?.points.map(({ x }) => x)).toEqual(seconds)
  })

  it('has nothing of what nobody told', async () => {
    const nothing = { serverOperations: null, serverCores: null, serverRssBytes: null, p50Ms: null, p99Ms: null }
    const figures = { serverCpuNsPerOp: null, clientCpuNsPerOp: null, latencyMs: null, latencyMsByKind: {} }
    const { data } = await written(runReport(resultOf({ ...figures, samples: [madeUpSample(1, nothing)] }), 'x'))
    expect(data.highlights.map(({ name }) => name)).toEqual(['throughput', 'wrong replies'])
    expect(data.sections.map(({ charts }) => charts.map(({ id }) => id))).toEqual([['over-time'], [], ['network']])
    expect(data.sections[0]?.charts[0]?.series.map(({ name }) => name)).toEqual(['clients'])
  })

  it('says what went wrong', async () => {
    const wrong = { mismatches: 3, mismatchExplanations: ['read of key 1: status missing instead of value'] }
    const failed = await written(runReport(resultOf({ ...wrong, failure: 'the server is gone' }), 'x'))
    expect(failed.data.sections[0]?.notes.slice(1)).toEqual([
      'The run ended early: the server is gone. The figures are of what was measured before.',
      ...wrong.mismatchExplanations,
    ])
    expect(failed.data.highlights.at(-1)).toMatchObject({ name: 'wrong replies', value: '3' })
    const empty = { samples: [], latencyMs: null, latencyMsByKind: {}, phases: [], checkedReplies: 0 }
    const interrupted = await written(runReport(resultOf({ ...empty, interruptedIn: 'load' }), 'x'))
    expect(interrupted.data.sections[0]?.notes.slice(1)).toEqual([
      'Interrupted in the load phase: the figures are partial.',
    ])
    expect(interrupted.data.sections.flatMap(({ charts }) => charts)).toEqual([])
  })
})

it.each([
  [1234.567, 1235],
  [0.00012346, 0.0001235],
  [-12.3456, -12.35],
  [0, 0],
  [null, null],
])('%d has %d for four digits', (value, expected) => {
  expect(rounded(value)).toBe(expected)
})
