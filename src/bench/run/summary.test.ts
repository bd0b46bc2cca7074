import { describe, expect, it } from 'vitest'
import { OutputRecorder } from '../../../test/support/output-recorder.ts'
import { describeWorkload } from '../workload/resolve-workload.ts'
import { resolveBenchOptions } from './options.ts'
import type { BenchResult, LatencyFigures } from './result.ts'
import { headline, writeSummary } from './summary.ts'
import { rateOf } from './text.ts'

const LATENCY: LatencyFigures = { operations: 20_000_000, p50: 1.234, p95: 5, p99: 10, p999: 20.5, max: 100 }

function resultOf(given: Partial<BenchResult> = {}): BenchResult {
  return {
    options: resolveBenchOptions({}, 4),
    environment: {
      cores: 2,
      cpuModel: 'Abacus 2000',
      memoryBytes: 8 * 1024 ** 3,
      operatingSystem: 'Linux 6.1',
      nodeVersion: 'v20.20.2',
      commit: 'abcdef123456',
      startedAtMs: 1_700_000_000_000,
    },
    interruptedIn: null,
    failure: null,
    serverThreads: 2,
    phases: [],
    loadedRecords: 1_000_000,
    mismatches: 0,
    mismatchExplanations: [],
    samples: [],
    measuredSeconds: 4,
    clientOpsPerSecond: 5_000_000,
    serverOpsPerSecondMedian: 5_100_000,
    checkedReplies: 20_000_000,
    serverCpuNsPerOp: 80,
    clientCpuNsPerOp: 100,
    processCpuNsPerOp: 200,
    opsPerFrame: 8_000,
    requestBytesPerOp: 12,
    replyBytesPerOp: 75.5,
    latencyMs: LATENCY,
    latencyMsByKind: { read: LATENCY, update: { ...LATENCY, p50: 2 } },
    hitRate: 1,
    ...given,
  }
}

function linesOf(result: BenchResult): string[] {
  const output = new OutputRecorder()
  writeSummary(result, output)
  return output.lines
}

describe('the summary', () => {
  it('is one fact a line, aligned', () => {
    expect(linesOf(resultOf())).toEqual([
      '',
      '  client                  5.00 M ops/s  checked, over 4.0 s',
      '  server                  5.10 M ops/s  median of its seconds',
      '  replies checked   20,000,000',
      '  hit rate              100.00 %        of the reads',
      '  server CPU              80.0 ns/op    2 threads',
      '  client CPU             100.0 ns/op    2 client threads',
      '  process CPU            200.0 ns/op    all threads of this process',
      '  frame                 8000.0 ops',
      '  request                 12.0 B/op     headers included',
      '  reply                   75.5 B/op     headers included',
      '  latency                 1.23 ms       median; p95 5.00, p99 10.00, p99.9 20.50, max 100.00',
      '    of read               1.23 ms       median; p95 5.00, p99 10.00, p99.9 20.50, max 100.00',
      '    of update             2.00 ms       median; p95 5.00, p99 10.00, p99.9 20.50, max 100.00',
      '  environment                2 cores    Abacus 2000, Node v20.20.2, commit abcdef123456',
      '',
      '  every reply was right',
    ])
  })

  it('does not repeat the latencies of a single kind', () => {
    expect(linesOf(resultOf({ latencyMsByKind: { read: LATENCY } })).join('\n')).not.toContain('of read ')
  })

  it('shows a dash for what was not measured', () => {
    const lines = linesOf(
      resultOf({ serverOpsPerSecondMedian: null, serverCpuNsPerOp: null, hitRate: null, latencyMs: null }),
    )
    for (const name of ['server', 'server CPU', 'hit rate', 'latency']) {
      expect(lines).toContain(`  ${name.padEnd(17)}          -`)
    }
  })

  it('tells what was wrong', () => {
    const mismatchExplanations = ['read of key 1: status missing instead of value']
    const lines = linesOf(resultOf({ mismatches: 1_234, mismatchExplanations, interruptedIn: 'run' }))
    expect(lines.slice(-3)).toEqual([
      '  interrupted in the run phase: the figures are partial',
      'bad(  1,234 replies were wrong, among them:)',
      '    read of key 1: status missing instead of value',
    ])
    expect(linesOf(resultOf({ mismatches: 1 })).at(-1)).toBe('bad(  1 reply was wrong, among them:)')
  })

  it('does not call figures partial that were whole before the interruption', () => {
    const lines = linesOf(resultOf({ interruptedIn: 'verify' }))
    expect(lines).toContain('  interrupted in the verify phase: not every record was read again')
  })

  it('tells why it ended early', () => {
    expect(linesOf(resultOf({ failure: 'the server is gone' })).slice(-3)).toEqual([
      'bad(  ended early: the server is gone)',
      '  the figures are of what was measured before',
      '  every reply was right',
    ])
  })

  it('shows no figures when there was no run', () => {
    expect(linesOf(resultOf({ checkedReplies: 0, interruptedIn: 'load' })).filter((line) => line !== '')).toEqual([
      '  interrupted in the load phase: the figures are partial',
      '  every reply was right',
    ])
  })
})

describe('the headline', () => {
  it.each([
    [{}, 'sluice-batch, 1 shard thread, 1 client thread, batch 8,192 x window 2'],
    [{ target: 'there:7070' }, 'sluice-batch, server there:7070, 2 client threads, batch 8,192 x window 2'],
    [
      { driver: 'sluice-promises', rate: 50_000 },
      'sluice-promises, 1 shard thread, 1 client thread, batch 1 x window 1,000, 50,000 operations started a second',
    ],
    [{ driver: 'sluice-embedded' }, 'sluice-embedded, in this process, 1 client thread, batch 8,192 x window 1'],
  ])('of %j says what is going to run', (given, text) => {
    const options = resolveBenchOptions(given, 2)
    expect(headline(options)).toBe(`${describeWorkload(options.workload)}, ${text}`)
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
