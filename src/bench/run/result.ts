// A benchmark's result: what was measured, under names that stay, so that results of different versions compare.

import type { ClientSums } from '../load/client-counters.ts'
import type { Latencies } from '../load/latencies.ts'
import { KINDS } from '../workload/kinds.ts'
import type { BenchEnvironment } from './environment.ts'
import type { BenchOptions } from './options.ts'
import type { BenchPhase, PhaseRecord, PhasesOutcome } from './phases.ts'
import { type Sample, WHOLE_SECONDS_MIN } from './sampler.ts'
import { median } from './statistics.ts'

/** Milliseconds from the start of an operation's batch, the intended one at a given rate, to the check of its result. */
export interface LatencyFigures {
  readonly operations: number
  readonly p50: number
  readonly p95: number
  readonly p99: number
  readonly p999: number
  readonly max: number
}

/** One phase in short. */
export interface PhaseFigures {
  readonly name: BenchPhase
  readonly seconds: number
  readonly operations: number
  readonly opsPerSecond: number
}

/** What was measured over one run of the workload; null means that nobody told. */
export interface RunFigures {
  readonly measuredSeconds: number
  /** Operations completed and checked per second, all clients together. */
  readonly clientOpsPerSecond: number
  /** Median of the server's per-second counts. */
  readonly serverOpsPerSecondMedian: number | null
  /** Operations whose replies were checked. */
  readonly checkedReplies: number
  /** Processor time of the server for each operation. */
  readonly serverCpuNsPerOp: number | null
  /** Processor time of the client threads for each operation. */
  readonly clientCpuNsPerOp: number | null
  /**
   * Processor time of this whole process for each operation: garbage collection and compilers too, and an embedded
   * server.
   */
  readonly processCpuNsPerOp: number | null
  readonly opsPerFrame: number | null
  /** Bytes that clients sent for each operation, headers included; `replyBytesPerOp`: that they received. */
  readonly requestBytesPerOp: number | null
  readonly replyBytesPerOp: number | null
  /** Of all operations; null when there were none. */
  readonly latencyMs: LatencyFigures | null
  /** By kind, those that came. */
  readonly latencyMsByKind: Readonly<Record<string, LatencyFigures>>
  /** Share of the reads that found their record. */
  readonly hitRate: number | null
}

/** The result of one benchmark. Figures are of the run phase. */
export interface BenchResult extends RunFigures {
  readonly options: BenchOptions
  readonly environment: BenchEnvironment
  /** The phase in which the run was interrupted; null when it ended by itself. */
  readonly interruptedIn: BenchPhase | null
  /** What ended the run early; null when nothing did. */
  readonly failure: string | null
  /** Threads that served. */
  readonly serverThreads: number
  readonly phases: readonly PhaseFigures[]
  /** Records stored and checked in the load phase. */
  readonly loadedRecords: number
  /** Replies that were wrong, of all phases. */
  readonly mismatches: number
  /** What was wrong with the first of them. */
  readonly mismatchExplanations: readonly string[]
  /** The run phase, second by second. */
  readonly samples: readonly Sample[]
}

/** What a result is made of. */
export interface Measurements extends PhasesOutcome {
  readonly options: BenchOptions
  readonly environment: BenchEnvironment
  readonly serverThreads: number
}

const MS_PER_SECOND = 1_000
const NS_PER_MS = 1e6

/** Works the result out. */
export function benchResult(measured: Measurements): BenchResult {
  const { options, environment, interruptedIn, failure, serverThreads, phases } = measured
  const run = phases.find(({ name }) => name === 'run')
  const load = phases.find(({ name }) => name === 'load')
  return {
    options,
    environment,
    interruptedIn,
    failure,
    serverThreads,
    phases: phases.map(phaseFigures),
    loadedRecords: load === undefined ? 0 : load.totals.tally.checked - load.totals.tally.mismatches,
    mismatches: phases.reduce((sum, { totals }) => sum + totals.tally.mismatches, 0),
    mismatchExplanations: phases.flatMap(({ totals }) => totals.tally.explanations),
    samples: run?.samples ?? [],
    ...(run === undefined ? NO_FIGURES : runFigures(run)),
  }
}

/** The figures of one run of the workload. */
export function runFigures({ totals, stretch, samples, processCpuNs }: PhaseRecord): RunFigures {
  const { tally, elapsedMs, cpuNs } = totals
  const { sums, first, last } = stretch
  const { checked } = tally
  const told = (ns: number): number | undefined => (ns === 0 ? undefined : ns)
  const served = difference(last.operations, first.operations)
  const rates = samples.flatMap(({ serverOperations, durationSeconds }) =>
    serverOperations === null || durationSeconds < WHOLE_SECONDS_MIN ? [] : [serverOperations / durationSeconds],
  )
  const rate = median(rates)
  return {
    measuredSeconds: rounded(elapsedMs / MS_PER_SECOND, 3),
    clientOpsPerSecond: elapsedMs > 0 ? Math.round((checked / elapsedMs) * MS_PER_SECOND) : 0,
    serverOpsPerSecondMedian: rate === undefined ? null : Math.round(rate),
    checkedReplies: checked,
    serverCpuNsPerOp: ratio(difference(last.cpuNs, first.cpuNs), checked, 1),
    clientCpuNsPerOp: ratio(told(cpuNs), checked, 1),
    processCpuNsPerOp: ratio(processCpuNs, checked, 1),
    opsPerFrame: ratio(served, difference(last.frames, first.frames), 1),
    requestBytesPerOp: ratio(told(sums.bytesSent), checked, 2),
    replyBytesPerOp: ratio(told(sums.bytesReceived), checked, 2),
    latencyMs: latencyFigures(sums.latencies),
    latencyMsByKind: latenciesByKind(sums),
    hitRate: ratio(tally.hits, tally.reads, 6),
  }
}

const NO_FIGURES: RunFigures = {
  measuredSeconds: 0,
  clientOpsPerSecond: 0,
  serverOpsPerSecondMedian: null,
  checkedReplies: 0,
  serverCpuNsPerOp: null,
  clientCpuNsPerOp: null,
  processCpuNsPerOp: null,
  opsPerFrame: null,
  requestBytesPerOp: null,
  replyBytesPerOp: null,
  latencyMs: null,
  latencyMsByKind: {},
  hitRate: null,
}

function phaseFigures({ name, totals }: PhaseRecord): PhaseFigures {
  const seconds = totals.elapsedMs / MS_PER_SECOND
  const operations = totals.tally.checked
  const opsPerSecond = seconds > 0 ? Math.round(operations / seconds) : 0
  return { name, seconds: rounded(seconds, 3), operations, opsPerSecond }
}

function latenciesByKind({ latencies }: ClientSums): Record<string, LatencyFigures> {
  const byKind: Record<string, LatencyFigures> = {}
  for (const { code, name } of KINDS) {
    const figures = latencyFigures(latencies, code)
    if (figures !== null) byKind[name] = figures
  }
  return byKind
}

function latencyFigures(latencies: Latencies, kind?: number): LatencyFigures | null {
  const operations = latencies.count(kind)
  if (operations === 0) return null
  const percentile = (share: number): number => rounded((latencies.percentileNs(share, kind) ?? 0) / NS_PER_MS, 3)
  return {
    operations,
    p50: percentile(0.5),
    p95: percentile(0.95),
    p99: percentile(0.99),
    p999: percentile(0.999),
    max: percentile(1),
  }
}

function difference(now: number | undefined, before: number | undefined): number | undefined {
  return now === undefined || before === undefined ? undefined : now - before
}

function ratio(part: number | undefined, whole: number | undefined, digits: number): number | null {
  if (part === undefined || whole === undefined || whole === 0) return null
  return rounded(part / whole, digits)
}

function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits))
}
