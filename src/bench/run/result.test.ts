import { createHistogram } from 'node:perf_hooks'
import { describe, expect, it } from 'vitest'
import { OutputRecorder } from '../../../test/support/output-recorder.ts'
import { createTally } from '../load/checker.ts'
import type { PhaseTotals } from '../load/client-threads.ts'
import type { BenchEnvironment } from './environment.ts'
import { resolveBenchOptions } from './options.ts'
import { type BenchResult, benchResult, type Measurements } from './result.ts'
import type { ServerCounters } from './server-counters.ts'
import { headline, writeReport } from './summary.ts'
import { rateOf } from './text.ts'

const ENVIRONMENT: BenchEnvironment = {
  cores: 2,
  cpuModel: 'Abacus 2000',
  memoryBytes: 8 * 1024 ** 3,
  operatingSystem: 'Linux 6.1',
  nodeVersion: 'v20.20.2',
  commit: 'abcdef123456',
  startedAtMs: 1_700_000_000_000,
}

function phase(checked: number, elapsedMs: number, given: Partial<PhaseTotals['tally']> = {}): PhaseTotals {
  const latency = createHistogram()
  for (let ms = 1; ms <= 1_000; ms++) latency.record(ms * 1e6)
  return { tally: { ...createTally(), checked, ...given }, elapsedMs, cpuNs: checked * 100, latency }
}

function reading(atMs: number, operations: number): ServerCounters {
  const totals = { frames: operations / 8_000, bytesIn: operations * 12, bytesOut: operations * 75.5 }
  return { atMs, operations, threads: 2, cpuNs: operations * 80, ...totals }
}

function measurements(given: Partial<Measurements> = {}): Measurements {
  return {
    options: resolveBenchOptions({}, 4),
    environment: ENVIRONMENT,
    interruptedIn: null,
    serverThreads: 2,
    load: phase(1_000_000, 500),
    warmUp: phase(5_000_000, 1_000),
    run: phase(20_000_000, 4_000, { reads: 19_000_000, hits: 19_000_000 }),
    readings: [reading(0, 0), reading(1_000, 4_000_000), reading(2_000, 10_000_000), reading(3_000, 15_000_000)],
    processCpuNs: 20_000_000 * 200,
    ...given,
  }
}

const FIGURES = [
  'clientOpsPerSecond',
  'serverOpsPerSecondMedian',
  'checkedReplies',
  'mismatches',
  'serverCpuNsPerOp',
  'clientCpuNsPerOp',
  'processCpuNsPerOp',
  'opsPerFrame',
  'requestBytesPerOp',
  'replyBytesPerOp',
  'batchLatencyMs',
  'hitRate',
] as const satisfies readonly (keyof BenchResult)[]

describe('a result', () => {
  it('has every figure', () => {
    const result = benchResult(measurements())
    expect(Object.fromEntries(FIGURES.map((name) => [name, result[name]]))).toEqual({
      clientOpsPerSecond: 5_000_000,
      serverOpsPerSecondMedian: 5_000_000,
      checkedReplies: 20_000_000,
      mismatches: 0,
      serverCpuNsPerOp: 80,
      clientCpuNsPerOp: 100,
      processCpuNsPerOp: 200,
      opsPerFrame: 8_000,
      requestBytesPerOp: 12,
      replyBytesPerOp: 75.5,
      batchLatencyMs: {
        p50: expect.closeTo(500, 0),
        p95: expect.closeTo(950, 0),
        p99: expect.closeTo(990, 0),
        p999: expect.closeTo(999, 0),
        max: expect.closeTo(1_000, 0),
      },
      hitRate: 1,
    })
    expect(result).toMatchObject({ loadedRecords: 1_000_000, measuredSeconds: 4, serverThreads: 2 })
  })

  it('counts the mismatches of all phases', () => {
    const wrong = { mismatches: 2, explanations: ['a', 'b'] }
    const result = benchResult(measurements({ load: phase(1_000_000, 500, wrong), run: phase(1, 1, wrong) }))
    expect(result.mismatches).toBe(4)
    expect(result.mismatchExplanations).toEqual(['a', 'b', 'a', 'b'])
    expect(result.loadedRecords).toBe(999_998)
  })

  it('says null where nothing was measured', () => {
    const parts = { load: undefined, warmUp: undefined, run: undefined, readings: [], processCpuNs: 0 }
    const result = benchResult(measurements({ ...parts, interruptedIn: 'load' }))
    expect(result).toMatchObject({ clientOpsPerSecond: 0, checkedReplies: 0, mismatches: 0, loadedRecords: 0 })
    for (const name of FIGURES.slice(4)) expect(result[name]).toBeNull()
  })

  it('says null for processor time where the system does not tell', () => {
    const readings = [reading(0, 0), reading(1_000, 1_000_000)].map((each) => ({ ...each, cpuNs: 0 }))
    const run = { ...phase(1_000_000, 1_000), cpuNs: 0 }
    expect(benchResult(measurements({ readings, run }))).toMatchObject({
      serverCpuNsPerOp: null,
      clientCpuNsPerOp: null,
    })
  })
})

describe('the report', () => {
  it('is aligned', () => {
    const output = new OutputRecorder()
    writeReport(benchResult(measurements()), output)
    const rows = output.lines.filter((line) => line.startsWith('  '))
    expect(rows[0]).toBe('  client                  5.00 M ops/s  checked, over 4.0 s')
    expect(rows[2]).toBe('  replies checked   20,000,000')
    expect(rows[4]).toBe('  server CPU              80.0 ns/op    2 shard threads')
    for (const row of rows.slice(0, -1)) {
      expect(row[29], row).toMatch(/\d/)
      expect([undefined, ' '], row).toContain(row[30])
      expect(row.slice(31, 40), row).toMatch(/^(\S+( \S+)?)? *$/)
    }
    expect(rows.at(-1)).toBe('  every reply was right')
  })

  it('tells what was wrong', () => {
    const output = new OutputRecorder()
    const wrong = { mismatches: 1_234, explanations: ['get of key 1: status missing instead of value'] }
    writeReport(benchResult(measurements({ run: phase(9_999, 1, wrong), interruptedIn: 'run' })), output)
    expect(output.lines.slice(-3)).toEqual([
      '  interrupted in the run phase: the figures are partial',
      'bad(  1,234 replies were wrong, among them:)',
      '    get of key 1: status missing instead of value',
    ])
  })

  it('shows a dash for what was not measured', () => {
    const output = new OutputRecorder()
    writeReport(benchResult(measurements({ readings: [] })), output)
    expect(output.lines).toContain('  server                     -')
    expect(output.lines).toContain('  server CPU                 -')
  })

  it('shows no figures when there was no run', () => {
    const output = new OutputRecorder()
    writeReport(benchResult(measurements({ run: undefined, readings: [], interruptedIn: 'load' })), output)
    const verdict = ['  interrupted in the load phase: the figures are partial', '  every reply was right']
    expect(output.lines.filter((line) => line !== '')).toEqual(verdict)
  })
})

it.each([
  [12_345_678, '12.35 M ops/s'],
  [1_000_000, '1.00 M ops/s'],
  [345_678, '345.7 k ops/s'],
  [9_999.6, '10,000 ops/s'],
  [0, '0 ops/s'],
])('%d operations per second are %s', (opsPerSecond, text) => {
  const { value, unit } = rateOf(opsPerSecond)
  expect(`${value} ${unit}`).toBe(text)
})

describe('the headline', () => {
  it('says what is going to run', () => {
    expect(headline(resolveBenchOptions({}, 2))).toBe(
      'YCSB-B (95% reads), 1,000,000 records of 128 bytes, Zipf 0.99, 1 shard thread, 1 client thread, batch 8,192 x window 2',
    )
    expect(headline(resolveBenchOptions({ target: 'there:7070', workload: 'c' }, 2))).toContain('server there:7070')
  })
})
