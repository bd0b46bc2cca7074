// What a report must keep so that nothing of it is lost on the way to a file: identifiers that do not meet, rows as
// wide as their table, and numbers that JSON can hold.

import { SluiceError } from '../../util/errors.ts'
import type { Chart, Report, Series, Table } from './model.ts'

/** Characters of an identifier: two of them make the name of a file. */
const ID_CHARACTERS_MAX = 100
const ID = /^[a-z0-9]+(-[a-z0-9]+)*$/
/** Anchors of the page itself. */
const RESERVED_IDS = ['top', 'environment', 'commands']

/** The identifier of a table or chart over the whole report: its anchor, and its file's name. */
export function itemId(sectionId: string, id: string): string {
  return `${sectionId}-${id}`
}

/** Throws a SluiceError `INVALID_ARGUMENT` that names what is wrong. */
export function checkReport(report: Report): void {
  const taken = new Set(RESERVED_IDS)
  const take = (id: string): void => {
    if (taken.has(id)) throw problem(`the identifier ${id} is taken`)
    taken.add(id)
  }
  requireFinite(report.createdAtMs, 'createdAtMs')
  for (const { id, charts, tables } of report.sections) {
    requireId(id)
    take(id)
    for (const item of [...charts, ...tables]) {
      requireId(item.id)
      take(itemId(id, item.id))
    }
    for (const chart of charts) checkChart(chart)
    for (const table of tables) checkTable(table)
  }
}

function checkTable({ id, columns, rows }: Table): void {
  for (const row of rows) {
    if (row.length !== columns.length) {
      throw problem(`a row of the table ${id} has ${row.length} cells for ${columns.length} columns`)
    }
    for (const { value } of row) requireFinite(value, `a cell of the table ${id}`)
  }
}

function checkChart(chart: Chart): void {
  const names = new Set(chart.series.map(({ name }) => name))
  if (names.size !== chart.series.length) throw problem(`two series of the chart ${chart.id} have one name`)
  if (chart.kind === 'bars' && !chart.xIsCategory) throw problem(`the bars of the chart ${chart.id} need categories`)
  if (chart.kind === 'bars' && chart.yIsLogarithmic) throw problem(`the bars of the chart ${chart.id} begin at zero`)
  for (const series of chart.series) checkSeries(series, chart)
}

function checkSeries({ name, points }: Series, { id, xIsCategory }: Chart): void {
  const where = `the series ${name} of the chart ${id}`
  if (new Set(points.map(({ x }) => x)).size !== points.length) throw problem(`${where} has an x twice`)
  points.forEach(({ x, y, least, most }, index) => {
    if (!xIsCategory && typeof x !== 'number') throw problem(`${where} has the x ${x}, which is no number`)
    for (const value of [x, y, least ?? null, most ?? null]) requireFinite(value, where)
    const before = points[index - 1]?.x
    if (!xIsCategory && before !== undefined && before > x) throw problem(`${where} is not in the order of x`)
  })
}

function requireId(id: string): void {
  if (ID.test(id) && id.length <= ID_CHARACTERS_MAX) return
  throw problem(`the identifier ${JSON.stringify(id)} is not kebab-case of at most ${ID_CHARACTERS_MAX} characters`)
}

function requireFinite(value: number | string | null, where: string): void {
  if (typeof value === 'number' && !Number.isFinite(value)) throw problem(`${where} holds ${value}`)
}

function problem(what: string): SluiceError {
  return new SluiceError('INVALID_ARGUMENT', `the report cannot be written: ${what}`)
}
