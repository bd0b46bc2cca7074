// A sweep as a report: throughput over the last axis, a line or a group of bars for each value of the first.

import { figureCell, textCell } from '../report/cells.ts'
import type { Cell, Chart, Report, Series } from '../report/model.ts'
import { environmentFacts } from '../run/environment-facts.ts'
import { rounded } from '../run/run-report.ts'
import { plural } from '../run/text.ts'
import {
  clientRate,
  earlyEnds,
  type SweepPoint,
  type SweepResult,
  type SweepRun,
  serverRate,
  spreadOver,
} from './sweep-result.ts'

/** The report. `command` is what was typed. */
export function sweepReport(result: SweepResult, command: string): Report {
  const { environment, axes, points, rounds, secondsPerRun, workload, isInterrupted } = result
  const names = axes.map(({ name }) => name).join(' and ')
  const wrong = points.flatMap(({ runs }) => runs).reduce((sum, { mismatches }) => sum + mismatches, 0)
  const notes = [
    `${workload}. ${plural(rounds, 'round')} of ${secondsPerRun} s; every run has servers and clients of its own.`,
    ...(isInterrupted ? ['Interrupted: these are the runs that were finished.'] : []),
    ...result.failures,
    ...earlyEnds(result),
    ...(wrong === 0 ? [] : [`${plural(wrong, 'reply was', 'replies were')} wrong.`]),
  ]
  return {
    title: `Sluice over ${names}`,
    createdAtMs: environment.startedAtMs,
    highlights: [],
    sections: [
      {
        id: 'throughput',
        title: `Throughput by ${names}`,
        notes,
        charts:
          points.length === 0 ? [] : [chartOf(result, 'rates', 'completed and checked', clientRate), cpuChart(result)],
        tables: [
          {
            id: 'points',
            title: 'Medians of the rounds',
            columns: [
              ...['servers', 'clients', 'threads', 'batch'].map((name) => ({ name, align: 'right' }) as const),
              ...axes.map(({ name }) => ({ name: `varied: ${name}`, align: 'right' }) as const),
              { name: 'checked', unit: 'ops/s', align: 'right' },
              { name: 'lowest', unit: 'ops/s', align: 'right' },
              { name: 'highest', unit: 'ops/s', align: 'right' },
              { name: 'sum of server medians', unit: 'ops/s', align: 'right' },
              { name: 'server CPU', unit: 'ns/op', align: 'right' },
              { name: 'client CPU', unit: 'ns/op', align: 'right' },
              { name: 'p50', unit: 'ms', align: 'right' },
              { name: 'p99', unit: 'ms', align: 'right' },
            ],
            rows: points.map(rowOf),
          },
        ],
      },
    ],
    environment: environmentFacts(environment),
    commands: [command],
  }
}

function rowOf(point: SweepPoint): Cell[] {
  const { servers, clients, threads, batch, values } = point
  const rate = spreadOver(point, clientRate)
  const median = (read: (run: SweepRun) => number | null): number | null => spreadOver(point, read)?.median ?? null
  // Counts of operations; halves come from medians of two.
  const whole = (value: number | null | undefined): number | null => (value == null ? null : Math.round(value))
  return [
    ...[servers, clients, threads, batch].map((value) => figureCell(value)),
    ...values.map(textCell),
    figureCell(whole(rate?.median)),
    figureCell(whole(rate?.least)),
    figureCell(whole(rate?.most)),
    figureCell(whole(median(serverRate))),
    figureCell(
      median(({ serverCpuNsPerOp: ns }) => ns),
      1,
    ),
    figureCell(
      median(({ clientCpuNsPerOp: ns }) => ns),
      1,
    ),
    figureCell(
      median(({ latencyMs }) => latencyMs?.p50 ?? null),
      3,
    ),
    figureCell(
      median(({ latencyMs }) => latencyMs?.p99 ?? null),
      3,
    ),
  ]
}

function cpuChart(result: SweepResult): Chart {
  const total = ({ serverCpuNsPerOp, clientCpuNsPerOp }: SweepRun): number | null =>
    serverCpuNsPerOp === null || clientCpuNsPerOp === null ? null : serverCpuNsPerOp + clientCpuNsPerOp
  const chart = chartOf(result, 'cpu', 'CPU of an operation, servers and clients together', total)
  return { ...chart, yName: 'processor time', yUnit: 'ns' }
}

function chartOf(
  { axes, points }: SweepResult,
  id: string,
  title: string,
  read: (run: SweepRun) => number | null,
): Chart {
  const last = axes.length - 1
  const groups = axes.length === 1 ? [undefined] : (axes[0]?.values ?? [])
  const series = groups.map((group): Series => {
    const own = points.filter(({ values }) => group === undefined || values[0] === group)
    return {
      name: group === undefined ? 'median of rounds' : `${axes[0]?.name} ${group}`,
      points: own.map((point) => {
        const spread = spreadOver(point, read)
        const x = point.values[last] ?? ''
        if (spread === undefined) return { x, y: null }
        return { x, y: rounded(spread.median), least: rounded(spread.least), most: rounded(spread.most) }
      }),
    }
  })
  const name = axes[last]?.name ?? ''
  const drawn = series.filter(({ points: own }) => own.length > 0)
  return { id, title, kind: 'line', xName: name, yName: 'operations', yUnit: '1/s', xIsCategory: true, series: drawn }
}
