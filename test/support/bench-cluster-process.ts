// `sluice bench cluster` as a user runs it, and a look at the processes that it started. Needs `npm run build`.

import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import type { ClusterResult } from '../../src/bench/cluster/cluster-result.ts'

/** The command line that is built. */
export const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))

/** After the benchmark has ended, agents may take so long: those behind ssh learn of it by the end of their input. */
const AGENT_END_MS_MAX = 15_000

interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A benchmark that runs. Owned by the test. */
export class BenchClusterProcess implements AsyncDisposable {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
  readonly #folder = mkdtempSync(join(tmpdir(), 'sluice-bench-cluster-'))
  #stdout = ''
  #stderr = ''

  /** @param args Behind those that name the files of result and logs. */
  constructor(args: readonly string[]) {
    const files = ['--json', this.#resultFile, '--logs', this.#logFolder]
    this.child = spawn(process.execPath, [MAIN, 'bench', 'cluster', ...files, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      // A process group of its own, as a shell gives it.
      detached: true,
    })
    this.child.stdout?.on('data', (text) => {
      this.#stdout += text
    })
    this.child.stderr?.on('data', (text) => {
      this.#stderr += text
    })
    this.ended = new Promise((resolve) => {
      this.child.once('close', (code) => resolve({ code, stdout: this.#stdout, stderr: this.#stderr }))
    })
  }

  /** The result that was written; undefined when there is none. */
  get result(): ClusterResult | undefined {
    if (!existsSync(this.#resultFile)) return undefined
    // The types are those of the source; the code is what users run.
    return JSON.parse(readFileSync(this.#resultFile, 'utf8')) as ClusterResult
  }

  /** Process id of a host's agent, as its hello in the log says. */
  pidOf(id: string): number {
    const hello = /"type":"hello".*?"pid":(\d+)/.exec(this.log(id))
    if (hello === null) throw new Error(`${id} has not said hello: ${this.#stdout}${this.#stderr}`)
    return Number(hello[1])
  }

  /** The log of a host. */
  log(id: string): string {
    return readFileSync(join(this.#logFolder, `${id}.log`), 'utf8')
  }

  /** Waits until the output matches. */
  async shows(pattern: RegExp): Promise<void> {
    while (!pattern.test(this.#stdout)) {
      if (this.child.exitCode !== null) throw new Error(`ended early: ${this.#stdout}${this.#stderr}`)
      await sleep(10)
    }
  }

  /** What Ctrl-C in a terminal does: the signal is for the whole process group. */
  interrupt(): void {
    process.kill(-this.#pid, 'SIGINT')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill('SIGKILL')
    await this.ended
    rmSync(this.#folder, { recursive: true })
  }

  get #pid(): number {
    // Of a process that was not started there is none, and 0 would be this very group.
    if (this.child.pid === undefined) throw new Error('the benchmark was not started')
    return this.child.pid
  }

  get #resultFile(): string {
    return join(this.#folder, 'result.json')
  }

  get #logFolder(): string {
    return join(this.#folder, 'logs')
  }
}

/** Waits until none of the processes is there any more. */
export async function expectGone(pids: readonly number[], limitMs: number = AGENT_END_MS_MAX): Promise<void> {
  expect(pids.length).toBeGreaterThan(0)
  const deadlineMs = performance.now() + limitMs
  while (pids.some(isRunning) && performance.now() < deadlineMs) await sleep(20)
  expect(pids.filter(isRunning)).toEqual([])
}

/** Whether there is such a process; one that has ended and that nobody has waited for is none. */
export function isRunning(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, 'latin1'))
  } catch {
    return false
  }
}

/** Every figure that a good run of two nodes and two client hosts has. */
export function expectClusterResult(result: ClusterResult | undefined): void {
  const positive = expect.toSatisfy((value: unknown) => typeof value === 'number' && value > 0)
  expect(result).toMatchObject({
    ...{ mismatches: 0, failure: null, interruptedIn: null, hitRate: 1 },
    ...{ serverMediansOpsPerSecond: positive, clientOpsPerSecond: positive, checkedReplies: positive },
    ...{ serverCpuNsPerOp: positive, clientCpuNsPerOp: positive, requestBytesPerOp: positive },
    latencyMs: { p50: positive, p99: positive },
  })
  if (result === undefined) return
  expect(result.loadedRecords).toBe(result.options.workload.records)
  expect(result.hosts.map(({ id }) => id)).toEqual(['server-1', 'server-2', 'client-1', 'client-2'])
  for (const { clock, nodeVersion } of result.hosts) {
    expect(Math.abs(clock.offsetMs)).toBeLessThanOrEqual(clock.uncertaintyMs + 1)
    expect(nodeVersion).toBe(process.version)
  }
  for (const { role, samples, opsPerSecondMedian } of result.nodes) {
    expect(samples.length).toBeGreaterThanOrEqual(result.options.seconds)
    expect(opsPerSecondMedian).toBeGreaterThan(0)
    expect(samples.some(({ processCores }) => processCores > 0)).toBe(true)
    for (const sample of samples) {
      expect(sample.rssBytes).toBeGreaterThan(1e6)
      expect(sample.coreLoads.length).toBeGreaterThan(0)
      for (const load of sample.coreLoads) expect(load >= 0 && load <= 1).toBe(true)
      expect(sample.loopDelayP99Ms === null).toBe(role === 'client')
    }
    // Traffic of the machine, on loopback too.
    for (const name of [
      'bytesInPerSecond',
      'bytesOutPerSecond',
      'packetsInPerSecond',
      'packetsOutPerSecond',
    ] as const) {
      expect(Math.max(...samples.map((sample) => sample[name] ?? 0))).toBeGreaterThan(0)
    }
  }
}
