// The result as a reader sees it: one fact a line, with what it means beside the figure.

import { describeWorkload } from '../workload/resolve-workload.ts'
import type { BenchOptions } from './options.ts'
import type { BenchOutput } from './output.ts'
import type { BenchResult, LatencyFigures } from './result.ts'
import { grouped, plural, rateOf } from './text.ts'

const NAME_WIDTH = 17
const VALUE_WIDTH = 11
const UNIT_WIDTH = 9

/** What is going to run, in one line. */
export function headline(options: BenchOptions): string {
  const { workload, driver, threads, clients, batch, window, opsPerSecond, target } = options
  const own = driver === 'sluice-embedded' ? 'in this process' : plural(threads, 'shard thread')
  return [
    describeWorkload(workload),
    driver,
    target === undefined ? own : `server ${target}`,
    plural(clients, 'client thread'),
    `batch ${grouped(batch)} x window ${grouped(window)}`,
    ...(opsPerSecond === 0 ? [] : [`${grouped(opsPerSecond)} operations started a second`]),
  ].join(', ')
}

/** Writes the result. */
export function writeSummary(result: BenchResult, output: BenchOutput): void {
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
  const { latencyMs, latencyMsByKind, environment, options } = result
  const { cores, cpuModel, nodeVersion, commit } = environment
  const client = rateOf(result.clientOpsPerSecond)
  const server = result.serverOpsPerSecondMedian === null ? null : rateOf(result.serverOpsPerSecondMedian)
  return [
    fact('client', client.value, client.unit, `checked, over ${result.measuredSeconds.toFixed(1)} s`),
    fact('server', server === null ? null : server.value, server?.unit ?? '', 'median of its seconds'),
    fact('replies checked', grouped(result.checkedReplies), '', ''),
    fact('hit rate', result.hitRate === null ? null : (result.hitRate * 100).toFixed(2), '%', 'of the reads'),
    fact('server CPU', fixed(result.serverCpuNsPerOp), 'ns/op', plural(result.serverThreads, 'thread')),
    fact('client CPU', fixed(result.clientCpuNsPerOp), 'ns/op', plural(options.clients, 'client thread')),
    fact('process CPU', fixed(result.processCpuNsPerOp), 'ns/op', 'all threads of this process'),
    fact('frame', fixed(result.opsPerFrame), 'ops', ''),
    fact('request', fixed(result.requestBytesPerOp), 'B/op', 'headers included'),
    fact('reply', fixed(result.replyBytesPerOp), 'B/op', 'headers included'),
    latencyFact('latency', latencyMs),
    // Those of a single kind are those of all.
    ...(Object.keys(latencyMsByKind).length < 2 ? [] : Object.entries(latencyMsByKind)).map(([kind, figures]) =>
      latencyFact(`  of ${kind}`, figures),
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
    const left = result.interruptedIn === 'verify' ? 'not every record was read again' : 'the figures are partial'
    output.line(output.styled('strong', `  interrupted in the ${result.interruptedIn} phase: ${left}`))
  }
  if (result.failure !== null) {
    output.line(output.styled('bad', `  ended early: ${result.failure}`))
    output.line('  the figures are of what was measured before')
  }
  if (result.mismatches === 0) {
    output.line(output.styled('good', '  every reply was right'))
    return
  }
  output.line(output.styled('bad', `  ${plural(result.mismatches, 'reply was', 'replies were')} wrong, among them:`))
  for (const explanation of result.mismatchExplanations) output.line(`    ${explanation}`)
}

/** Latencies of the operations of a kind. */
function latencyFact(name: string, latency: LatencyFigures | null): Fact {
  if (latency === null) return fact(name, null, '', '')
  const { p50, p95, p99, p999, max } = latency
  const rest = Object.entries({ p95, p99, 'p99.9': p999, max }).map(([share, ms]) => `${share} ${ms.toFixed(2)}`)
  return fact(name, p50.toFixed(2), 'ms', `median; ${rest.join(', ')}`)
}

function fixed(value: number | null): string | null {
  return value === null ? null : value.toFixed(1)
}
