// A comparison as a report: bars with their spread for each case, all figures as a table, and where the first system is
// behind.

import { figureCell, textCell } from '../report/cells.ts'
import type { Cell, Chart, Fact, Report, Section, Table } from '../report/model.ts'
import { environmentFacts } from '../run/environment-facts.ts'
import { rounded } from '../run/run-report.ts'
import type { Spread } from '../run/statistics.ts'
import { plural } from '../run/text.ts'
import {
  advantage,
  type CaseResult,
  type CompareResult,
  hasComparison,
  lossesIn,
  METRICS,
  type Metric,
  spreadIn,
} from './compare-result.ts'

/** Figures that are drawn, by their names. */
const DRAWN = ['operations', 'server CPU', 'client CPU', 'p99']

/** The report. `command` is what was typed. */
export function compareReport(result: CompareResult, command: string): Report {
  const { environment, cases } = result
  return {
    title: 'Sluice beside other systems',
    createdAtMs: environment.startedAtMs,
    highlights: cases[0] === undefined ? [] : highlights(cases[0]),
    sections: [...cases.map((each) => caseSection(each, result)), lossSection(result)],
    environment: environmentFacts(environment),
    commands: [command, ...new Set(cases.flatMap(({ contenders }) => contenders.map((each) => each.command)))].filter(
      (each) => each !== '',
    ),
  }
}

function highlights({ contenders: [first, ...others], name }: CaseResult): Fact[] {
  const metric = METRICS.find((each) => each.name === 'server CPU')
  if (first === undefined || metric === undefined) return []
  const own = spreadIn(first, metric)
  return others.flatMap((other) => {
    const factor = advantage(own, spreadIn(other, metric), metric)
    if (factor === undefined) return []
    const [times, word] = factor < 1 ? [1 / factor, 'more'] : [factor, 'less']
    const note = `${word} server CPU for an operation, case ${name}`
    return [{ name: `${first.name} against ${other.name}`, value: `${times.toFixed(1)} times`, note }]
  })
}

function caseSection(each: CaseResult, result: CompareResult): Section {
  const { name, title, workload, contenders } = each
  return {
    id: name,
    title,
    notes: [
      `${workload}. ${plural(result.clients, 'client thread')}, ${plural(result.rounds, 'round')} of ` +
        `${result.secondsPerRound} s for each system in turns.`,
      ...(result.isInterrupted ? ['Interrupted: the figures are of the rounds that were finished.'] : []),
      ...contenders.flatMap(({ name: system, failure, rounds }) =>
        failure === null ? [] : [`${system} ended after ${plural(rounds.length, 'round')}: ${failure}`],
      ),
      ...contenders.flatMap(({ name: system, mismatches, mismatchExplanations }) => {
        if (mismatches === 0) return []
        const count = plural(mismatches, 'reply was', 'replies were')
        return [`${system}: ${[`${count} wrong`, ...mismatchExplanations].join('; ')}.`]
      }),
    ],
    charts: METRICS.filter((metric) => DRAWN.includes(metric.name))
      .map((metric) => barsOf(each, metric))
      .filter(({ series }) => series.some(({ points }) => points.some(({ y }) => y !== null))),
    tables: [figuresTable(each), ratiosTable(each)],
  }
}

function barsOf({ contenders }: CaseResult, metric: Metric): Chart {
  const points = contenders.map((contender) => {
    const spread = spreadIn(contender, metric)
    if (spread === undefined) return { x: contender.name, y: null }
    return { x: contender.name, y: rounded(spread.median), least: rounded(spread.least), most: rounded(spread.most) }
  })
  return {
    id: idOf(metric.name),
    title: `${metric.name}, ${metric.unit}: ${metric.isMoreBetter ? 'more' : 'less'} is better`,
    kind: 'bars',
    xName: 'system',
    yName: metric.name,
    yUnit: metric.unit,
    xIsCategory: true,
    series: [{ name: 'median of rounds', points }],
  }
}

function figuresTable({ contenders }: CaseResult): Table {
  return {
    id: 'figures',
    title: 'Median of the rounds, lowest to highest',
    columns: [
      { name: 'figure', align: 'left' },
      { name: 'unit', align: 'left' },
      ...contenders.flatMap(({ name }) => [
        { name, align: 'right' } as const,
        { name: `${name}, spread`, align: 'right' } as const,
      ]),
    ],
    rows: [
      ...METRICS.map((metric) => [
        textCell(metric.name),
        textCell(metric.unit),
        ...contenders.flatMap((each) => spreadCells(spreadIn(each, metric), metric.digits)),
      ]),
      [
        textCell('threads that served'),
        textCell(''),
        ...contenders.flatMap(({ serverThreads }) => [figureCell(serverThreads), textCell('')]),
      ],
    ],
  }
}

function spreadCells(spread: Spread | undefined, digits: number): Cell[] {
  if (spread === undefined) return [figureCell(null), textCell('')]
  const { least, median, most } = spread
  const range = least === most ? '' : `${least.toFixed(digits)} to ${most.toFixed(digits)}`
  return [figureCell(median, digits), textCell(range)]
}

function ratiosTable({ contenders: [first, ...others] }: CaseResult): Table {
  const name = first?.name ?? ''
  return {
    id: 'ratios',
    title: `How often better ${name} is; below 1 it is behind`,
    columns: [
      { name: 'figure', align: 'left' },
      ...others.map((other) => ({ name: `against ${other.name}`, align: 'right' }) as const),
    ],
    rows: METRICS.map((metric) => [
      textCell(metric.name),
      ...others.map((other) => {
        const own = first === undefined ? undefined : spreadIn(first, metric)
        const factor = advantage(own, spreadIn(other, metric), metric)
        const cell = figureCell(factor === undefined ? null : rounded(factor), 2)
        return factor === undefined || factor === 1 ? cell : ({ ...cell, tone: factor < 1 ? 'bad' : 'good' } as const)
      }),
    ]),
  }
}

function lossSection({ cases, failure }: CompareResult): Section {
  const first = cases[0]?.contenders[0]?.name ?? 'a system'
  const rows = lossesIn(cases).flatMap(({ caseName, metric, winners }) =>
    winners.map(({ name, factor, certainty }) => [
      textCell(caseName),
      textCell(metric.name),
      textCell(name),
      figureCell(rounded(factor), 2),
      textCell(certainty),
    ]),
  )
  const nothing = hasComparison(cases) ? 'In nothing that was measured.' : 'Nothing was measured of two systems.'
  return {
    id: 'losses',
    title: `Where ${first} is behind`,
    notes: [...(rows.length === 0 ? [nothing] : []), ...(failure === null ? [] : [`Ended early: ${failure}`])],
    charts: [],
    tables: [
      {
        id: 'losses',
        title: 'Figures in which another system is better',
        columns: [
          { name: 'case', align: 'left' },
          { name: 'figure', align: 'left' },
          { name: 'better', align: 'left' },
          { name: 'times', align: 'right' },
          { name: 'how sure', align: 'left' },
        ],
        rows,
      },
    ],
  }
}

function idOf(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]+/g, '-')
}
