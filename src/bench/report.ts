// The result as a reader sees it: one fact a line, with what it means beside the figure.

import type { BenchOptions } from './options.ts'
import type { BenchOutput } from './output.ts'
import type { BatchLatency, BenchResult } from './result.ts'
import { WORKLOADS } from './workload.ts'

const NAME_WIDTH = 16
const FIGURE_WIDTH = 16

/** What is going to run, in one line. */
export function headline(options: BenchOptions): string {
  const { workload, records, valueBytes, theta, threads, clients, batch, window, target } = options
  const reads = `${WORKLOADS[workload] * 100}% reads`
  const server = threads === undefined ? `server ${target}` : plural(threads, 'shard thread')
  return [
    `YCSB-${workload.toUpperCase()} (${reads})`,
    `${grouped(records)} records of ${grouped(valueBytes)} bytes`,
    `Zipf ${theta}`,
    server,
    plural(clients, 'client thread'),
    `batch ${grouped(batch)} x window ${window}`,
  ].join(', ')
}

/** Writes the result. */
export function writeReport(result: BenchResult, output: BenchOutput): void {
  const row = (name: string, figure: string, note = ''): void => {
    output.line(
      `  ${name.padEnd(NAME_WIDTH)}${figure.padStart(FIGURE_WIDTH)}  ${output.styled('faint', note)}`.trimEnd(),
    )
  }
  output.line('')
  writeFacts(result, row)
  writeVerdict(result, output)
}

/** `12,345,678`. */
export function grouped(value: number): string {
  return value.toLocaleString('en-US')
}

/** `12.35 M`. */
export function millions(value: number): string {
  return `${(value / 1e6).toFixed(2)} M`
}

type Row = (name: string, figure: string, note?: string) => void

function writeFacts(result: BenchResult, row: Row): void {
  const { batchLatencyMs: latency, environment } = result
  row('client', `${millions(result.clientOpsPerSecond)} ops/s`, `checked, over ${result.measuredSeconds.toFixed(1)} s`)
  row(
    'server',
    figure(result.serverOpsPerSecondMedian, (rate) => `${millions(rate)} ops/s`),
    'median of its seconds',
  )
  row('replies checked', grouped(result.checkedReplies))
  row(
    'hit rate',
    figure(result.hitRate, (share) => `${(share * 100).toFixed(2)} %`),
  )
  row('server CPU', figure(result.serverCpuNsPerOp, nsPerOp), plural(result.serverThreads, 'shard thread'))
  row('client CPU', figure(result.clientCpuNsPerOp, nsPerOp), plural(result.options.clients, 'client thread'))
  row('process CPU', figure(result.processCpuNsPerOp, nsPerOp), 'all threads of this process')
  row(
    'frame',
    figure(result.opsPerFrame, (operations) => `${grouped(operations)} ops`),
  )
  row('request', figure(result.requestBytesPerOp, bytesPerOp))
  row('reply', figure(result.replyBytesPerOp, bytesPerOp))
  row(
    'batch latency',
    figure(latency?.p50 ?? null, (ms) => `${ms.toFixed(2)} ms`),
    latency === null ? '' : tail(latency),
  )
  row(
    'environment',
    plural(environment.cores, 'core'),
    `${environment.cpuModel}, Node ${environment.nodeVersion}, commit ${environment.commit}`,
  )
}

function writeVerdict(result: BenchResult, output: BenchOutput): void {
  output.line('')
  if (result.interruptedIn !== null) {
    output.line(output.styled('strong', `  interrupted in the ${result.interruptedIn} phase: the figures are partial`))
  }
  if (result.mismatches === 0) {
    output.line(output.styled('good', '  every reply was right'))
    return
  }
  output.line(output.styled('bad', `  ${plural(result.mismatches, 'reply was', 'replies were')} wrong, among them:`))
  for (const explanation of result.mismatchExplanations) output.line(`    ${explanation}`)
}

function tail(latency: BatchLatency): string {
  const { p95, p99, p999, max } = latency
  const shown = { p95, p99, 'p99.9': p999, max }
  const parts = Object.entries(shown).map(([name, ms]) => `${name} ${ms.toFixed(2)}`)
  return `median; ${parts.join(', ')}`
}

function figure(value: number | null, format: (value: number) => string): string {
  return value === null ? '-' : format(value)
}

function nsPerOp(value: number): string {
  return `${value.toFixed(1)} ns/op`
}

function bytesPerOp(value: number): string {
  return `${value.toFixed(1)} B/op`
}

function plural(count: number, one: string, many = `${one}s`): string {
  return `${grouped(count)} ${count === 1 ? one : many}`
}
