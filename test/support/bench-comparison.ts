// `sluice bench compare` as a user runs it, and what it leaves. Needs `npm run build` and Debian's packages.

import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import { type CompareResult, type ContenderResult, METRICS, spreadIn } from '../../src/bench/compare/compare-result.ts'
import type { Report } from '../../src/bench/report/model.ts'
import { CliProcess } from './cli-process.ts'
import { requireDebianPackage } from './debian-package.ts'
import { numbersOf } from './written-report.ts'

/** Sees to it that the servers are installed. */
export function requireServers(): void {
  requireDebianPackage('redis-server')
  requireDebianPackage('memcached', '-V')
}

/** A comparison with files of result and report. Owned by the test. */
export class BenchComparison extends CliProcess {
  readonly #folder: string

  /** @param env Default: that of the test. */
  constructor(args: readonly string[], env?: NodeJS.ProcessEnv) {
    const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-compare-'))
    super(['bench', 'compare', '--json', join(folder, 'result.json'), '--report', join(folder, 'report'), ...args], env)
    this.#folder = folder
  }

  /** The result that was written; undefined when there is none. */
  get result(): CompareResult | undefined {
    const file = join(this.#folder, 'result.json')
    // The types are those of the source; the code is what users run.
    return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as CompareResult) : undefined
  }

  get report(): Report {
    return JSON.parse(readFileSync(join(this.#folder, 'report', 'report.json'), 'utf8')) as Report
  }

  /** All systems of all cases. */
  get contenders(): readonly ContenderResult[] {
    return this.result?.cases.flatMap(({ contenders }) => contenders) ?? []
  }

  /** Waits until servers run whose command lines have these words, and tells their processes. */
  async servers(...words: readonly string[]): Promise<readonly number[]> {
    for (;;) {
      const lines = [...this.children()]
      const pids = words.map((word) => lines.find(([, line]) => line.includes(word))?.[0])
      const found = pids.filter((pid) => pid !== undefined)
      if (found.length === words.length) return found
      if (this.child.exitCode !== null) throw new Error(`ended early: ${this.stdout}${this.stderr}`)
      await sleep(10)
    }
  }

  /** Everything that has a figure has it in the report too. */
  expectReported(): void {
    const numbers = numbersOf(this.report)
    for (const contender of this.contenders) {
      for (const metric of METRICS) {
        const spread = spreadIn(contender, metric)
        if (spread !== undefined) expect(numbers, `${metric.name} of ${contender.name}`).toContain(spread.median)
      }
    }
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    await super[Symbol.asyncDispose]()
    rmSync(this.#folder, { recursive: true })
  }
}
