// A sweep as a user runs it, in short, of clusters on this machine. Needs `npm run build`.

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { Report } from '../../src/bench/report/model.ts'
import type { SweepResult } from '../../src/bench/sweep/sweep-result.ts'
import { expectGone } from '../support/bench-cluster-process.ts'
import { CliProcess } from '../support/cli-process.ts'
import { numbersOf } from '../support/written-report.ts'

const TIMEOUT_MS = 60_000
const SMALL = ['--threads', '1', '--client-threads', '1', '--records', '2000']

const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-sweep-'))
afterAll(() => rmSync(folder, { recursive: true }))

const file = join(folder, 'result.json')

function sweep(...args: readonly string[]): CliProcess {
  return new CliProcess(['bench', 'sweep', ...SMALL, '--json', file, ...args])
}

function resultOf(): SweepResult {
  // The types are those of the source; the code is what users run.
  return JSON.parse(readFileSync(file, 'utf8')) as SweepResult
}

it('prints the strong-scaling table, and its report has it', { timeout: TIMEOUT_MS }, async () => {
  const report = join(folder, 'report')
  const args = ['--vary', 'servers=1,2', '--vary', 'clients=1,2', '--seconds', '1', '--report', report]
  await using bench = sweep(...args)
  const { code, stdout, stderr } = await bench.ended
  expect([code, stderr], stdout).toEqual([0, ''])
  expect(stdout).toContain('every reply was right')
  expect(stdout).toMatch(/^ +servers +clients +threads +batch +M ops\/s +spread +server medians/m)
  const rows = [...stdout.matchAll(/^ +(\d) +(\d) +1 +[\d,]+ +(\d+\.\d\d) +[\d.]+ to [\d.]+ +(\d+\.\d\d) /gm)]
  expect(rows.map(([, servers, clients]) => [servers, clients])).toEqual([
    ['1', '1'],
    ['1', '2'],
    ['2', '1'],
    ['2', '2'],
  ])
  const { points, ...rest } = resultOf()
  expect(rest).toMatchObject({ isInterrupted: false, failures: [], rounds: 1, secondsPerRun: 1 })
  expect(points.map(({ values }) => values.join(' x '))).toEqual(['1 x 1', '1 x 2', '2 x 1', '2 x 2'])
  const data: Report = JSON.parse(readFileSync(join(report, 'report.json'), 'utf8'))
  for (const { servers, threads, batch, runs } of points) {
    expect([threads, batch, runs.length]).toEqual([1, 1_024 * servers, 1])
    expect(runs[0]).toMatchObject({ mismatches: 0, failure: null, hitRate: 1 })
    expect(runs[0]?.clientOpsPerSecond).toBeGreaterThan(0)
    expect(numbersOf(data)).toContain(runs[0]?.clientOpsPerSecond)
  }
  expect(readdirSync(join(report, 'logs')).toSorted()).toEqual(
    ['client-1', 'client-2', 'server-1', 'server-2'].map((id) => `${id}.log`),
  )
})

it('keeps the runs that were finished when it is interrupted', { timeout: TIMEOUT_MS }, async () => {
  await using bench = sweep('--vary', 'batch=100,200', '--rounds', '100', '--seconds', '1')
  await bench.shows(/round 1 of 100: batch=200/)
  const agents = [...bench.children().keys()]
  bench.child.kill('SIGINT')
  const { code, stdout, stderr } = await bench.ended
  expect([code, stderr], stdout).toEqual([130, ''])
  expect(stdout).toContain('interrupted: the table has the runs that were finished')
  const { isInterrupted, points } = resultOf()
  expect([isInterrupted, points.map(({ values, runs }) => [values, runs.length])]).toEqual([true, [[['100'], 1]]])
  if (agents.length > 0) await expectGone(agents)
})

describe('a sweep that cannot be made says why, before the first run', () => {
  it.each([
    ['--vary batch', /--vary takes one of servers, .* with values, not batch/],
    ['--vary theta=0.5,7', /--theta must be at least 0 and below 1, not 7/],
    ['--vary servers=1,2,3 --servers h1,h2', /--servers has 2 hosts, and --vary asks for 3/],
    ['--vary batch=1 --rounds 0', /--rounds must be a whole number from 1/],
    ['--seconds 1', /required option '--vary/],
  ])('%s', { timeout: TIMEOUT_MS }, async (text, message) => {
    rmSync(file, { force: true })
    await using bench = sweep(...text.split(' '))
    const { code, stdout, stderr } = await bench.ended
    expect(stderr).toMatch(message)
    expect([code, stdout]).toEqual([2, ''])
    expect(existsSync(file)).toBe(false)
  })
})
