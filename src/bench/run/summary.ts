// The result as a reader sees it: one fact a line, with what it means beside the figure.

import { WORKLOADS } from '../workload/workload.ts'
import type { BenchOptions } from './options.ts'
import type { BenchOutput } from './output.ts'
import type { BatchLatency, BenchResult } from './result.ts'
import { grouped, plural, rateOf } from './text.ts'

const NAME_WIDTH = 17
const VALUE_WIDTH = 11
const UNIT_WIDTH = 9

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
  output.line('')
  // Interrupted before the run phase: there is nothing to show but that.
  const shown = result.checkedReplies === 0 ? [] : facts(result)
  for (const { name, value, unit, note } of shown) {
    const figure = `  ${name.padEnd(NAME_WIDTH)}${value.padStart(VALUE_WIDTH)} ${unit.padEnd(UNIT_WIDTH)}`
    output.line(`${figure}${output.styled('faint', note)}`.trimEnd())
  }
  writeVerdict(result, output)
}

interface Fact {
  readonly name: string
  readonly value: string
  readonly unit: string
  /** What the figure means, or more of it. */
  readonly note: string
}

function facts(result: BenchResult): Fact[] {
  const { batchLatencyMs: latency, environment, options } = result
  const { cores, cpuModel, nodeVersion, commit } = environment
  const client = rateOf(result.clientOpsPerSecond)
  const server = result.serverOpsPerSecondMedian === null ? null : rateOf(result.serverOpsPerSecondMedian)
  return [
    fact('client', client.value, client.unit, `checked, over ${result.measuredSeconds.toFixed(1)} s`),
    fact('server', server === null ? null : server.value, server?.unit ?? '', 'median of its seconds'),
    fact('replies checked', grouped(result.checkedReplies), '', ''),
    fact('hit rate', result.hitRate === null ? null : (result.hitRate * 100).toFixed(2), '%', 'of the reads'),
    fact('server CPU', fixed(result.serverCpuNsPerOp), 'ns/op', plural(result.serverThreads, 'shard thread')),
    fact('client CPU', fixed(result.clientCpuNsPerOp), 'ns/op', plural(options.clients, 'client thread')),
    fact('process CPU', fixed(result.processCpuNsPerOp), 'ns/op', 'all threads of this process'),
    fact('frame', fixed(result.opsPerFrame), 'ops', ''),
    fact('request', fixed(result.requestBytesPerOp), 'B/op', 'headers included'),
    fact('reply', fixed(result.replyBytesPerOp), 'B/op', 'headers included'),
    fact(
      'batch latency',
      latency === null ? null : latency.p50.toFixed(2),
      'ms',
      latency === null ? '' : tail(latency),
    ),
    fact('environment', String(cores), 'cores', `${cpuModel}, Node ${nodeVersion}, commit ${commit}`),
  ]
}

/** A null value is shown as a dash. */
function fact(name: string, value: string | null, unit: string, note: string): Fact {
  return value === null ? { name, value: '-', unit: '', note: '' } : { name, value, unit, note }
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

function fixed(value: number | null): string | null {
  return value === null ? null : value.toFixed(1)
}
