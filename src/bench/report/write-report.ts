// The way in: a report becomes a folder of `index.html`, `report.json`, `report.md` and `csv/`. `docs/REPORTS.md` says
// what is in them.

import { type ChartPainter, loadChartPainter } from './chart-painter.ts'
import { chartTable } from './chart-table.ts'
import { checkReport, itemId } from './check-report.ts'
import { csvOf } from './csv.ts'
import { markdownOf } from './markdown.ts'
import type { Report } from './model.ts'
import { pageOf } from './page.ts'
import { prepareFolder, REPORT_FORMAT, replaceFiles } from './report-folder.ts'

/**
 * Sees to it that a report can be written later, before hours are spent on measuring: the folder is there and echarts is
 * installed. Rejects with a SluiceError `INVALID_ARGUMENT` when not.
 */
export async function prepareReport(folder: string): Promise<void> {
  await loadChartPainter()
  prepareFolder(folder)
}

/**
 * Writes a report's files, in place of an earlier report's. Rejects with a SluiceError `INVALID_ARGUMENT`, and leaves
 * the folder as it was, when the report breaks a rule of its model, echarts is missing, the folder holds files of these
 * names that are no report's, or it cannot be written.
 */
export async function writeReport(report: Report, folder: string): Promise<void> {
  checkReport(report)
  const paint = await loadChartPainter()
  replaceFiles(folder, filesOf(report, paint))
}

function filesOf(report: Report, paint: ChartPainter): Map<string, string> {
  const files = new Map([
    ['index.html', pageOf(report, paint)],
    ['report.md', markdownOf(report)],
  ])
  for (const section of report.sections) {
    for (const table of [...section.charts.map(chartTable), ...section.tables]) {
      files.set(`csv/${itemId(section.id, table.id)}.csv`, csvOf(table))
    }
  }
  const names = ['report.json', ...files.keys()]
  files.set('report.json', `${JSON.stringify({ ...REPORT_FORMAT, files: names, ...report })}\n`)
  return files
}
