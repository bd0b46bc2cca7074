// Comparisons that do not go to their end, of real servers: what they have stands, and no process is left. Needs
// `npm run build`.

import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync, unlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { isRunning } from '../support/bench-cluster-process.ts'
import { BenchComparison, requireServers } from '../support/bench-comparison.ts'
import { INSTALL_MS_MAX } from '../support/debian-package.ts'

const TIMEOUT_MS = 60_000
const ARGS = ['--records', '2000', '--seconds', '2', '--rounds', '2']

beforeAll(requireServers, INSTALL_MS_MAX)

describe('a system that dies in the middle is left out, and all else stands', () => {
  it.each([
    ['redis', 'redis-server', 'sluice', 'main.js serve', 'redis-server was ended by SIGKILL'],
    ['sluice', 'main.js serve', 'memcached', 'memcached', 'sluice was ended by SIGKILL'],
  ])('%s', { timeout: TIMEOUT_MS }, async (victim, victimWord, other, otherWord, how) => {
    await using comparison = new BenchComparison([...ARGS, '--systems', `${victim},${other}`, '--cases', 'batched'])
    const pids = await comparison.servers(victimWord, otherWord)
    await comparison.shows(/round 2 of 2/)
    process.kill(pids[0] ?? 0, 'SIGKILL')
    const { code, stdout, stderr } = await comparison.ended
    expect([code, stderr], stdout).toEqual([1, ''])
    expect(stdout).toContain(`${victim} ended after 1 round: ${how}`)
    expect(comparison.contenders.map(({ name, failure, rounds }) => [name, failure, rounds.length])).toEqual([
      [victim, how, 1],
      [other, null, 2],
    ])
    for (const { mismatches, loadedRecords } of comparison.contenders) {
      expect([mismatches, loadedRecords]).toEqual([0, 2_000])
    }
    comparison.expectReported()
    expect(comparison.report.sections[0]?.notes).toContain(`${victim} ended after 1 round: ${how}`)
    expect(pids.filter(isRunning)).toEqual([])
  })
})

it('keeps the rounds that were finished when it is interrupted', { timeout: TIMEOUT_MS }, async () => {
  const systems = ['sluice', 'sluice-embedded', 'memcached-text']
  await using comparison = new BenchComparison([...ARGS, '--systems', systems.join(), '--cases', 'pipelined,single'])
  const pids = await comparison.servers('main.js serve', 'memcached')
  await comparison.shows(/round 2 of 2/)
  comparison.child.kill('SIGINT')
  const { code, stdout, stderr } = await comparison.ended
  expect([code, stderr], stdout).toEqual([130, ''])
  expect(stdout).toContain('interrupted: the figures are of the rounds that were finished')
  expect(comparison.result).toMatchObject({ isInterrupted: true, failure: null })
  expect(comparison.contenders.map(({ name, failure, rounds }) => [name, failure, rounds.length])).toEqual(
    systems.map((name) => [name, null, 1]),
  )
  comparison.expectReported()
  expect(comparison.report.sections[0]?.notes).toContain(
    'Interrupted: the figures are of the rounds that were finished.',
  )
  expect(pids.filter(isRunning)).toEqual([])
})

it('keeps the cases before one that cannot be made', { timeout: TIMEOUT_MS }, async () => {
  const bin = mkdtempSync(join(tmpdir(), 'sluice-bin-'))
  const redis = join(bin, 'redis-server')
  symlinkSync(execFileSync('which', ['redis-server'], { encoding: 'utf8' }).trim(), redis)
  const args = ['--records', '2000', '--seconds', '1', '--rounds', '1', '--systems', 'sluice,redis']
  const env = { ...process.env, PATH: bin }
  await using comparison = new BenchComparison([...args, '--cases', 'batched,single'], env)
  const pids = await comparison.servers('main.js serve', 'redis-server')
  await comparison.shows(/round 1 of 1/)
  unlinkSync(redis)
  const { code, stdout, stderr } = await comparison.ended
  rmSync(bin, { recursive: true })
  expect([code, stderr], stdout).toEqual([1, ''])
  const failure = 'single: redis-server is not installed: apt-get install redis-server'
  expect(stdout).toContain(`ended early: ${failure}`)
  expect(comparison.result).toMatchObject({ failure, isInterrupted: false, cases: [{ name: 'batched' }] })
  expect(comparison.contenders.map(({ rounds }) => rounds.length)).toEqual([1, 1])
  comparison.expectReported()
  expect(comparison.report.sections.at(-1)?.notes).toContain(`Ended early: ${failure}`)
  expect(pids.filter(isRunning)).toEqual([])
  expect([...comparison.children()]).toEqual([])
})
