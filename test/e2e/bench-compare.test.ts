// A comparison as a user runs it, in short, of real servers from Debian's packages. Needs `npm run build`.

import { mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { METRICS, spreadIn } from '../../src/bench/compare/compare-result.ts'
import { isRunning } from '../support/bench-cluster-process.ts'
import { BenchComparison, requireServers } from '../support/bench-comparison.ts'
import { INSTALL_MS_MAX } from '../support/debian-package.ts'

const TIMEOUT_MS = 60_000
const SYSTEMS = ['sluice', 'redis', 'memcached']
const SHORT = ['--records', '2000', '--seconds', '1']

beforeAll(requireServers, INSTALL_MS_MAX)

it('finds every reply right, in turns, with all figures, and leaves no process', { timeout: TIMEOUT_MS }, async () => {
  const args = [...SHORT, '--rounds', '2', '--systems', SYSTEMS.join(), '--cases', 'batched,single']
  await using comparison = new BenchComparison(args)
  const pids = await comparison.servers('main.js serve', 'redis-server', 'memcached')
  const { code, stdout, stderr } = await comparison.ended
  expect([code, stderr], stdout).toEqual([0, ''])
  expect(stdout).toContain('every reply was right')
  expect(stdout).toMatch(/where sluice is behind:|sluice is behind in nothing/)
  // Two rounds of each of the two cases.
  expect(roundsIn(stdout)).toEqual([1, 2, 3, 4].flatMap(() => SYSTEMS))
  const { result, contenders } = comparison
  expect(result).toMatchObject({ isInterrupted: false, failure: null, rounds: 2, secondsPerRound: 1, clients: 1 })
  expect(result?.cases.map(({ name }) => name)).toEqual(['batched', 'single'])
  expect(contenders.map(({ name }) => name)).toEqual([...SYSTEMS, ...SYSTEMS])
  for (const contender of contenders) {
    const nothing = { mismatches: 0, mismatchExplanations: [], failure: null }
    expect(contender).toMatchObject({ ...nothing, loadedRecords: 2_000, serverThreads: 1 })
    expect(contender.rounds).toHaveLength(2)
    // What a process holds after so few records may be anything.
    for (const metric of METRICS.filter(({ name }) => name !== 'memory')) {
      expect(spreadIn(contender, metric)?.least, `${metric.name} of ${contender.name}`).toBeGreaterThan(0)
    }
    for (const run of contender.rounds) expect(run).toMatchObject({ hitRate: 1 })
    expect(contender.memoryBytesPerRecord).toEqual(expect.any(Number))
    expect(stdout).toContain(`${contender.name} ${contender.version}`)
    expect(comparison.report.commands).toContain(contender.command)
  }
  comparison.expectReported()
  expect(pids.filter(isRunning)).toEqual([])
})

describe('a comparison that cannot be made says why, and leaves no process', () => {
  it('a server that is not installed', { timeout: TIMEOUT_MS }, async () => {
    const bin = mkdtempSync(join(tmpdir(), 'sluice-bin-'))
    symlinkSync(process.execPath, join(bin, 'node'))
    await using comparison = new BenchComparison([...SHORT, '--systems', 'sluice,redis'], { ...process.env, PATH: bin })
    const [sluice = 0] = await comparison.servers('main.js serve')
    const { code, stderr } = await comparison.ended
    rmSync(bin, { recursive: true })
    expect([code, stderr]).toEqual([1, 'sluice: redis-server is not installed: apt-get install redis-server\n'])
    expect(comparison.result).toBeUndefined()
    expect(isRunning(sluice)).toBe(false)
  })

  it.each([
    ['--systems sluice,mysql', /--systems are of sluice, .*, not mysql/],
    ['--cases batched,batched', /--cases names one twice/],
    ['--rounds 0', /--rounds must be a whole number from 1/],
    ['--records 50000000', /a comparison has 2 GiB of records for each of --threads/],
  ])('%s', { timeout: TIMEOUT_MS }, async (text, message) => {
    await using comparison = new BenchComparison(text.split(' '))
    const { code, stderr } = await comparison.ended
    expect(stderr).toMatch(message)
    expect(code).toBe(2)
  })
})

/** Systems in the order of their rounds. */
function roundsIn(stdout: string): string[] {
  return [...stdout.matchAll(/^ {2}(\S+) +run +[\d.]+ s/gm)].map(([, name = '']) => name)
}
