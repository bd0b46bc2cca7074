import { beforeAll, expect, it } from 'vitest'
import { SAMPLE_REPORT } from '../../../test/support/sample-report.ts'
import { type ChartPainter, loadChartPainter } from './chart-painter.ts'
import { chartTable } from './chart-table.ts'
import { escaped } from './html.ts'
import type { Report } from './model.ts'
import { pageOf } from './page.ts'

const HOSTILE = `</style><script>alert(1)</script><img src=x onerror=alert(1)> " onload="x" 'y' $& \${1} \u0000`
const FACT = { name: HOSTILE, value: HOSTILE, note: HOSTILE }
const EVIL: Report = {
  title: HOSTILE,
  createdAtMs: 0,
  highlights: [FACT],
  environment: [FACT],
  commands: [HOSTILE],
  sections: [
    {
      id: 's',
      title: HOSTILE,
      notes: [HOSTILE],
      charts: (['bars', 'line'] as const).map((kind) => ({
        id: kind,
        title: HOSTILE,
        kind,
        xName: HOSTILE,
        xUnit: HOSTILE,
        yName: HOSTILE,
        yUnit: HOSTILE,
        xIsCategory: true,
        series: ['a', 'b'].map((name) => ({ name: name + HOSTILE, points: [{ x: HOSTILE, y: 1 }] })),
      })),
      tables: [
        {
          id: 't',
          title: HOSTILE,
          columns: [{ name: HOSTILE, unit: HOSTILE, align: 'right' }],
          rows: [[{ value: HOSTILE, text: HOSTILE }]],
        },
      ],
    },
  ],
}

let paint: ChartPainter
beforeAll(async () => {
  paint = await loadChartPainter()
})

it('escapes whatever a report holds', () => {
  const page = pageOf(EVIL, paint)
  expect(page).not.toMatch(/<(script|img)/i)
  expect(page.split('</style>')).toHaveLength(2)
  // Every attribute is one that the page sets itself: a quote in a name ends none.
  expect(page.replace(/="[^"]*"/g, '')).not.toMatch(/<[^>]*\sonload/)
  expect(page).not.toContain('\u0000')
  expect(page.split(escaped(HOSTILE)).length).toBeGreaterThan(20)
})

it('asks for nothing', () => {
  const page = pageOf(SAMPLE_REPORT, paint)
  expect(page).toContain("default-src 'none'")
  expect(page.replaceAll('http://www.w3.org/2000/svg', '')).not.toMatch(/https?:|url\((?!#)|@import|<script|src=/)
})

it('has an anchor for each entry of the contents, and none twice', () => {
  const page = pageOf(SAMPLE_REPORT, paint)
  const ids = Array.from(page.matchAll(/ id="([^"]+)"/g), ([, id]) => id)
  expect(new Set(ids).size).toBe(ids.length)
  const targets = Array.from(page.matchAll(/(?:href="|url\()#([^")]+)/g), ([, id]) => id)
  expect(ids).toEqual(expect.arrayContaining(targets))
  for (const { id } of SAMPLE_REPORT.sections) expect(targets).toContain(id)
})

it('shows the text of every cell of tables and charts', () => {
  const page = pageOf(SAMPLE_REPORT, paint)
  const cells = SAMPLE_REPORT.sections
    .flatMap(({ charts, tables }) => [...charts.map(chartTable), ...tables])
    .flatMap(({ rows }) => rows.flat())
  expect(cells.length).toBeGreaterThan(1_000)
  const shown = new Set(Array.from(page.matchAll(/<t[hd][^>]*>([^<]*)<\/t[hd]>/g), ([, text]) => text))
  for (const { text } of cells) expect(shown).toContain(escaped(text))
})
