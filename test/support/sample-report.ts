// A report such as a comparison on a small cluster makes, with every kind of table and chart. The figures are invented.

import { figureCell, textCell } from '../../src/bench/report/cells.ts'
import type { Cell, Chart, Point, Report, Section, Series, Table } from '../../src/bench/report/model.ts'
import { seededRandom } from '../../src/util/random.ts'

const SECONDS = 60
const RUNS = 7
const random = seededRandom(1)

/** The report; the same on every call. */
export const SAMPLE_REPORT: Report = {
  title: 'YCSB-B with batches of 1,024: Sluice beside Redis and memcached',
  createdAtMs: 1_785_074_700_000,
  highlights: [
    { name: 'Operations per second, 4 × 4', value: '19.4 M', note: 'sum of server medians; clients checked 19.1 M' },
    { name: 'Server CPU for each operation', value: '94 ns', note: 'redis-server 1,214 ns, memcached 702 ns' },
    { name: 'Batch latency p99', value: '4.31 ms', note: 'p50 1.87 ms, p99.9 9.02 ms' },
    { name: 'Memory for each record', value: '171 bytes', note: 'keys of 16 and values of 128 bytes' },
  ],
  sections: [comparison(), overTime(), bySize(), byNode(), latency()],
  environment: [
    { name: 'Processor', value: 'AMD EPYC 7763 64-Core Processor', note: '8 cores for each node' },
    { name: 'Memory', value: '32.0 GiB' },
    { name: 'Network', value: '10 Gbit/s', note: 'measured: 9.41 Gbit/s' },
    { name: 'Operating system', value: 'Linux 6.1.0-28-amd64' },
    { name: 'Node.js', value: 'v20.20.2' },
    { name: 'Commit', value: '3e258cd1a4f0' },
    { name: 'Beside it', value: 'redis-server 7.0.15, memcached 1.6.18' },
  ],
  commands: [
    'sluice bench compare --workload b --records 10000000 --batch 1024 --runs 7 --seconds 60 --report report',
    'sluice bench cluster --servers node1,node2,node3,node4 --clients node5,node6,node7,node8 --theta 0.99 --report report',
  ],
}

function comparison(): Section {
  const systems: readonly (readonly [string, number, number, number, number, number])[] = [
    ['Sluice, native batches', 7_254_000, 94, 61, 171, 4.31],
    ['Sluice, promises', 2_811_000, 96, 289, 171, 5.02],
    ['Redis, pipelines', 612_000, 1_214, 402, 232, 18.9],
    ['memcached, meta', 1_017_000, 702, 377, 208, 12.4],
    ['Redis, single calls', 41_300, 14_220, 18_700, 232, 0.21],
  ]
  const ratio = (value: number, base: number): Cell => ({
    value: Number((value / base).toFixed(3)),
    text: `${(value / base).toFixed(2)} ×`,
    ...(value === base ? {} : { tone: value < base ? 'good' : 'bad' }),
  })
  const table: Table = {
    id: 'systems',
    title: 'All systems, median of 7 runs',
    columns: [
      { name: 'System', align: 'left' },
      { name: 'Throughput', unit: 'ops/s', align: 'right' },
      { name: 'Server CPU', unit: 'ns/op', align: 'right' },
      { name: 'Client CPU', unit: 'ns/op', align: 'right' },
      { name: 'Memory', unit: 'bytes/record', align: 'right' },
      { name: 'p99', unit: 'ms', align: 'right' },
      { name: 'p99 to Sluice', align: 'right' },
    ],
    rows: systems.map(([name, ...values]) => [
      textCell(name),
      ...values.map((value) => figureCell(value)),
      ratio(values[4] ?? 0, 4.31),
    ]),
  }
  const bars = (id: string, title: string, name: string, unit: string, at: 1 | 2): Chart => ({
    id,
    title,
    kind: 'bars',
    xName: 'System',
    yName: name,
    yUnit: unit,
    xIsCategory: true,
    series: [{ name, points: systems.slice(0, 4).map((system) => ({ x: system[0], ...spread(system[at], 0.06) })) }],
  })
  return {
    id: 'comparison',
    title: 'Comparison',
    notes: [
      'Each system ran seven times, in turns, against the same generator and the same checks. Whiskers show all runs.',
      'Sluice loses where one small request waits for another: a single call over a pipeline of one is a round trip.',
    ],
    charts: [
      bars('throughput', 'Throughput', 'Throughput', 'ops/s', 1),
      bars('server-cpu', 'Server CPU for each operation', 'Server CPU', 'ns/op', 2),
    ],
    tables: [table],
  }
}

function overTime(): Section {
  const series = (name: string, rate: number, noise: number): Series => ({
    name,
    points: seconds().map((x) => ({ x, ...spread(rate * (x < 4 ? 0.6 + x * 0.1 : 1), noise) })),
  })
  return {
    id: 'over-time',
    title: 'Throughput over time',
    notes: ['One line for each system, the band from the slowest to the fastest of seven runs.'],
    charts: [
      {
        id: 'throughput',
        title: 'Throughput of three systems',
        kind: 'line',
        xName: 'Elapsed time',
        xUnit: 's',
        yName: 'Throughput',
        yUnit: 'ops/s',
        xIsCategory: false,
        series: [
          series('Sluice', 7_254_000, 0.05),
          series('memcached', 1_017_000, 0.1),
          series('Redis', 612_000, 0.08),
        ],
      },
    ],
    tables: [],
  }
}

function bySize(): Section {
  const sizes = [
    { size: '2 × 2', measured: 7_254_000, reference: 7_250_000 },
    { size: '2 × 4', measured: 14_120_000, reference: 13_700_000 },
    { size: '2 × 6', measured: 15_030_000, reference: 14_400_000 },
    { size: '4 × 2', measured: 9_870_000, reference: 10_280_000 },
    { size: '4 × 4', measured: 19_430_000, reference: 19_430_000 },
  ]
  return {
    id: 'scaling',
    title: 'Throughput by cluster size',
    notes: ['Servers × clients, on nodes of eight cores.'],
    charts: [
      {
        id: 'sizes',
        title: 'Measured beside the reference',
        kind: 'bars',
        xName: 'Servers × clients',
        yName: 'Throughput',
        yUnit: 'ops/s',
        xIsCategory: true,
        series: [
          { name: 'Measured', points: sizes.map(({ size, measured }) => ({ x: size, ...spread(measured, 0.04) })) },
          { name: 'Reference', points: sizes.map(({ size, reference }) => ({ x: size, y: reference })) },
        ],
      },
    ],
    tables: [
      {
        id: 'strong-scaling',
        title: 'Strong scaling',
        columns: [
          { name: 'Servers', align: 'right' },
          { name: 'Clients', align: 'right' },
          { name: 'Throughput', unit: 'M ops/s', align: 'right' },
          { name: 'Of the reference', unit: '%', align: 'right' },
          { name: 'Bottleneck', align: 'left' },
        ],
        rows: sizes.map(({ size, measured, reference }) => {
          const [servers = 0, clients = 0] = size.split(' × ').map(Number)
          const percent = (100 * measured) / reference
          return [
            figureCell(servers),
            figureCell(clients),
            figureCell(measured / 1e6, 2),
            { ...figureCell(percent, 1), ...(percent === 100 ? {} : { tone: percent > 100 ? 'good' : 'bad' }) },
            textCell(clients > servers ? 'server CPU' : 'client CPU'),
          ]
        }),
      },
    ],
  }
}

function byNode(): Section {
  const nodes = ['node1 (server)', 'node2 (server)', 'node5 (client)', 'node6 (client)']
  const chart = (id: string, title: string, name: string, unit: string, levels: readonly number[]): Chart => ({
    id,
    title,
    kind: 'line',
    xName: 'Elapsed time',
    xUnit: 's',
    yName: name,
    yUnit: unit,
    xIsCategory: false,
    series: nodes.map((node, index) => ({
      name: node,
      // A node that did not answer leaves a gap.
      points: seconds().map((x) => ({
        x,
        y: index === 1 && x > 30 && x < 34 ? null : rounded((levels[index] ?? 0) * (1 + 0.08 * centred())),
      })),
    })),
  })
  return {
    id: 'nodes',
    title: 'Nodes',
    notes: [],
    charts: [
      chart('cpu', 'CPU of each node', 'CPU', '% of 8 cores', [91, 88, 71, 64]),
      chart('memory', 'Memory of each node', 'Memory', 'GiB', [3.4, 3.3, 0.61, 0.58]),
      chart('sent', 'Network, sent', 'Network', 'Gbit/s', [7.9, 7.7, 1.3, 1.2]),
      chart('received', 'Network, received', 'Network', 'Gbit/s', [1.3, 1.25, 7.8, 7.6]),
      chart('delay', 'Delay of the event loop', 'Delay', 'ms', [1.9, 2.2, 3.1, 3.4]),
    ],
    tables: [],
  }
}

function latency(): Section {
  const percentiles = ['p50', 'p90', 'p99', 'p99.9', 'max']
  const kinds: Readonly<Record<string, readonly number[]>> = {
    read: [1.87, 2.6, 4.31, 9.02, 31.4],
    update: [1.95, 2.8, 4.92, 10.6, 33],
    insert: [2.1, 3.3, 6.4, 14.8, 41.7],
    'read-modify-write': [3.9, 5.5, 9.7, 21.3, 66.2],
  }
  return {
    id: 'latency',
    title: 'Latency by kind of operation',
    notes: ['Counted from the intended start of each batch, so a stalled server is charged for what waited behind it.'],
    charts: [
      {
        id: 'percentiles',
        title: 'Latency percentiles',
        kind: 'line',
        xName: 'Percentile',
        yName: 'Latency',
        yUnit: 'ms',
        xIsCategory: true,
        yIsLogarithmic: true,
        series: Object.entries(kinds).map(([name, values]) => ({
          name,
          points: values.map((y, index) => ({ x: percentiles[index] ?? '', y })),
        })),
      },
    ],
    tables: [
      {
        id: 'percentiles-by-kind',
        title: 'Latency percentiles by kind',
        columns: [
          { name: 'Operation', align: 'left' },
          ...percentiles.map((name) => ({ name, unit: 'ms', align: 'right' }) as const),
        ],
        rows: Object.entries(kinds).map(([name, values]) => [
          textCell(name),
          ...values.map((value) => figureCell(value, 2)),
        ]),
      },
    ],
  }
}

function seconds(): number[] {
  return Array.from({ length: SECONDS }, (_, index) => index + 1)
}

/** The median of some runs and their spread. */
function spread(value: number, noise: number): Pick<Required<Point>, 'y' | 'least' | 'most'> {
  const runs = Array.from({ length: RUNS }, () => Math.round(value * (1 + noise * centred()))).sort((a, b) => a - b)
  return { y: runs[Math.floor(RUNS / 2)] ?? 0, least: runs[0] ?? 0, most: runs.at(-1) ?? 0 }
}

/** From -1 to 1, mostly in the middle. */
function centred(): number {
  return (2 / 3) * (random.nextFloat() + random.nextFloat() + random.nextFloat()) - 1
}

function rounded(value: number): number {
  return Number(value.toFixed(2))
}
