// The benchmark as a user runs it, with its threads and sockets, in short: needs `npm run build`.

import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { BenchResult } from '../../src/bench/run/result.ts'
import { CliProcess } from '../support/cli-process.ts'
import { serveProcess } from '../support/serve-process.ts'

/** Starting threads on a busy machine takes its time. */
const TIMEOUT_MS = 60_000

const SHORT = ['--records', '5000', '--seconds', '1']

const POSITIVE: unknown = expect.toSatisfy((value: unknown) => typeof value === 'number' && value > 0)
const POSITIVE_LATENCY = {
  operations: POSITIVE,
  p50: POSITIVE,
  p95: POSITIVE,
  p99: POSITIVE,
  p999: POSITIVE,
  max: POSITIVE,
}

const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

let files = 0

/** Runs a benchmark with a result file. */
function bench(args: readonly string[]): { running: CliProcess; result: () => BenchResult | undefined } {
  const file = join(folder, `${files++}.json`)
  const running = new CliProcess(['bench', '--json', file, ...args])
  // The types are those of the source; the code is what users run.
  const result = (): BenchResult | undefined =>
    existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as BenchResult) : undefined
  return { running, result }
}

describe('a short benchmark', () => {
  it.each([
    '--workload a',
    '--workload b --threads 2 --clients 2',
    '--workload c --theta 0.01 --seed 7',
    '--value-bytes 0',
    '--value-bytes 1 --window 5',
    '--batch 1',
    '--batch 65536 --window 1',
    '--value-bytes 100000 --records 300',
    '--driver sluice-promises',
    '--driver sluice-promises --batch 50 --window 20',
  ])(
    'with %s finds every reply right',
    async (text) => {
      const { running, result } = bench([...SHORT, ...text.split(' ')])
      const { code, stdout, stderr } = await running.ended
      expect([code, stderr], stdout).toEqual([0, ''])
      expect(stdout).toContain('every reply was right')
      const measured = result()
      const nothing = { interruptedIn: null, failure: null, mismatches: 0, mismatchExplanations: [] }
      expect(measured).toMatchObject({ ...nothing, hitRate: 1 })
      expect(measured?.loadedRecords).toBe(measured?.options.workload.records)
      expect(measured?.phases.map(({ name }) => name)).toEqual(['load', 'warm-up', 'run', 'verify'])
      expectEveryFigure(measured)
    },
    TIMEOUT_MS,
  )

  it(
    'of the embedded store has all figures but those of a server',
    async () => {
      const { running, result } = bench([...SHORT, '--driver', 'sluice-embedded'])
      const { code, stdout, stderr } = await running.ended
      expect([code, stderr], stdout).toEqual([0, ''])
      const measured = result()
      const nothing = { serverOpsPerSecondMedian: null, serverCpuNsPerOp: null, requestBytesPerOp: null }
      expect(measured).toMatchObject({
        ...nothing,
        mismatches: 0,
        hitRate: 1,
        serverThreads: 0,
        latencyMs: POSITIVE_LATENCY,
      })
      expect(measured?.checkedReplies).toBeGreaterThan(0)
    },
    TIMEOUT_MS,
  )

  it(
    'at a rate starts no more operations than it is told',
    async () => {
      const { running, result } = bench([...SHORT, '--clients', '1', '--rate', '2000', '--batch', '10'])
      const { code, stdout } = await running.ended
      expect(code, stdout).toBe(0)
      expect(stdout).toContain('2,000 operations started a second')
      const measured = result()
      expect(measured).toMatchObject({ mismatches: 0, latencyMs: POSITIVE_LATENCY })
      expect(measured?.checkedReplies).toBeGreaterThan(0)
      expect(measured?.checkedReplies).toBeLessThanOrEqual(2_000)
    },
    TIMEOUT_MS,
  )

  it(
    'of a server that runs elsewhere',
    async () => {
      await using server = await serveProcess(['--port', '0', '--threads', '2', '--memory', '64M'])
      const { running, result } = bench([...SHORT, '--target', server.address])
      expect(await running.ended).toMatchObject({ code: 0, stderr: '' })
      expect(result()).toMatchObject({ serverThreads: 2, mismatches: 0 })
    },
    TIMEOUT_MS,
  )

  it(
    'of a server that dies in the middle says so and keeps what it has',
    async () => {
      await using server = await serveProcess()
      const { running, result } = bench(['--records', '5000', '--seconds', '600', '--target', server.address])
      await running.shows(/ {2}run +\d+%/)
      server.child.kill('SIGKILL')
      const { code, stdout, stderr } = await running.ended
      expect([code, stderr], stdout).toEqual([1, ''])
      expect(stdout).toMatch(/ended early: .*connection/)
      const measured = result()
      expect(measured).toMatchObject({
        interruptedIn: null,
        mismatches: 0,
        failure: expect.stringMatching(/connection/),
      })
      expect(measured?.phases.map(({ name }) => name)).toEqual(['load', 'warm-up', 'run'])
      expect(measured?.loadedRecords).toBe(5_000)
      expect(measured?.samples.length).toBeGreaterThan(0)
      expectEveryFigure(measured)
    },
    TIMEOUT_MS,
  )

  it(
    'gives what it has when it is interrupted',
    async () => {
      const { running, result } = bench(['--records', '5000', '--seconds', '600'])
      await running.shows(/warm-up/)
      // Some of the run phase.
      await new Promise((resolve) => setTimeout(resolve, 300))
      running.child.kill('SIGINT')
      const { code, stdout } = await running.ended
      expect(code, stdout).toBe(130)
      expect(stdout).toContain('interrupted in the run phase: the figures are partial')
      expect(result()).toMatchObject({ interruptedIn: 'run', mismatches: 0 })
      expect(result()?.checkedReplies).toBeGreaterThan(0)
    },
    TIMEOUT_MS,
  )
})

describe('what is written', () => {
  it(
    'is the result only with --quiet',
    async () => {
      const { running, result } = bench([...SHORT, '--quiet'])
      const { code, stdout } = await running.ended
      expect(code, stdout).toBe(0)
      const lines = stdout.split('\n').filter((line) => line !== '')
      expect(lines[0]).toMatch(/^ {2}client +[\d.]+ /)
      expect(lines.at(-1)).toBe('  every reply was right')
      expect(stdout).not.toContain('warm-up')
      expect(result()?.checkedReplies).toBeGreaterThan(0)
    },
    TIMEOUT_MS,
  )

  it(
    'has no line that changes with --no-progress',
    async () => {
      // Long enough for such a line, which comes every five seconds here.
      const { running } = bench(['--records', '5000', '--seconds', '6', '--no-progress'])
      const { code, stdout } = await running.ended
      expect(code, stdout).toBe(0)
      expect(stdout).not.toMatch(/ {2}run +\d+%/)
      for (const name of ['load', 'warm-up', 'run', 'verify']) {
        expect(stdout).toMatch(new RegExp(`^  ${name} +[\\d.]+ s  [\\d,]+ operations`, 'm'))
      }
    },
    TIMEOUT_MS,
  )
})

it('ends when nobody reads what it says', { timeout: TIMEOUT_MS }, async () => {
  const { child, ended } = new CliProcess(['bench', '--records', '5000', '--seconds', '600'])
  child.stdout?.once('data', () => child.stdout?.destroy())
  expect(await ended).toMatchObject({ code: 141, stderr: '' })
})

describe('a benchmark that cannot run says why', () => {
  it.each([
    ['--records 1e6', /'1e6'.*It must be a whole number in decimal digits/],
    ['--workload z', /--workload must be one of .*, not z/],
    ['--driver redis', /--driver must be one of sluice-batch, .*, resp, .*, not redis/],
    ['--driver resp', /--driver resp needs a --target: only Sluice is started here/],
    ['--driver sluice-embedded --threads 2', /--threads are those of a server that is started here, and there is none/],
    ['--batch 0', /--batch must be a whole number from 1 to 1000000, not 0/],
    ['--value-bytes 8000000 --records 10000000', /needs [\d.]+ GiB of memory[\s\S]*10,000,000 x \(8000000 value/],
    ['--json /nowhere/result.json', /\/nowhere\/result\.json cannot be written/],
    ['--fast', /unknown option '--fast'/],
    ['more', /too many arguments/],
  ])('%s', async (text, message) => {
    const { code, stderr } = await new CliProcess(['bench', ...text.split(' ')]).ended
    expect(stderr).toMatch(message)
    expect(code).toBe(2)
  })

  it('a server that is not there', async () => {
    const { code, stderr } = await new CliProcess(['bench', '--target', '127.0.0.1:1']).ended
    expect([code, stderr]).toEqual([1, expect.stringContaining('127.0.0.1:1')])
  })
})

function expectEveryFigure(result: BenchResult | undefined): void {
  expect(result).toMatchObject({
    measuredSeconds: POSITIVE,
    clientOpsPerSecond: POSITIVE,
    serverOpsPerSecondMedian: POSITIVE,
    checkedReplies: POSITIVE,
    serverCpuNsPerOp: POSITIVE,
    clientCpuNsPerOp: POSITIVE,
    processCpuNsPerOp: POSITIVE,
    opsPerFrame: POSITIVE,
    requestBytesPerOp: POSITIVE,
    replyBytesPerOp: POSITIVE,
    latencyMs: POSITIVE_LATENCY,
    latencyMsByKind: { read: POSITIVE_LATENCY },
    environment: {
      cores: POSITIVE,
      cpuModel: expect.any(String),
      nodeVersion: process.version,
      commit: expect.any(String),
    },
  })
}
