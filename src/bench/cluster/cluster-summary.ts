// The result of a benchmark over several hosts as the terminal shows it: the figures of merit, then a line for each host.

import type { BenchOutput } from '../run/output.ts'
import type { LatencyFigures } from '../run/result.ts'
import { median } from '../run/statistics.ts'
import { grouped, plural, rateOf, sizeOf } from '../run/text.ts'
import { describeWorkload } from '../workload/resolve-workload.ts'
import type { ClusterOptions } from './cluster-options.ts'
import type { ClusterResult, HostFigures, NodeFigures } from './cluster-result.ts'
import { type NodeSample, wholeSeconds } from './node-samples.ts'

const NAME_WIDTH = 17
const VALUE_WIDTH = 11
const UNIT_WIDTH = 9
const BYTES_PER_MB = 1e6

/** What is going to run, in one line. */
export function clusterHeadline(options: ClusterOptions): string {
  const { workload, serverCount, clientHostCount, threadsPerServer, clientThreadsPerHost, opsPerSecond } = options
  return [
    describeWorkload(workload),
    `${plural(serverCount, 'server')} x ${plural(threadsPerServer, 'shard thread')}`,
    `${plural(clientHostCount, 'client host')} x ${plural(clientThreadsPerHost, 'client thread')}`,
    `batch ${grouped(options.batch)} x window ${grouped(options.window)}`,
    ...(opsPerSecond === 0 ? [] : [`${grouped(opsPerSecond)} operations started a second`]),
  ].join(', ')
}

/** Writes the result. */
export function writeClusterSummary(result: ClusterResult, output: BenchOutput): void {
  output.line('')
  if (result.checkedReplies > 0) {
    for (const line of figureLines(result, output)) output.line(line)
    output.line('')
    for (const line of hostTable(result.hosts, result.nodes)) output.line(line)
    output.line('')
  }
  if (result.interruptedIn !== null) {
    output.line(output.styled('strong', `  interrupted in the ${result.interruptedIn} phase: the figures are partial`))
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

function figureLines(result: ClusterResult, output: BenchOutput): string[] {
  const { serverMediansOpsPerSecond, clientOpsPerSecond, options, latencyMs, latencyMsByKind } = result
  const line = (name: string, value: string, unit: string, note: string): string =>
    `  ${name.padEnd(NAME_WIDTH)}${value.padStart(VALUE_WIDTH)} ${unit.padEnd(UNIT_WIDTH)}${output.styled('faint', note)}`.trimEnd()
  const rate = (name: string, opsPerSecond: number | null, note: string): string => {
    const shown = opsPerSecond === null ? { value: '-', unit: '' } : rateOf(opsPerSecond)
    return line(name, shown.value, shown.unit, note)
  }
  const fixed = (name: string, value: number | null, unit: string, note: string): string =>
    value === null ? line(name, '-', '', '') : line(name, value.toFixed(1), unit, note)
  const latency = (name: string, figures: LatencyFigures): string => {
    const { p50, p95, p99, p999, max } = figures
    const rest = Object.entries({ p95, p99, 'p99.9': p999, max }).map(([share, ms]) => `${share} ${ms.toFixed(2)}`)
    return line(name, p50.toFixed(2), 'ms', `median; ${rest.join(', ')}`)
  }
  const kinds = Object.entries(latencyMsByKind)
  return [
    rate('servers', serverMediansOpsPerSecond, 'sum of the median second of each server'),
    rate('clients', clientOpsPerSecond, `completed and checked, over ${result.measuredSeconds.toFixed(1)} s`),
    line('replies checked', grouped(result.checkedReplies), '', ''),
    fixed('server CPU', result.serverCpuNsPerOp, 'ns/op', `whole processes, ${plural(options.serverCount, 'server')}`),
    fixed('client CPU', result.clientCpuNsPerOp, 'ns/op', plural(options.clientThreads, 'client thread')),
    fixed('request', result.requestBytesPerOp, 'B/op', 'headers included'),
    fixed('reply', result.replyBytesPerOp, 'B/op', 'headers included'),
    ...(latencyMs === null ? [] : [latency('latency', latencyMs)]),
    // Those of a single kind are those of all.
    ...(kinds.length < 2 ? [] : kinds.map(([kind, figures]) => latency(`  of ${kind}`, figures))),
  ]
}

/** One line for each host: medians of its seconds. */
function hostTable(hosts: readonly HostFigures[], nodes: readonly NodeFigures[]): string[] {
  const head = [
    'host',
    'on',
    'ops/s',
    'process',
    'machine',
    'busiest',
    'memory',
    'in',
    'out',
    'packets in',
    'out',
    'delay',
  ]
  const units = ['', '', '', 'cores', 'busy', 'core', '', 'MB/s', 'MB/s', '1/s', '1/s', 'p99 ms']
  const rows = nodes.map(({ id, samples, opsPerSecondMedian }) => {
    const of = (figure: (sample: NodeSample) => number | null): number | undefined =>
      median(
        wholeSeconds(samples)
          .map(figure)
          .filter((value) => value !== null),
      )
    const rate = opsPerSecondMedian === null ? undefined : rateOf(opsPerSecondMedian)
    const megabytes = (value: number | undefined): number | undefined => value && value / BYTES_PER_MB
    return [
      id,
      hosts.find((host) => host.id === id)?.hostName ?? '',
      rate === undefined ? '-' : `${rate.value} ${rate.unit.replace(/ ?ops\/s/, '')}`.trim(),
      fixedOr(
        of(({ processCores }) => processCores),
        2,
      ),
      percentOr(of(({ coreLoads }) => meanOf(coreLoads))),
      percentOr(of(({ coreLoads }) => (coreLoads.length === 0 ? null : Math.max(...coreLoads)))),
      sizeOf(of(({ rssBytes }) => rssBytes) ?? 0),
      fixedOr(megabytes(of(({ bytesInPerSecond }) => bytesInPerSecond)), 1),
      fixedOr(megabytes(of(({ bytesOutPerSecond }) => bytesOutPerSecond)), 1),
      fixedOr(
        of(({ packetsInPerSecond }) => packetsInPerSecond),
        0,
      ),
      fixedOr(
        of(({ packetsOutPerSecond }) => packetsOutPerSecond),
        0,
      ),
      fixedOr(
        of(({ loopDelayP99Ms }) => loopDelayP99Ms),
        1,
      ),
    ]
  })
  const table = [head, units, ...rows]
  const widths = head.map((_, column) => Math.max(...table.map((row) => (row[column] ?? '').length)))
  const cell = (text: string, column: number): string =>
    column < 2 ? text.padEnd(widths[column] ?? 0) : text.padStart(widths[column] ?? 0)
  return table.map((row) => `  ${row.map(cell).join('  ')}`.trimEnd())
}

function meanOf(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length
}

function fixedOr(value: number | undefined, digits: number): string {
  return value === undefined
    ? '-'
    : value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })
}

function percentOr(share: number | undefined): string {
  return share === undefined ? '-' : `${(share * 100).toFixed(0)} %`
}
