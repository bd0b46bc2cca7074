// Where a result was measured: without it a figure cannot be compared with another.

import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { availableParallelism, cpus, release, totalmem, type } from 'node:os'
import { systemClock } from '../../util/clock.ts'

/** The machine and the software of a result. */
export interface BenchEnvironment {
  /** Processors that this process may use. */
  readonly cores: number
  readonly cpuModel: string
  readonly memoryBytes: number
  readonly operatingSystem: string
  readonly nodeVersion: string
  /** The commit of the checkout, with `-dirty` when files were changed; `unknown` outside a checkout. */
  readonly commit: string
  /** When the run started, milliseconds since 1970. */
  readonly startedAtMs: number
}

const UNKNOWN = 'unknown'

/** Reads it from the system. */
export function readEnvironment(): BenchEnvironment {
  return {
    cores: availableParallelism(),
    cpuModel: cpus()[0]?.model.trim() ?? UNKNOWN,
    memoryBytes: totalmem(),
    operatingSystem: `${type()} ${release()}`,
    nodeVersion: process.version,
    commit: readCommit(),
    startedAtMs: systemClock.nowMs(),
  }
}

function readCommit(): string {
  const root = new URL('../../../', import.meta.url)
  // An installed package may lie inside somebody else's checkout, whose commit says nothing.
  if (!existsSync(new URL('.git', root))) return UNKNOWN
  try {
    const args = ['describe', '--always', '--dirty', '--abbrev=12', '--exclude=*']
    return execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
  } catch {
    return UNKNOWN
  }
}
