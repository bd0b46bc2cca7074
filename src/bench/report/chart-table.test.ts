import { expect, it } from 'vitest'
import { chartTable } from './chart-table.ts'
import type { Chart, Series } from './model.ts'

function chart(xIsCategory: boolean, ...series: Series[]): Chart {
  return { id: 'c', title: 'C', kind: 'line', xName: 'x', yName: 'y', yUnit: 'ms', xIsCategory, series }
}

function valuesOf(of: Chart): unknown[][] {
  return chartTable(of).rows.map((row) => row.map(({ value }) => value))
}

it('brings series of different x together, numbers in order', () => {
  const early = { name: 'early', points: [1, 3].map((x) => ({ x, y: x * 10 })) }
  const late = { name: 'late', points: [2, 3].map((x) => ({ x, y: x === 2 ? null : 7 })) }
  expect(valuesOf(chart(false, late, early))).toEqual([
    [1, null, 10],
    [2, null, null],
    [3, 7, 30],
  ])
})

it('keeps categories in order of appearance, and has columns for a spread', () => {
  const spread = {
    name: 's',
    points: [
      { x: 'b', y: 2, least: 1, most: 3 },
      { x: 'a', y: 5 },
    ],
  }
  expect(chartTable(chart(true, spread)).columns.map(({ name, unit }) => [name, unit])).toEqual([
    ['x', undefined],
    ['s', 'ms'],
    ['s, least', 'ms'],
    ['s, most', 'ms'],
  ])
  expect(valuesOf(chart(true, spread))).toEqual([
    ['b', 2, 1, 3],
    ['a', 5, null, null],
  ])
})
