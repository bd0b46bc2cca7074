// A sweep as text: the strong-scaling table of the reference report, or the same of whatever was varied.

import type { BenchOutput } from '../run/output.ts'
import type { Spread } from '../run/statistics.ts'
import { grouped, plural } from '../run/text.ts'
import {
  clientRate,
  earlyEnds,
  type SweepPoint,
  type SweepResult,
  type SweepRun,
  serverRate,
  spreadOver,
} from './sweep-result.ts'

const MILLION = 1e6

/** Writes all of it. */
export function writeSweep(result: SweepResult, output: BenchOutput): void {
  const { axes, points, workload, rounds, secondsPerRun } = result
  output.line('')
  output.line(output.styled('strong', `${workload}; ${plural(rounds, 'round')} of ${secondsPerRun} s`))
  const others = axes.map(({ name }) => name).filter((name) => name !== 'servers' && name !== 'clients')
  const heads = [
    ...['servers', 'clients', 'threads', 'batch'].filter((name) => !others.some((other) => other === name)),
    ...others,
    ...['M ops/s', 'spread', 'server medians', 'server ns/op', 'client ns/op', 'p99 ms'],
  ]
  const rows = points.map((point) => heads.map((head) => cellOf(head, point, result)))
  if (rows.length > 0) for (const line of table([heads, ...rows])) output.line(line)
  writeVerdict(result, output)
}

function cellOf(head: string, point: SweepPoint, { axes }: SweepResult): string {
  const median = (read: (run: SweepRun) => number | null): number | undefined => spreadOver(point, read)?.median
  switch (head) {
    case 'servers':
      return String(point.servers)
    case 'clients':
      return String(point.clients)
    case 'M ops/s':
      return millions(median(clientRate))
    case 'spread':
      return spreadText(spreadOver(point, clientRate))
    case 'server medians':
      return millions(median(serverRate))
    case 'server ns/op':
      return fixed(
        median(({ serverCpuNsPerOp: ns }) => ns),
        1,
      )
    case 'client ns/op':
      return fixed(
        median(({ clientCpuNsPerOp: ns }) => ns),
        1,
      )
    case 'p99 ms':
      return fixed(
        median(({ latencyMs }) => latencyMs?.p99 ?? null),
        2,
      )
    default: {
      const place = axes.findIndex(({ name }) => name === head)
      if (place >= 0) return point.values[place] ?? ''
      return head === 'threads' ? String(point.threads) : grouped(point.batch)
    }
  }
}

function writeVerdict(result: SweepResult, output: BenchOutput): void {
  const { points, isInterrupted, failures } = result
  const runs = points.flatMap((point) => point.runs)
  const wrong = runs.reduce((sum, { mismatches }) => sum + mismatches, 0)
  output.line('')
  if (isInterrupted) output.line(output.styled('strong', '  interrupted: the table has the runs that were finished'))
  for (const failure of [...failures, ...earlyEnds(result)]) output.line(output.styled('bad', `  ${failure}`))
  if (wrong > 0) output.line(output.styled('bad', `  ${plural(wrong, 'reply was', 'replies were')} wrong`))
  else if (runs.length > 0) output.line(output.styled('good', '  every reply was right'))
}

function spreadText(spread: Spread | undefined): string {
  return spread === undefined ? '-' : `${millions(spread.least)} to ${millions(spread.most)}`
}

function millions(opsPerSecond: number | undefined): string {
  return opsPerSecond === undefined ? '-' : (opsPerSecond / MILLION).toFixed(2)
}

function fixed(value: number | undefined, digits: number): string {
  return value === undefined ? '-' : value.toFixed(digits)
}

function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)))
  return rows.map((row) => `  ${row.map((cell, column) => cell.padStart(widths[column] ?? 0)).join('  ')}`)
}
