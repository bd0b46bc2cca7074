// A table as CSV after RFC 4180: a header, CRLF behind every line, quotes where they are needed. Numbers are those of
// the model, not those rounded for reading; what was not measured is empty.

import { withUnit } from './chart-table.ts'
import type { Table } from './model.ts'

/** The text of a `.csv` file. */
export function csvOf(table: Table): string {
  const header = table.columns.map(({ name, unit }) => field(withUnit(name, unit)))
  const rows = table.rows.map((row) => row.map(({ value }) => field(value)))
  return [header, ...rows].map((fields) => `${fields.join(',')}\r\n`).join('')
}

function field(value: number | string | null): string {
  if (value === null) return ''
  if (typeof value === 'number') return String(value)
  const text = withoutFormula(value)
  // A lone empty field would be an empty line, which readers skip.
  return text === '' || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/**
 * Spreadsheets run text that begins like a formula; behind an apostrophe they show it. A number in a string stays what
 * it is.
 */
function withoutFormula(text: string): string {
  return /^[=+\-@\t\r]/.test(text) && !/^[+-]?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(text) ? `'${text}` : text
}
