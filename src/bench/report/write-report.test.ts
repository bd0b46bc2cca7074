import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { SAMPLE_REPORT } from '../../../test/support/sample-report.ts'
import { chartTable } from './chart-table.ts'
import { csvOf } from './csv.ts'
import type { Report } from './model.ts'
import { prepareReport, writeReport } from './write-report.ts'

const SMALL: Report = { ...SAMPLE_REPORT, sections: SAMPLE_REPORT.sections.slice(0, 1) }

let parent = ''
let folder = ''
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'sluice-report-'))
  folder = join(parent, 'deep', 'report')
})
afterEach(() => rmSync(parent, { recursive: true }))

function read(name: string): string {
  return readFileSync(join(folder, name), 'utf8')
}

it('writes the model, and every figure of it into every format', async () => {
  await writeReport(SAMPLE_REPORT, folder)
  expect(readdirSync(folder).sort()).toEqual(['csv', 'index.html', 'report.json', 'report.md'])
  const written = JSON.parse(read('report.json'))
  expect(written).toMatchObject({ format: 'sluice-report', formatVersion: 1, ...SAMPLE_REPORT })
  const markdown = new Set(
    read('report.md')
      .split(/[|\n]/)
      .map((cell) => cell.trim().replace(/^[✓!] /, '')),
  )
  for (const { id, charts, tables } of SAMPLE_REPORT.sections) {
    for (const table of [...charts.map(chartTable), ...tables]) {
      expect(read(`csv/${id}-${table.id}.csv`)).toBe(csvOf(table))
      for (const { text } of table.rows.flat()) expect(markdown).toContain(text)
    }
  }
  expect(written.files.sort()).toEqual(
    ['index.html', 'report.json', 'report.md', ...readdirSync(join(folder, 'csv')).map((name) => `csv/${name}`)].sort(),
  )
})

it('replaces an earlier report, and leaves what is not of it', async () => {
  await writeReport(SAMPLE_REPORT, folder)
  writeFileSync(join(folder, 'notes.txt'), 'mine')
  writeFileSync(join(folder, 'csv/mine.csv'), 'mine')
  await writeReport({ ...SMALL, title: 'Another' }, folder)
  expect(JSON.parse(read('report.json')).title).toBe('Another')
  expect(read('index.html')).toContain('<h1>Another</h1>')
  const files = ['comparison-server-cpu.csv', 'comparison-systems.csv', 'comparison-throughput.csv', 'mine.csv']
  expect(readdirSync(join(folder, 'csv')).sort()).toEqual(files)
  expect(read('notes.txt')).toBe('mine')
})

it('leaves a page alone that is no report', async () => {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'index.html'), 'mine')
  // Not even a list that names it makes a file a report's.
  writeFileSync(join(folder, 'report.json'), JSON.stringify({ files: ['index.html', '../secret'] }))
  for (const attempt of [prepareReport(folder), writeReport(SMALL, folder)]) {
    await expect(attempt).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining(`${folder} holds a file index.html`),
    })
  }
  expect(read('index.html')).toBe('mine')
})

it('removes nothing outside its own names', async () => {
  await writeReport(SMALL, folder)
  writeFileSync(join(parent, 'deep', 'victim.csv'), 'mine')
  const manifest = JSON.parse(read('report.json'))
  const names = ['csv/../../victim.csv', '../victim.csv', join(parent, 'deep', 'victim.csv'), 7, null]
  writeFileSync(join(folder, 'report.json'), JSON.stringify({ ...manifest, files: [...manifest.files, ...names] }))
  await writeReport(SMALL, folder)
  expect(existsSync(join(parent, 'deep', 'victim.csv'))).toBe(true)
})

it('names a folder that cannot be written, and leaves no half of a report', async () => {
  const file = join(parent, 'file')
  writeFileSync(file, '')
  for (const attempt of [
    prepareReport(join(file, 'report')),
    writeReport(SMALL, join(file, 'report')),
    prepareReport(''),
  ]) {
    await expect(attempt).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining('the report folder '),
    })
  }
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'csv'), 'a file where a folder should be')
  await expect(writeReport(SMALL, folder)).rejects.toMatchObject({ message: expect.stringContaining(folder) })
  expect(readdirSync(folder)).toEqual(['csv'])
})

it('prepares a folder without a file in it', async () => {
  await prepareReport(folder)
  expect(readdirSync(folder)).toEqual([])
})

it('refuses a report that breaks a rule before it writes', async () => {
  await expect(writeReport({ ...SMALL, createdAtMs: Number.NaN }, folder)).rejects.toMatchObject({
    code: 'INVALID_ARGUMENT',
  })
  expect(existsSync(folder)).toBe(false)
})
