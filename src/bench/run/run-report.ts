// One benchmark as a report.

import { figureCell, textCell } from '../report/cells.ts'
import type { Chart, Fact, Point, Report, Section, Table } from '../report/model.ts'
import { environmentFacts } from './environment-facts.ts'
import type { BenchResult, LatencyFigures } from './result.ts'
import { type Sample, WHOLE_SECONDS_MIN } from './sampler.ts'
import { headline } from './summary.ts'
import { rateOf } from './text.ts'

const BYTES_PER_MB = 1e6
const BYTES_PER_MIB = 1024 * 1024

/** The report. `command` is what was typed. */
export function runReport(result: BenchResult, command: string): Report {
  const { environment, options } = result
  return {
    title: `Sluice benchmark: ${options.workload.name}`,
    createdAtMs: environment.startedAtMs,
    highlights: highlightsOf(result),
    sections: sectionsOf(result, headline(options)),
    environment: environmentFacts(environment),
    commands: [command],
  }
}

/** What reports of any run show: a run of one machine, or of several. */
export type ReportedRun = Omit<BenchResult, 'options'>

/** The sections about a run; `title` says what was run. */
export function sectionsOf(result: ReportedRun, title: string): Section[] {
  return [throughputSection(result, title), latencySection(result), costSection(result)]
}

/** The figures to remember. */
export function highlightsOf(result: ReportedRun): Fact[] {
  const { clientOpsPerSecond, serverCpuNsPerOp, clientCpuNsPerOp, latencyMs, mismatches, checkedReplies } = result
  const rate = rateOf(clientOpsPerSecond)
  return [
    { name: 'throughput', value: `${rate.value} ${rate.unit}`, note: 'completed and checked' },
    ...(serverCpuNsPerOp === null
      ? []
      : [{ name: 'server CPU', value: `${serverCpuNsPerOp} ns`, note: 'an operation' }]),
    ...(clientCpuNsPerOp === null
      ? []
      : [{ name: 'client CPU', value: `${clientCpuNsPerOp} ns`, note: 'an operation' }]),
    ...(latencyMs === null ? [] : [{ name: 'p99', value: `${latencyMs.p99} ms`, note: `median ${latencyMs.p50} ms` }]),
    {
      name: 'wrong replies',
      value: String(mismatches),
      note: `of ${checkedReplies.toLocaleString('en-US')} in the run, and those of the other phases`,
    },
  ]
}

/** What ended a run before its time, in a sentence. */
function earlyEnd({ failure, interruptedIn }: Pick<BenchResult, 'failure' | 'interruptedIn'>): string[] {
  if (failure !== null) return [`The run ended early: ${failure}. The figures are of what was measured before.`]
  if (interruptedIn !== null) return [`Interrupted in the ${interruptedIn} phase: the figures are partial.`]
  return []
}

function throughputSection(result: ReportedRun, title: string): Section {
  const { samples, phases } = result
  const rates = { name: 'clients', points: pointsOf(samples, (each) => each.operations / each.durationSeconds) }
  const served = {
    name: 'server',
    points: pointsOf(samples, (each) =>
      each.serverOperations === null ? null : each.serverOperations / each.durationSeconds,
    ),
  }
  const rows = phases.map(({ name, seconds, operations, opsPerSecond }) => [
    textCell(name),
    figureCell(seconds, 1),
    figureCell(operations),
    figureCell(opsPerSecond),
  ])
  return {
    id: 'throughput',
    title: 'Throughput',
    notes: [title, ...earlyEnd(result), ...result.mismatchExplanations],
    charts: [overTime('over-time', 'Operations a second', 'operations', '1/s', [rates, served])].filter(hasPoints),
    tables: [
      {
        id: 'phases',
        title: 'Phases',
        columns: [
          { name: 'phase', align: 'left' },
          { name: 'time', unit: 's', align: 'right' },
          { name: 'operations', align: 'right' },
          { name: 'rate', unit: 'ops/s', align: 'right' },
        ],
        rows,
      },
    ],
  }
}

function latencySection({ samples, latencyMs, latencyMsByKind }: ReportedRun): Section {
  const rows = [...(latencyMs === null ? [] : [['all', latencyMs] as const]), ...Object.entries(latencyMsByKind)]
  const median = { name: 'median', points: pointsOf(samples, ({ p50Ms }) => p50Ms) }
  const tail = { name: '99th percentile', points: pointsOf(samples, ({ p99Ms }) => p99Ms) }
  return {
    id: 'latency',
    title: 'Latency',
    notes: [
      'From the start of an operation’s batch, the intended one at a given rate, to the check of its result. Known to 1.6 %.',
    ],
    charts: [
      { ...overTime('over-time', 'Latency of all operations', 'latency', 'ms', [median, tail]), yIsLogarithmic: true },
    ].filter(hasPoints),
    tables: [latencyTable(rows)],
  }
}

/** Latencies, a row for each name. */
function latencyTable(rows: readonly (readonly [name: string, figures: LatencyFigures])[]): Table {
  const shares = ['p50', 'p95', 'p99', 'p999', 'max'] as const
  return {
    id: 'percentiles',
    title: 'Latency by kind of operation',
    columns: [
      { name: 'kind', align: 'left' },
      { name: 'operations', align: 'right' },
      ...shares.map((name) => ({ name: name === 'p999' ? 'p99.9' : name, unit: 'ms', align: 'right' }) as const),
    ],
    rows: rows.map(([name, figures]) => [
      textCell(name),
      figureCell(figures.operations),
      ...shares.map((share) => figureCell(figures[share], 3)),
    ]),
  }
}

function costSection(result: ReportedRun): Section {
  const { samples } = result
  const facts: [string, number | null, string][] = [
    ['server CPU', result.serverCpuNsPerOp, 'ns/op'],
    ['client CPU', result.clientCpuNsPerOp, 'ns/op'],
    ['CPU of the whole process', result.processCpuNsPerOp, 'ns/op'],
    ['operations in a frame', result.opsPerFrame, ''],
    ['request', result.requestBytesPerOp, 'B/op'],
    ['reply', result.replyBytesPerOp, 'B/op'],
  ]
  const cores = { name: 'server', points: pointsOf(samples, ({ serverCores }) => serverCores) }
  const memory = {
    name: 'server',
    points: pointsOf(samples, ({ serverRssBytes }) =>
      serverRssBytes === null ? null : serverRssBytes / BYTES_PER_MIB,
    ),
  }
  const sent = { name: 'sent', points: pointsOf(samples, (each) => megabytesPerSecond(each, each.bytesSent)) }
  const received = {
    name: 'received',
    points: pointsOf(samples, (each) => megabytesPerSecond(each, each.bytesReceived)),
  }
  return {
    id: 'costs',
    title: 'Costs',
    notes: [],
    charts: [
      overTime('cpu', 'Processor time of the server', 'processors', 'cores', [cores]),
      overTime('memory', 'Resident memory of the server', 'memory', 'MiB', [memory]),
      overTime('network', 'Bytes on the clients’ connections', 'bytes', 'MB/s', [sent, received]),
    ].filter(hasPoints),
    tables: [
      {
        id: 'costs',
        title: 'What an operation costs',
        columns: [
          { name: 'what', align: 'left' },
          { name: 'figure', align: 'right' },
          { name: 'unit', align: 'left' },
        ],
        rows: facts.map(([name, value, unit]) => [textCell(name), figureCell(value), textCell(unit)]),
      },
    ],
  }
}

function megabytesPerSecond({ durationSeconds }: Sample, bytes: number): number {
  return bytes / durationSeconds / BYTES_PER_MB
}

/** What was measured from one look to the next. */
interface Stretch {
  readonly second: number
  readonly durationSeconds: number
}

/** A figure over the seconds of a run, without a short piece at its end, which says too little. */
export function pointsOf<Item extends Stretch>(
  samples: readonly Item[],
  read: (sample: Item) => number | null,
): Point[] {
  return samples
    .filter(({ durationSeconds }) => durationSeconds >= WHOLE_SECONDS_MIN)
    .map((sample) => ({ x: Number(sample.second.toFixed(SECOND_DIGITS)), y: rounded(read(sample)) }))
}

/** Whether there is anything to draw. */
export function hasPoints({ series }: Chart): boolean {
  return series.length > 0
}

/** A chart of figures over the seconds of a run, of those that were measured. */
export function overTime(id: string, title: string, yName: string, yUnit: string, series: Chart['series']): Chart {
  const measured = series.filter(({ points }) => points.some(({ y }) => y !== null))
  return { id, title, kind: 'line', xName: 'time', xUnit: 's', yName, yUnit, xIsCategory: false, series: measured }
}

/** Digits of seconds behind the point: times are no figures, and two of them must not become one. */
const SECOND_DIGITS = 3

const SIGNIFICANT_DIGITS = 4

/** More digits than were measured would only be noise. */
export function rounded(value: number): number
export function rounded(value: number | null): number | null
export function rounded(value: number | null): number | null {
  return value === null ? null : Number(value.toPrecision(SIGNIFICANT_DIGITS))
}
