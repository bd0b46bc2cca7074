// The benchmark as a user runs it, with its threads and sockets, in short: needs `npm run build`.

import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import type { BenchResult } from '../../src/bench/run/result.ts'

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))

/** Starting threads on a busy machine takes its time. */
const TIMEOUT_MS = 60_000

const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A command that runs, and what it has written so far. */
class Running {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
  stdout = ''
  stderr = ''

  constructor(args: readonly string[]) {
    this.child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
    this.child.stdout?.on('data', (text) => {
      this.stdout += text
    })
    this.child.stderr?.on('data', (text) => {
      this.stderr += text
    })
    this.ended = new Promise((resolve) => {
      this.child.once('close', (code) => resolve({ code, stdout: this.stdout, stderr: this.stderr }))
    })
  }

  /** Waits until the output matches. */
  async shows(pattern: RegExp): Promise<void> {
    while (!pattern.test(this.stdout)) {
      if (this.child.exitCode !== null) throw new Error(`ended early: ${this.stdout}${this.stderr}`)
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }
}

let files = 0

/** Runs a benchmark with a result file. */
function bench(args: readonly string[]): { running: Running; result: () => BenchResult | undefined } {
  const file = join(folder, `${files++}.json`)
  const running = new Running(['bench', '--json', file, ...args])
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
  ])(
    'with %s finds every reply right',
    async (text) => {
      const { running, result } = bench(['--records', '5000', '--seconds', '1', ...text.split(' ')])
      const { code, stdout, stderr } = await running.ended
      expect([code, stderr], stdout).toEqual([0, ''])
      expect(stdout).toContain('every reply was right')
      const measured = result()
      expect(measured).toMatchObject({ mismatches: 0, hitRate: 1, interruptedIn: null, mismatchExplanations: [] })
      expect(measured?.loadedRecords).toBe(measured?.options.records)
      expect(measured?.checkedReplies).toBeGreaterThan(0)
      expectEveryFigure(measured)
    },
    TIMEOUT_MS,
  )

  it(
    'of a server that runs elsewhere',
    async () => {
      const server = new Running(['serve', '--port', '0', '--threads', '2', '--memory', '64M'])
      await server.shows(/connect\('[^']+'\)/)
      const [, address = ''] = /connect\('([^']+)'\)/.exec(server.stdout) ?? []
      const { running, result } = bench(['--records', '5000', '--seconds', '1', '--target', address])
      expect(await running.ended).toMatchObject({ code: 0, stderr: '' })
      expect(result()).toMatchObject({ serverThreads: 2, mismatches: 0 })
      server.child.kill('SIGTERM')
      expect((await server.ended).code).toBe(0)
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

describe('a benchmark that cannot run says why', () => {
  it.each([
    ['--records 1e6', /'1e6'.*It must be a whole number in decimal digits/],
    ['--workload d', /--workload must be one of a, b, c, not d/],
    ['--batch 0', /--batch must be a whole number from 1 to 1000000, not 0/],
    ['--value-bytes 8000000 --records 10000000', /needs [\d.]+ GiB of memory[\s\S]*10,000,000 x \(8000000 value/],
    ['--json /nowhere/result.json', /\/nowhere\/result\.json cannot be written/],
    ['--fast', /unknown option '--fast'/],
    ['more', /too many arguments/],
  ])('%s', async (text, message) => {
    const { code, stderr } = await new Running(['bench', ...text.split(' ')]).ended
    expect(stderr).toMatch(message)
    expect(code).toBe(2)
  })

  it('a server that is not there', async () => {
    const { code, stderr } = await new Running(['bench', '--target', '127.0.0.1:1']).ended
    expect([code, stderr]).toEqual([1, expect.stringContaining('127.0.0.1:1')])
  })
})

function expectEveryFigure(result: BenchResult | undefined): void {
  const positive = expect.toSatisfy((value: unknown) => typeof value === 'number' && value > 0)
  expect(result).toMatchObject({
    clientOpsPerSecond: positive,
    serverOpsPerSecondMedian: positive,
    checkedReplies: positive,
    serverCpuNsPerOp: positive,
    clientCpuNsPerOp: positive,
    processCpuNsPerOp: positive,
    opsPerFrame: positive,
    requestBytesPerOp: positive,
    replyBytesPerOp: positive,
    batchLatencyMs: { p50: positive, p95: positive, p99: positive, p999: positive, max: positive },
    environment: {
      cores: positive,
      cpuModel: expect.any(String),
      nodeVersion: process.version,
      commit: expect.any(String),
    },
  })
}
