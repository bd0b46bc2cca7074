import { expect, it } from 'vitest'
import { figureCell, textCell } from './cells.ts'
import { csvOf } from './csv.ts'
import type { Cell, Table } from './model.ts'

function linesOf(...cells: Cell[]): string[] {
  const table: Table = {
    id: 't',
    title: 'T',
    columns: [{ name: 'a', align: 'left' }],
    rows: cells.map((cell) => [cell]),
  }
  return csvOf(table).split('\r\n').slice(1, -1)
}

it('has a header with units, and CRLF behind every line', () => {
  const table: Table = {
    id: 't',
    title: 'T',
    columns: [
      { name: 'System', align: 'left' },
      { name: 'Rate', unit: 'ops/s', align: 'right' },
    ],
    rows: [[textCell('a'), { value: 1234567.125, text: '1.23 M', tone: 'good' }]],
  }
  expect(csvOf(table)).toBe('System,Rate (ops/s)\r\na,1234567.125\r\n')
})

it('quotes what would end a field', () => {
  expect(linesOf(textCell('a,b'), textCell('say "x"'), textCell(''))).toEqual(['"a,b"', '"say ""x"""', '""'])
  expect(csvOf({ id: 't', title: '', columns: [], rows: [[textCell('a\nb')]] })).toContain('"a\nb"')
})

it('lets no text run as a formula', () => {
  const hostile = ['=1+1', '+cmd', '-cmd', '@SUM(A1)', '\t=1', '=HYPERLINK("x")']
  const expected = ["'=1+1", "'+cmd", "'-cmd", "'@SUM(A1)", "'\t=1", '"\'=HYPERLINK(""x"")"']
  expect(linesOf(...hostile.map(textCell))).toEqual(expected)
})

it('leaves numbers alone, also those in strings', () => {
  const cells = [figureCell(-5), figureCell(1e21), figureCell(null), textCell('-5.25'), textCell('+3e-7')]
  expect(linesOf(...cells)).toEqual(['-5', '1e+21', '', '-5.25', '+3e-7'])
})
