// A chart's figures as a table: for whoever cannot see the chart, and for every format that has none.

import { figureCell, textCell } from './cells.ts'
import type { Cell, Chart, Column, Point, Series, Table } from './model.ts'

/** A row for each x, a column for each series, and two more where a series has a spread. */
export function chartTable(chart: Chart): Table {
  const columns: Column[] = [
    { name: chart.xName, ...unit(chart.xUnit), align: chart.xIsCategory ? 'left' : 'right' },
    ...chart.series.flatMap((series) => seriesColumns(series, chart)),
  ]
  const lookups = chart.series.map((series) => new Map(series.points.map((point) => [point.x, point])))
  const rows = positionsOf(chart).map((x) => [
    typeof x === 'number' ? figureCell(x) : textCell(x),
    ...chart.series.flatMap((series, index) => pointCells(lookups[index]?.get(x), hasSpread(series))),
  ])
  return { id: chart.id, title: chart.title, columns, rows }
}

/** Every x of a chart once: categories in order of appearance, numbers in order of size. */
export function positionsOf(chart: Chart): (number | string)[] {
  const positions = [...new Set(chart.series.flatMap(({ points }) => points.map(({ x }) => x)))]
  return chart.xIsCategory ? positions : positions.sort((a, b) => Number(a) - Number(b))
}

/** `Throughput (ops/s)`. */
export function withUnit(name: string, unitName: string | undefined): string {
  return unitName === undefined ? name : `${name} (${unitName})`
}

function seriesColumns(series: Series, chart: Chart): Column[] {
  const column = (name: string): Column => ({ name, ...unit(chart.yUnit), align: 'right' })
  const names = hasSpread(series) ? [series.name, `${series.name}, least`, `${series.name}, most`] : [series.name]
  return names.map(column)
}

function pointCells(point: Point | undefined, isSpread: boolean): Cell[] {
  const values = isSpread ? [point?.y, point?.least, point?.most] : [point?.y]
  return values.map((value) => figureCell(value ?? null))
}

function hasSpread({ points }: Series): boolean {
  return points.some(({ least, most }) => least !== undefined || most !== undefined)
}

function unit(name: string | undefined): { unit: string } | undefined {
  return name === undefined ? undefined : { unit: name }
}
