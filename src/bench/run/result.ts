// A benchmark's result: what was measured, under names that stay, so that results of different versions compare.

import type { PhaseTotals } from '../load/client-threads.ts'
import type { BenchEnvironment } from './environment.ts'
import type { BenchOptions } from './options.ts'
import { median, operationRates, type ServerCounters } from './server-counters.ts'

/** The phases of a run, in order. */
export type BenchPhase = 'load' | 'warm-up' | 'run'

/** Milliseconds from the sending of a batch to the check of its last reply. */
export interface BatchLatency {
  readonly p50: number
  readonly p95: number
  readonly p99: number
  readonly p999: number
  readonly max: number
}

/** The result. Figures are of the run phase, except where they say otherwise; null means that it was not measured. */
export interface BenchResult {
  readonly options: BenchOptions
  readonly environment: BenchEnvironment
  /** The phase in which the run was interrupted; null when it ended by itself. */
  readonly interruptedIn: BenchPhase | null
  /** Shard threads that served. */
  readonly serverThreads: number
  /** Records stored and checked in the load phase. */
  readonly loadedRecords: number
  readonly measuredSeconds: number
  /** Operations completed and checked per second, all clients together. */
  readonly clientOpsPerSecond: number
  /** Median of the server's per-second counts. */
  readonly serverOpsPerSecondMedian: number | null
  /** Replies checked in the run phase: each operation has one. */
  readonly checkedReplies: number
  /** Replies that were wrong, of all phases. */
  readonly mismatches: number
  /** What was wrong with the first of them. */
  readonly mismatchExplanations: readonly string[]
  /** Processor time of the shard threads for each operation that they executed. */
  readonly serverCpuNsPerOp: number | null
  /** Processor time of the client threads for each operation. */
  readonly clientCpuNsPerOp: number | null
  /**
   * Processor time of this whole process for each operation: garbage collection and compilers too, and an embedded
   * server.
   */
  readonly processCpuNsPerOp: number | null
  readonly opsPerFrame: number | null
  /** Bytes that the server received for each operation, headers included; `replyBytesPerOp`: that it sent. */
  readonly requestBytesPerOp: number | null
  readonly replyBytesPerOp: number | null
  readonly batchLatencyMs: BatchLatency | null
  /** Share of the reads that found their record. */
  readonly hitRate: number | null
}

/** What the phases of a run left behind. */
export interface Measurements {
  readonly options: BenchOptions
  readonly environment: BenchEnvironment
  readonly interruptedIn: BenchPhase | null
  readonly serverThreads: number
  readonly load: PhaseTotals | undefined
  readonly warmUp: PhaseTotals | undefined
  readonly run: PhaseTotals | undefined
  /** The server's counters at the start of the run phase, every second, and at its end. */
  readonly readings: readonly ServerCounters[]
  /** Processor time of this process in the run phase. */
  readonly processCpuNs: number
}

const MS_PER_SECOND = 1_000
const NS_PER_MS = 1e6

/** Works the result out. */
export function benchResult(measured: Measurements): BenchResult {
  const { options, environment, interruptedIn, serverThreads, load, warmUp, run } = measured
  const phases = [load, warmUp, run].filter((phase) => phase !== undefined)
  const checked = run?.tally.checked ?? 0
  const elapsedMs = run?.elapsedMs ?? 0
  return {
    options,
    environment,
    interruptedIn,
    serverThreads,
    loadedRecords: load === undefined ? 0 : load.tally.checked - load.tally.mismatches,
    measuredSeconds: rounded(elapsedMs / MS_PER_SECOND, 3),
    clientOpsPerSecond: elapsedMs > 0 ? Math.round((checked / elapsedMs) * MS_PER_SECOND) : 0,
    checkedReplies: checked,
    mismatches: phases.reduce((sum, { tally }) => sum + tally.mismatches, 0),
    mismatchExplanations: phases.flatMap(({ tally }) => tally.explanations),
    clientCpuNsPerOp: ratio(told(run?.cpuNs), checked, 1),
    processCpuNsPerOp: ratio(measured.processCpuNs, checked, 1),
    batchLatencyMs: latencyOf(run),
    hitRate: ratio(run?.tally.hits, run?.tally.reads, 6),
    ...serverFigures(measured.readings),
  }
}

type ServerFigures = Pick<
  BenchResult,
  'serverOpsPerSecondMedian' | 'serverCpuNsPerOp' | 'opsPerFrame' | 'requestBytesPerOp' | 'replyBytesPerOp'
>

function serverFigures(readings: readonly ServerCounters[]): ServerFigures {
  const first = readings[0]
  const last = readings.at(-1)
  const delta = (field: keyof ServerCounters): number | undefined => {
    return first === undefined || last === undefined ? undefined : last[field] - first[field]
  }
  const operations = delta('operations')
  const rate = median(operationRates(readings))
  return {
    serverOpsPerSecondMedian: rate === undefined ? null : Math.round(rate),
    serverCpuNsPerOp: ratio(told(delta('cpuNs')), operations, 1),
    opsPerFrame: ratio(operations, delta('frames'), 1),
    requestBytesPerOp: ratio(delta('bytesIn'), operations, 2),
    replyBytesPerOp: ratio(delta('bytesOut'), operations, 2),
  }
}

function latencyOf(run: PhaseTotals | undefined): BatchLatency | null {
  if (run === undefined || run.latency.count === 0) return null
  const { latency } = run
  const percentile = (percent: number): number => rounded(latency.percentile(percent) / NS_PER_MS, 3)
  return {
    p50: percentile(50),
    p95: percentile(95),
    p99: percentile(99),
    p999: percentile(99.9),
    max: rounded(latency.max / NS_PER_MS, 3),
  }
}

/** Processor time; undefined where the system does not tell, which it reports as 0. */
function told(cpuNs: number | undefined): number | undefined {
  return cpuNs === 0 ? undefined : cpuNs
}

function ratio(part: number | undefined, whole: number | undefined, digits: number): number | null {
  if (part === undefined || whole === undefined || whole === 0) return null
  return rounded(part / whole, digits)
}

function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits))
}
