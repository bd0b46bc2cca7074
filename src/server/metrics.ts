// The metrics of a node in the text format of Prometheus. The counters are the threads' own totals, read at the scrape,
// so nothing is counted twice, and a registry lives for one scrape.

import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import {
  type HistogramRow,
  NODE_ROWS,
  type NodeFacts,
  type Row,
  SHARD_ROWS,
  THREAD_HISTOGRAMS,
  THREAD_ROWS,
} from './metric-rows.ts'
import type { ThreadStats } from './thread-stats.ts'

/** The content type of what `renderMetrics` makes. */
export const METRICS_CONTENT_TYPE = Registry.PROMETHEUS_CONTENT_TYPE

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
  ...THREAD_HISTOGRAMS.map(({ name, unit, help }) => {
    return { name, type: 'histogram', unit, help, labels: [...THREAD_LABELS, 'le'] } as const
  }),
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
  for (const row of THREAD_HISTOGRAMS) registry.registerMetric(new CountedHistogram(row, threadSubjects))
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
class CountedHistogram extends Histogram {
  readonly #row: HistogramRow<ThreadStats>
  readonly #threads: readonly Labelled<ThreadStats>[]

  constructor(row: HistogramRow<ThreadStats>, threads: readonly Labelled<ThreadStats>[]) {
    super({ name: row.name, help: row.help, labelNames: THREAD_LABELS, registers: [] })
    this.#row = row
    this.#threads = threads
  }

  /** What the registry makes text of, and the library's `get` an object, in the library's own form. */
  async getForPromString() {
    const { name, help } = this.#row
    return { name, help, type: 'histogram', values: this.#threads.flatMap((thread) => this.#valuesOf(thread)) }
  }

  #valuesOf({ labels: sharedLabels, subject }: Labelled<ThreadStats>) {
    const { name, read } = this.#row
    const { buckets, beyond, sum } = read(subject)
    const value = (suffix: string, value: number, labels: Labels = {}) => {
      return { metricName: `${name}_${suffix}`, value, labels, sharedLabels }
    }
    let count = 0
    const values = buckets.map((bucket) => {
      count += bucket.count
      return value('bucket', count, { le: bucket.most })
    })
    count += beyond
    return [...values, value('bucket', count, { le: '+Inf' }), value('sum', sum), value('count', count)]
  }
}
