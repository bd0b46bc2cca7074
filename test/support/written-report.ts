// A report as its folder holds it.

import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Cell, Report } from '../../src/bench/report/model.ts'
import { writeReport } from '../../src/bench/report/write-report.ts'

/** Checks and writes a report; gives it back as `report.json` has it, with the text of the page. */
export async function written(report: Report): Promise<{ readonly data: Report; readonly page: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-report-'))
  try {
    await writeReport(report, folder)
    const data: Report & { readonly files: readonly string[] } = JSON.parse(
      readFileSync(join(folder, 'report.json'), 'utf8'),
    )
    const missing = data.files.filter((name) => !existsSync(join(folder, name)))
    if (missing.length > 0) throw new Error(`the report lists files that are not there: ${missing.join(', ')}`)
    return { data, page: readFileSync(join(folder, 'index.html'), 'utf8') }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** The rows of a table, by the text of its cells. */
export function rowsOf(report: Report, sectionId: string, tableId: string): readonly (readonly Cell[])[] {
  const section = report.sections.find(({ id }) => id === sectionId)
  const table = section?.tables.find(({ id }) => id === tableId)
  if (table === undefined) throw new Error(`there is no table ${tableId} in ${sectionId}`)
  return table.rows
}

/** Every number in tables and charts. */
export function numbersOf({ sections }: Report): ReadonlySet<number> {
  const values = sections.flatMap(({ charts, tables }) => [
    ...tables.flatMap(({ rows }) => rows.flatMap((row) => row.map(({ value }) => value))),
    ...charts.flatMap(({ series }) =>
      series.flatMap(({ points }) => points.flatMap(({ y, least, most }) => [y, least, most])),
    ),
  ])
  return new Set(values.filter((value) => typeof value === 'number'))
}
