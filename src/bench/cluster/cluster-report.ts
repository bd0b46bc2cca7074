// A benchmark over several hosts as a report: what any run has, and each host over time.

import { figureCell, textCell } from '../report/cells.ts'
import type { Chart, Report, Section, Series } from '../report/model.ts'
import { environmentFacts } from '../run/environment-facts.ts'
import { hasPoints, highlightsOf, overTime, pointsOf, rounded, sectionsOf } from '../run/run-report.ts'
import { rateOf } from '../run/text.ts'
import type { ClusterResult, NodeFigures } from './cluster-result.ts'
import { clusterHeadline } from './cluster-summary.ts'
import type { NodeSample } from './node-samples.ts'

const BYTES_PER_MB = 1e6
const BYTES_PER_MIB = 1024 * 1024

/** The report. `command` is what was typed. */
export function clusterReport(result: ClusterResult, command: string): Report {
  const { environment, serverMediansOpsPerSecond: merit, options } = result
  const rate = merit === null ? undefined : rateOf(merit)
  return {
    title: `Sluice cluster: ${options.serverCount} servers, ${options.clientHostCount} client hosts`,
    createdAtMs: environment.startedAtMs,
    highlights: [
      ...(rate === undefined
        ? []
        : [{ name: 'sum of server medians', value: `${rate.value} ${rate.unit}`, note: 'as the reference counts' }]),
      ...highlightsOf(result),
    ],
    sections: [hostsSection(result), ...sectionsOf(result, clusterHeadline(options)), nodesSection(result)],
    environment: environmentFacts(environment),
    commands: [command],
  }
}

function hostsSection({ hosts, nodes, warnings }: ClusterResult): Section {
  const rows = hosts.map((host) => {
    const median = nodes.find(({ id }) => id === host.id)?.opsPerSecondMedian ?? null
    return [
      textCell(host.id),
      textCell(host.sshName ?? 'this machine'),
      textCell(host.cpuModel),
      figureCell(host.cores),
      figureCell(Math.round(host.memoryBytes / BYTES_PER_MIB)),
      textCell(host.nodeVersion),
      figureCell(rounded(host.clock.offsetMs), 2),
      figureCell(rounded(host.clock.uncertaintyMs), 2),
      figureCell(median === null ? null : Math.round(median)),
    ]
  })
  return {
    id: 'hosts',
    title: 'Hosts',
    notes: [...warnings],
    charts: [],
    tables: [
      {
        id: 'hosts',
        title: 'Who took part; the rate is the median of whole seconds',
        columns: [
          { name: 'host', align: 'left' },
          { name: 'reached as', align: 'left' },
          { name: 'processor', align: 'left' },
          { name: 'cores', align: 'right' },
          { name: 'memory', unit: 'MiB', align: 'right' },
          { name: 'Node.js', align: 'left' },
          { name: 'clock offset', unit: 'ms', align: 'right' },
          { name: 'uncertainty', unit: 'ms', align: 'right' },
          { name: 'rate', unit: 'ops/s', align: 'right' },
        ],
        rows,
      },
    ],
  }
}

function nodesSection({ nodes }: ClusterResult): Section {
  const chart = (id: string, title: string, yUnit: string, read: (sample: NodeSample) => number | null): Chart => {
    return overTime(id, title, 'each host', yUnit, seriesOf(nodes, read))
  }
  const perMb = (bytes: number | null): number | null => (bytes === null ? null : bytes / BYTES_PER_MB)
  const charts = [
    chart('operations', 'Operations a second', '1/s', ({ opsPerSecond }) => opsPerSecond),
    chart('cpu', 'Cores that the process kept busy', 'cores', ({ processCores }) => processCores),
    chart('memory', 'Resident memory', 'MiB', ({ rssBytes }) => rssBytes / BYTES_PER_MIB),
    chart('network-in', 'Network in, all interfaces', 'MB/s', ({ bytesInPerSecond }) => perMb(bytesInPerSecond)),
    chart('network-out', 'Network out, all interfaces', 'MB/s', ({ bytesOutPerSecond }) => perMb(bytesOutPerSecond)),
    chart('packets-in', 'Packets in', '1/s', ({ packetsInPerSecond }) => packetsInPerSecond),
    chart('packets-out', 'Packets out', '1/s', ({ packetsOutPerSecond }) => packetsOutPerSecond),
    chart('loop-delay', 'Event-loop delay, 99th percentile', 'ms', ({ loopDelayP99Ms }) => loopDelayP99Ms),
  ]
  return {
    id: 'nodes',
    title: 'Each host over time',
    notes: ['Network and packets are those of the whole machine, whoever else uses it.'],
    charts: [...charts, ...nodes.map(coresChart)].filter(hasPoints),
    tables: [],
  }
}

function coresChart({ id, samples }: NodeFigures): Chart {
  const count = Math.max(0, ...samples.map(({ coreLoads }) => coreLoads.length))
  const series = Array.from({ length: count }, (_, core): Series => {
    return { name: `core ${core}`, points: pointsOf(samples, ({ coreLoads }) => coreLoads[core] ?? null) }
  })
  return overTime(`cores-${id}`, `Each core of the machine of ${id}`, 'busy', 'part of the time', series)
}

function seriesOf(nodes: readonly NodeFigures[], read: (sample: NodeSample) => number | null): Series[] {
  return nodes.map(({ id, samples }) => ({ name: id, points: pointsOf(samples, read) }))
}
