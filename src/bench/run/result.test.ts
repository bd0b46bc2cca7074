import { describe, expect, it } from 'vitest'
import { createTally } from '../load/checker.ts'
import { Latencies } from '../load/latencies.ts'
import { KIND_READ, KIND_READ_MODIFY_WRITE, KIND_UPDATE } from '../workload/kinds.ts'
import type { BenchEnvironment } from './environment.ts'
import { resolveBenchOptions } from './options.ts'
import type { BenchPhase, PhaseRecord } from './phases.ts'
import { type BenchResult, benchResult, type Measurements, runFigures } from './result.ts'
import type { Sample } from './sampler.ts'
import type { ServerReading } from './server-probe.ts'

const ENVIRONMENT: BenchEnvironment = {
  cores: 2,
  cpuModel: 'Abacus 2000',
  memoryBytes: 8 * 1024 ** 3,
  operatingSystem: 'Linux 6.1',
  nodeVersion: 'v20.20.2',
  commit: 'abcdef123456',
  startedAtMs: 1_700_000_000_000,
}

function readingOf(atMs: number, operations: number): ServerReading {
  return { atMs, cpuNs: operations * 80, rssBytes: 1e9, operations, frames: operations / 8_000 }
}

function sampleOf(second: number, durationSeconds: number, serverOperations: number | null): Sample {
  const bytes = { bytesSent: 0, bytesReceived: 0 }
  const server = { serverOperations, serverCores: 1, serverRssBytes: 1e9 }
  return { second, durationSeconds, operations: 0, mismatches: 0, ...bytes, p50Ms: 1, p99Ms: 2, ...server }
}

/** Latencies of 1 to 1,000 ms in turn. */
function latenciesOf(operations: number, kind: number, into = new Latencies()): Latencies {
  for (let ms = 1; ms <= 1_000; ms++) into.record(kind, ms * 1e6, operations / 1_000)
  return into
}

function phaseOf(name: BenchPhase, checked: number, elapsedMs: number, given: Partial<PhaseRecord> = {}): PhaseRecord {
  const tally = { ...createTally(), checked, reads: checked, hits: checked }
  const latencies = latenciesOf(checked, KIND_READ)
  const sums = { checked, mismatches: 0, bytesSent: checked * 12, bytesReceived: checked * 75.5, latencies }
  return {
    name,
    totals: { tally, elapsedMs, cpuNs: checked * 100, failures: [] },
    stretch: { sums, first: readingOf(0, 0), last: readingOf(elapsedMs, checked) },
    samples: [],
    processCpuNs: checked * 200,
    ...given,
  }
}

const SAMPLES = [sampleOf(1, 1, 4_000_000), sampleOf(2, 1, 6_000_000), sampleOf(4, 2, 10_000_000)]

function runOf(given: Partial<PhaseRecord> = {}): PhaseRecord {
  return phaseOf('run', 20_000_000, 4_000, { samples: SAMPLES, ...given })
}

function withTally(phase: PhaseRecord, tally: Partial<PhaseRecord['totals']['tally']>): PhaseRecord {
  return { ...phase, totals: { ...phase.totals, tally: { ...phase.totals.tally, ...tally } } }
}

function measurements(given: Partial<Measurements> = {}): Measurements {
  const load = phaseOf('load', 1_000_000, 500)
  return {
    options: resolveBenchOptions({}, 4),
    environment: ENVIRONMENT,
    interruptedIn: null,
    failure: null,
    serverThreads: 2,
    phases: [load, phaseOf('warm-up', 5_000_000, 1_000), runOf(), phaseOf('verify', 1_000_000, 1_000)],
    ...given,
  }
}

/** What is null where nothing was measured. */
const NULLABLE = [
  'serverOpsPerSecondMedian',
  'serverCpuNsPerOp',
  'clientCpuNsPerOp',
  'processCpuNsPerOp',
  'opsPerFrame',
  'requestBytesPerOp',
  'replyBytesPerOp',
  'latencyMs',
  'hitRate',
] as const satisfies readonly (keyof BenchResult)[]

const LATENCIES = {
  operations: 20_000_000,
  p50: expect.closeTo(508, -1),
  p95: expect.closeTo(958, -1),
  p99: expect.closeTo(990, -2),
  p999: expect.closeTo(1_000, -2),
  max: expect.closeTo(1_000, -2),
}

describe('a result', () => {
  it('has every figure', () => {
    expect(benchResult(measurements())).toEqual({
      options: resolveBenchOptions({}, 4),
      environment: ENVIRONMENT,
      interruptedIn: null,
      failure: null,
      serverThreads: 2,
      phases: [
        { name: 'load', seconds: 0.5, operations: 1_000_000, opsPerSecond: 2_000_000 },
        { name: 'warm-up', seconds: 1, operations: 5_000_000, opsPerSecond: 5_000_000 },
        { name: 'run', seconds: 4, operations: 20_000_000, opsPerSecond: 5_000_000 },
        { name: 'verify', seconds: 1, operations: 1_000_000, opsPerSecond: 1_000_000 },
      ],
      loadedRecords: 1_000_000,
      mismatches: 0,
      mismatchExplanations: [],
      samples: SAMPLES,
      measuredSeconds: 4,
      clientOpsPerSecond: 5_000_000,
      serverOpsPerSecondMedian: 5_000_000,
      checkedReplies: 20_000_000,
      serverCpuNsPerOp: 80,
      clientCpuNsPerOp: 100,
      processCpuNsPerOp: 200,
      opsPerFrame: 8_000,
      requestBytesPerOp: 12,
      replyBytesPerOp: 75.5,
      latencyMs: LATENCIES,
      latencyMsByKind: { read: LATENCIES },
      hitRate: 1,
    })
  })

  it('is the same after a journey as JSON', () => {
    const result = benchResult(measurements())
    expect(JSON.parse(JSON.stringify(result))).toEqual({ ...result, options: expect.any(Object) })
  })

  it('tells the latencies of each kind that came', () => {
    const latencies = latenciesOf(1_000, KIND_READ)
    latencies.record(KIND_UPDATE, 5e6, 10)
    latencies.record(KIND_READ_MODIFY_WRITE, 9e6, 20)
    const run = runOf()
    const stretch = { ...run.stretch, sums: { ...run.stretch.sums, latencies } }
    const { latencyMs, latencyMsByKind } = runFigures({ ...run, stretch })
    expect(latencyMs?.operations).toBe(1_030)
    expect(Object.keys(latencyMsByKind)).toEqual(['read', 'update', 'rmw'])
    expect(latencyMsByKind.update).toMatchObject({ operations: 10, p50: expect.closeTo(5, 0) })
    expect(latencyMsByKind.rmw).toMatchObject({ operations: 20, max: expect.closeTo(9, 0) })
  })

  it('counts the mismatches of all phases', () => {
    const wrong = { mismatches: 2, explanations: ['a', 'b'] }
    const phases = [withTally(phaseOf('load', 1_000_000, 500), wrong), withTally(runOf(), wrong)]
    const result = benchResult(measurements({ phases }))
    expect(result.mismatches).toBe(4)
    expect(result.mismatchExplanations).toEqual(['a', 'b', 'a', 'b'])
    expect(result.loadedRecords).toBe(999_998)
  })

  it('says which of the reads found their record', () => {
    const run = withTally(runOf(), { reads: 400, hits: 300 })
    expect(runFigures(run).hitRate).toBe(0.75)
  })

  it('leaves a short end out of the rates, and seconds in which the server said nothing', () => {
    const samples = [...SAMPLES, sampleOf(4.02, 0.02, 1), sampleOf(5, 1, null)]
    expect(runFigures(runOf({ samples })).serverOpsPerSecondMedian).toBe(5_000_000)
    expect(runFigures(runOf({ samples: samples.slice(3) })).serverOpsPerSecondMedian).toBeNull()
  })

  it('counts by the replies where the server does not count', () => {
    const run = runOf()
    const last = { ...run.stretch.last, operations: undefined, frames: undefined, cpuNs: 20_000_000 * 70 }
    const figures = runFigures({ ...run, stretch: { ...run.stretch, last } })
    expect(figures).toMatchObject({ serverCpuNsPerOp: 70, opsPerFrame: null })
  })
})

describe('a partial result', () => {
  it('says where it was interrupted', () => {
    const result = benchResult(measurements({ phases: [phaseOf('load', 1_000, 500)], interruptedIn: 'load' }))
    expect(result).toMatchObject({
      interruptedIn: 'load',
      clientOpsPerSecond: 0,
      checkedReplies: 0,
      measuredSeconds: 0,
    })
    expect(result).toMatchObject({ loadedRecords: 1_000, samples: [], latencyMsByKind: {} })
    for (const name of NULLABLE) expect(result[name], name).toBeNull()
  })

  it('keeps what was measured before a failure', () => {
    const phases = measurements().phases.slice(0, 3)
    const result = benchResult(measurements({ phases, failure: 'the server is gone' }))
    expect(result).toMatchObject({ failure: 'the server is gone', clientOpsPerSecond: 5_000_000, hitRate: 1 })
    expect(result.phases.map(({ name }) => name)).toEqual(['load', 'warm-up', 'run'])
  })

  it('of nothing is a result all the same', () => {
    const result = benchResult(measurements({ phases: [], failure: 'the server is gone' }))
    expect(result).toMatchObject({ phases: [], loadedRecords: 0, mismatches: 0 })
    for (const name of NULLABLE) expect(result[name], name).toBeNull()
  })

  it('of a run in which nothing was answered has no figures for an operation', () => {
    const figures = runFigures({ ...phaseOf('run', 0, 0), processCpuNs: 1_000 })
    expect(figures).toMatchObject({
      clientOpsPerSecond: 0,
      serverOpsPerSecondMedian: null,
      latencyMs: null,
      hitRate: null,
    })
    expect(figures).toMatchObject({ processCpuNsPerOp: null, requestBytesPerOp: null, latencyMsByKind: {} })
  })

  it('says null for processor time where the system does not tell', () => {
    const run = runOf()
    const untold = { ...run.stretch.last, cpuNs: undefined }
    const figures = runFigures({
      ...run,
      totals: { ...run.totals, cpuNs: 0 },
      stretch: { ...run.stretch, last: untold },
    })
    expect(figures).toMatchObject({ serverCpuNsPerOp: null, clientCpuNsPerOp: null, opsPerFrame: 8_000 })
  })

  it('says null for bytes where there is no socket', () => {
    const run = runOf()
    const sums = { ...run.stretch.sums, bytesSent: 0, bytesReceived: 0 }
    const figures = runFigures({ ...run, stretch: { ...run.stretch, sums } })
    expect(figures).toMatchObject({ requestBytesPerOp: null, replyBytesPerOp: null })
  })
})
