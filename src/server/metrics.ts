// The metrics of a node in the text format of Prometheus. The counters are the threads' own totals, read at the scrape,
// so nothing is counted twice, and a registry lives for one scrape.

import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import { NODE_ROWS, type NodeFacts, type Row, SHARD_ROWS, THREAD_ROWS } from './metric-rows.ts'
import type { ThreadStats } from './thread-stats.ts'

/** The content type of what `renderMetrics` makes. */
export const METRICS_CONTENT_TYPE = Registry.PROMETHEUS_CONTENT_TYPE

const SECTIONS = {
  name: 'sluice_section_operations',
  help: 'Operations executed of each section that was not refused.',
} as const

const NODE_LABELS = ['node'] as const
const THREAD_LABELS = ['node', 'thread'] as const
const SHARD_LABELS = ['node', 'thread', 'shard'] as const

/** A metric as the documents describe it. */
export interface MetricDescription {
  readonly name: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly unit: string
  readonly labels: readonly string[]
  readonly help: string
}

/** Every metric. */
export const METRICS: readonly MetricDescription[] = [
  ...NODE_ROWS.map((row) => describe(row, NODE_LABELS)),
  ...THREAD_ROWS.map((row) => describe(row, THREAD_LABELS)),
  { ...SECTIONS, type: 'histogram', unit: 'operations', labels: [...THREAD_LABELS, 'le'] },
  ...SHARD_ROWS.map((row) => describe(row, SHARD_LABELS)),
]

/** The metrics of a node and its threads as text. */
export function renderMetrics(facts: NodeFacts, threads: readonly ThreadStats[]): Promise<string> {
  const { node } = facts
  const registry = new Registry()
  const nodeSubjects = [{ labels: { node }, subject: facts }]
  const threadSubjects = threads.map((subject) => ({ labels: { node, thread: subject.thread }, subject }))
  const shardSubjects = threads.flatMap(({ thread, shardStats }) =>
    shardStats.map((subject) => ({ labels: { node, thread, shard: subject.shard }, subject })),
  )
  for (const row of NODE_ROWS) addRow(registry, row, NODE_LABELS, nodeSubjects)
  for (const row of THREAD_ROWS) addRow(registry, row, THREAD_LABELS, threadSubjects)
  registry.registerMetric(new SectionSizes(threadSubjects))
  for (const row of SHARD_ROWS) addRow(registry, row, SHARD_LABELS, shardSubjects)
  return registry.metrics()
}

type Labels = Readonly<Record<string, string | number>>

interface Labelled<Subject> {
  readonly labels: Labels
  readonly subject: Subject
}

function describe<Subject>(row: Row<Subject>, labels: readonly string[]): MetricDescription {
  const { name, type, unit, help, label } = row
  return { name, type, unit, help, labels: label === undefined ? labels : [...labels, label] }
}

function addRow<Subject>(
  registry: Registry,
  row: Row<Subject>,
  labelNames: readonly string[],
  subjects: readonly Labelled<Subject>[],
): void {
  const { name, help, labels } = { ...row, labels: describe(row, labelNames).labels }
  const options = { name, help, labelNames: labels, registers: [registry] }
  const metric = row.type === 'counter' ? new Counter(options) : new Gauge(options)
  for (const { labels, subject } of subjects) {
    const values = row.read(subject)
    if (typeof values === 'number') {
      metric.inc(labels, values)
      continue
    }
    for (const [value, number] of Object.entries(values)) metric.inc({ ...labels, [row.label ?? '']: value }, number)
  }
}

/** A histogram whose buckets were counted elsewhere: the library's own counts one observation at a time. */
class SectionSizes extends Histogram {
  readonly #threads: readonly Labelled<ThreadStats>[]

  constructor(threads: readonly Labelled<ThreadStats>[]) {
    super({ ...SECTIONS, labelNames: THREAD_LABELS, registers: [] })
    this.#threads = threads
  }

  /** What the registry makes text of, and the library's `get` an object, in the library's own form. */
  async getForPromString() {
    return { ...SECTIONS, type: 'histogram', values: this.#threads.flatMap(histogramValues) }
  }
}

function histogramValues({ labels: sharedLabels, subject }: Labelled<ThreadStats>) {
  const value = (suffix: string, value: number, labels: Labels = {}) => {
    return { metricName: `${SECTIONS.name}_${suffix}`, value, labels, sharedLabels }
  }
  let count = 0
  const buckets = subject.sectionSizes.map((sections, place) => {
    count += sections
    return value('bucket', count, { le: 2 ** place })
  })
  return [...buckets, value('bucket', count, { le: '+Inf' }), value('sum', subject.operations), value('count', count)]
}
