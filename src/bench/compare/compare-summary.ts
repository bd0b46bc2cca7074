// A comparison as text: a table for each case, and where the first system loses.

import type { BenchOutput } from '../run/output.ts'
import type { Spread } from '../run/statistics.ts'
import { grouped, plural } from '../run/text.ts'
import {
  advantage,
  type CaseResult,
  type CompareResult,
  hasComparison,
  lossesIn,
  METRICS,
  type Metric,
  spreadIn,
  type Winner,
} from './compare-result.ts'

const NAME_WIDTH = 18
const CELL_WIDTH = 26

/** Writes all of it. */
export function writeComparison(result: CompareResult, output: BenchOutput): void {
  for (const each of result.cases) writeCase(each, output)
  writeLosses(result, output)
  writeVerdict(result, output)
}

function writeCase({ title, workload, contenders }: CaseResult, output: BenchOutput): void {
  output.line('')
  output.line(output.styled('strong', `${title}; ${workload}`))
  const [first] = contenders
  if (first === undefined) return
  const names = contenders.map(({ name, version }) => `${name}${version === '' ? '' : ` ${version}`}`)
  writeRow('', names, output)
  for (const metric of METRICS) {
    const own = spreadIn(first, metric)
    const cells = contenders.map((each) => {
      const spread = spreadIn(each, metric)
      if (spread === undefined) return '-'
      const factor = each === first ? undefined : advantage(own, spread, metric)
      return `${figure(spread, metric)}${factor === undefined ? '' : ` ${timesText(factor)}`}`
    })
    writeRow(`${metric.name}, ${metric.unit}`, cells, output)
  }
  for (const { name, failure, rounds } of contenders) {
    if (failure === null) continue
    output.line(output.styled('bad', `  ${name} ended after ${plural(rounds.length, 'round')}: ${failure}`))
  }
}

function writeRow(name: string, cells: readonly string[], output: BenchOutput): void {
  output.line(`  ${name.padEnd(NAME_WIDTH)}${cells.map((cell) => cell.padStart(CELL_WIDTH)).join('')}`)
}

/** Median and half of the spread, as a share of it; the median alone of what has no spread. */
function figure({ least, median, most }: Spread, { digits }: Metric): string {
  const text = digits === 0 ? grouped(Math.round(median)) : median.toFixed(digits)
  if (least === most || median === 0) return text
  return `${text} ±${(((most - least) / 2 / Math.abs(median)) * 100).toFixed(0)}%`
}

/** How often better the first system is. */
function timesText(factor: number): string {
  return `x${factor.toFixed(factor < 10 ? 2 : 1)}`
}

function writeLosses({ cases }: CompareResult, output: BenchOutput): void {
  if (!hasComparison(cases)) return
  const first = cases[0]?.contenders[0]?.name ?? ''
  const losses = lossesIn(cases)
  output.line('')
  if (losses.length === 0) {
    output.line(`  ${first} is behind in nothing that was measured`)
    return
  }
  output.line(`  where ${first} is behind:`)
  for (const { caseName, metric, winners } of losses) {
    output.line(`    ${caseName}, ${metric.name}: ${winners.map(winnerText).join(', ')}`)
  }
}

function winnerText({ name, factor, certainty }: Winner): string {
  const doubt = certainty === 'beyond the spread' ? '' : ` (${certainty})`
  return `${name} ${factor.toFixed(2)} times as good${doubt}`
}

function writeVerdict({ cases, isInterrupted, failure }: CompareResult, output: BenchOutput): void {
  const all = cases.flatMap((each) => each.contenders.map((contender) => ({ ...contender, caseName: each.name })))
  const wrong = all.filter(({ mismatches }) => mismatches > 0)
  output.line('')
  if (isInterrupted)
    output.line(output.styled('strong', '  interrupted: the figures are of the rounds that were finished'))
  if (failure !== null) output.line(output.styled('bad', `  ended early: ${failure}`))
  if (wrong.length === 0) output.line(output.styled('good', '  every reply was right'))
  for (const { caseName, name, mismatches, mismatchExplanations } of wrong) {
    const count = plural(mismatches, 'reply was', 'replies were')
    const more = mismatchExplanations.length === 0 ? '' : ', among them:'
    output.line(output.styled('bad', `  ${caseName}, ${name}: ${count} wrong${more}`))
    for (const explanation of mismatchExplanations) output.line(`    ${explanation}`)
  }
}
