import { expect, it } from 'vitest'
import { checkReport } from './check-report.ts'
import type { Chart, Report, Section, Table } from './model.ts'

const TABLE: Table = { id: 't', title: 'T', columns: [{ name: 'a', align: 'left' }], rows: [[{ value: 1, text: '1' }]] }
const CHART: Chart = {
  id: 'c',
  title: 'C',
  kind: 'line',
  xName: 'x',
  yName: 'y',
  xIsCategory: false,
  series: [{ name: 's', points: [{ x: 1, y: 2 }] }],
}
const SECTION: Section = { id: 's', title: 'S', notes: [], charts: [CHART], tables: [TABLE] }

function report(...sections: Section[]): Report {
  return { title: 'R', createdAtMs: 0, highlights: [], sections, environment: [], commands: [] }
}

function withChart(change: Partial<Chart>): Report {
  return report({ ...SECTION, charts: [{ ...CHART, ...change }] })
}

function withPoints(...points: Chart['series'][number]['points']): Report {
  return withChart({ series: [{ name: 's', points }] })
}

it('has nothing against a good report', () => {
  expect(() => checkReport(report(SECTION))).not.toThrow()
})

it.each<[string, Report]>([
  ['the identifier "A/../b" is not kebab-case', report({ ...SECTION, id: 'A/../b' })],
  ['the identifier "" is not kebab-case', report({ ...SECTION, tables: [{ ...TABLE, id: '' }] })],
  ['the identifier s is taken', report(SECTION, SECTION)],
  ['the identifier commands is taken', report({ ...SECTION, id: 'commands' })],
  ['the identifier s-t is taken', report({ ...SECTION, charts: [{ ...CHART, id: 't' }] })],
  ['the identifier s-t is taken', report(SECTION, { ...SECTION, id: 's-t', charts: [], tables: [] })],
  [
    '2 cells for 1 columns',
    report({ ...SECTION, tables: [{ ...TABLE, rows: [Array(2).fill({ value: 1, text: '1' })] }] }),
  ],
  ['holds NaN', report({ ...SECTION, tables: [{ ...TABLE, rows: [[{ value: Number.NaN, text: '' }]] }] })],
  ['holds Infinity', withPoints({ x: 1, y: Number.POSITIVE_INFINITY })],
  ['holds NaN', withPoints({ x: 1, y: 1, least: Number.NaN })],
  ['an x twice', withPoints({ x: 1, y: 1 }, { x: 1, y: 2 })],
  ['in the order of x', withPoints({ x: 2, y: 1 }, { x: 1, y: 2 })],
  ['which is no number', withPoints({ x: 'one', y: 1 })],
  ['have one name', withChart({ series: [...CHART.series, ...CHART.series] })],
  ['need categories', withChart({ kind: 'bars' })],
  ['begin at zero', withChart({ kind: 'bars', xIsCategory: true, yIsLogarithmic: true })],
])('says %s', (message, bad) => {
  expect(() => checkReport(bad)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }))
  expect(() => checkReport(bad)).toThrow(message)
})
