// A report in a real browser: Debian's Chromium opens the page from the disk, in light, dark and on paper. What it looks
// like stays in `test-artifacts/report`.

import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chartTable } from '../../src/bench/report/chart-table.ts'
import type { Report, Section, Table } from '../../src/bench/report/model.ts'
import { writeReport } from '../../src/bench/report/write-report.ts'
import { CliProcess } from '../support/cli-process.ts'
import { INSTALL_MS_MAX, requireDebianPackage } from '../support/debian-package.ts'
import { SAMPLE_REPORT } from '../support/sample-report.ts'

const ARTIFACTS = new URL('../../test-artifacts/report', import.meta.url).pathname
const DESKTOP = { width: 1_280, height: 900 }
const PHONE = { width: 390, height: 844 }
const TIMEOUT_MS = 60_000
/** Starting Chromium the first time reads it from the disk. */
const START_MS_MAX = 60_000

let folder = ''
let browser: Browser
/** What went wrong on any page, and what it asked for beside itself. */
const complaints: string[] = []

beforeAll(async () => {
  requireDebianPackage('chromium')
  mkdirSync(ARTIFACTS, { recursive: true })
  folder = mkdtempSync(join(tmpdir(), 'sluice-report-'))
  await writeReport(SAMPLE_REPORT, folder)
  // Without a sandbox: root, as in a container, may not have one, and the page is our own.
  browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] })
}, INSTALL_MS_MAX + START_MS_MAX)

afterAll(async () => {
  await browser?.close()
  rmSync(folder, { recursive: true, force: true })
})

async function withPage<T>(
  options: { readonly colorScheme: 'light' | 'dark'; readonly viewport: { width: number; height: number } },
  look: (page: Page) => Promise<T>,
  from = folder,
): Promise<T> {
  const context = await browser.newContext(options)
  try {
    const page = await context.newPage()
    const url = pathToFileURL(join(from, 'index.html')).href
    page.on('console', (message) => complaints.push(`console: ${message.text()}`))
    page.on('pageerror', (error) => complaints.push(`error: ${error.message}`))
    page.on('request', (request) => {
      if (request.url() !== url && !request.url().startsWith('data:')) complaints.push(`request: ${request.url()}`)
    })
    await page.goto(url)
    return await look(page)
  } finally {
    await context.close()
  }
}

function readReport(from = folder): Report {
  return JSON.parse(readFileSync(join(from, 'report.json'), 'utf8'))
}

/** Tables and charts by the anchor that the page has for them. */
function tablesOf({ id, charts, tables }: Section): [anchor: string, table: Table][] {
  return [
    ...charts.map((chart): [string, Table] => [`${id}-${chart.id}-figures`, chartTable(chart)]),
    ...tables.map((table): [string, Table] => [`${id}-${table.id}`, table]),
  ]
}

describe('the page of a report', () => {
  it.each([
    ['light', DESKTOP],
    ['dark', DESKTOP],
    ['light', PHONE],
    ['dark', PHONE],
  ] as const)(
    'opens in %s at %o without a complaint, as wide as the screen',
    { timeout: TIMEOUT_MS },
    async (scheme, size) => {
      const name = `${scheme}-${size.width}`
      const scrollWidth = await withPage({ colorScheme: scheme, viewport: size }, async (page) => {
        await page.screenshot({ path: join(ARTIFACTS, `${name}.png`), fullPage: true })
        return page.evaluate<number>('document.documentElement.scrollWidth')
      })
      expect(complaints).toEqual([])
      expect(scrollWidth).toBeLessThanOrEqual(size.width)
    },
  )

  it('prints in light colours, whatever the system is', { timeout: TIMEOUT_MS }, async () => {
    await withPage({ colorScheme: 'dark', viewport: DESKTOP }, async (page) => {
      await page.emulateMedia({ media: 'print' })
      await page.screenshot({ path: join(ARTIFACTS, 'print.png'), fullPage: true })
      await page.pdf({ path: join(ARTIFACTS, 'print.pdf'), preferCSSPageSize: true, printBackground: true })
      const text = await page.evaluate<string>('getComputedStyle(document.body).color')
      const [red = 255] = text.match(/\d+/g)?.map(Number) ?? []
      expect(red).toBeLessThan(80)
    })
    expect(complaints).toEqual([])
  })

  it('shows every figure of the JSON', { timeout: TIMEOUT_MS }, async () => {
    const report = readReport()
    const expected = report.sections.flatMap(tablesOf)
    // As text: the tests are compiled without the types of a browser.
    const cells = `(anchor) => Array.from(document.querySelectorAll('#' + anchor + ' tbody tr'), (row) =>
      Array.from(row.children, (cell) => cell.textContent))`
    const anchors = JSON.stringify(expected.map(([anchor]) => anchor))
    const shown = await withPage({ colorScheme: 'light', viewport: DESKTOP }, (page) =>
      page.evaluate<string[][][]>(`${anchors}.map(${cells})`),
    )
    expect(shown).toEqual(expected.map(([, table]) => table.rows.map((row) => row.map(({ text }) => text))))
    expect(shown.flat(2).length).toBeGreaterThan(1_000)
  })

  it('draws every chart, with a name for who cannot see it', { timeout: TIMEOUT_MS }, async () => {
    const charts = readReport().sections.flatMap(({ id, charts }) => charts.map((chart) => `${id}-${chart.id}`))
    for (const viewport of [DESKTOP, PHONE]) {
      await withPage({ colorScheme: 'dark', viewport }, async (page) => {
        for (const anchor of charts) {
          const drawing = page.locator(`#${anchor} svg:visible`)
          expect(await drawing.count(), anchor).toBe(1)
          expect(await drawing.getAttribute('aria-label'), anchor).toMatch(/chart: .+ by .+ for .+/)
          expect((await drawing.boundingBox())?.height, anchor).toBeGreaterThan(60)
          expect(await drawing.locator('path, rect').count(), anchor).toBeGreaterThan(4)
        }
      })
    }
  })
})

it('of a sweep that was just run opens as well, with every figure', { timeout: TIMEOUT_MS }, async () => {
  const from = join(folder, 'sweep')
  const sizes = ['--threads', '1', '--client-threads', '1', '--records', '2000', '--seconds', '1']
  await using bench = new CliProcess(['bench', 'sweep', '--vary', 'servers=1,2', ...sizes, '--report', from])
  expect(await bench.ended).toMatchObject({ code: 0, stderr: '' })
  const text = await withPage(
    { colorScheme: 'light', viewport: DESKTOP },
    async (page) => {
      await page.screenshot({ path: join(ARTIFACTS, 'sweep.png'), fullPage: true })
      return page.evaluate<string>('document.body.textContent')
    },
    from,
  )
  expect(complaints).toEqual([])
  const cells = readReport(from).sections.flatMap(({ tables }) => tables.flatMap(({ rows }) => rows.flat()))
  expect(cells.length).toBeGreaterThan(20)
  for (const cell of cells) expect(text).toContain(cell.text)
})
