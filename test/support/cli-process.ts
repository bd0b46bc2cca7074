// The command line as a user runs it, and a look at the processes that it starts. Needs `npm run build`.

import { type ChildProcess, spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))
const POLL_MS = 10

/** What a command left. */
export interface CliEnd {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A command that runs, and what it has written so far. Owned by the test. */
export class CliProcess implements AsyncDisposable {
  readonly child: ChildProcess
  readonly ended: Promise<CliEnd>
  stdout = ''
  stderr = ''

  /** @param env Default: that of the test. */
  constructor(args: readonly string[], env?: NodeJS.ProcessEnv) {
    const stdio: ['ignore', 'pipe', 'pipe'] = ['ignore', 'pipe', 'pipe']
    this.child = spawn(process.execPath, [MAIN, ...args], { stdio, ...(env !== undefined && { env }) })
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
      await sleep(POLL_MS)
    }
  }

  /** Processes that it has started and that are running, by their command lines. */
  children(): ReadonlyMap<number, string> {
    return childrenOf(this.child.pid ?? 0)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill('SIGKILL')
    await this.ended
  }
}

/** Command lines of the process's children, by their ids; of what ends meanwhile there is none. */
function childrenOf(parent: number): ReadonlyMap<number, string> {
  const found = new Map<number, string>()
  for (const name of readdirSync('/proc').filter((each) => /^\d+$/.test(each))) {
    try {
      const [, parentText] = /^\d+ \(.*\) \S (\d+)/s.exec(readFileSync(`/proc/${name}/stat`, 'latin1')) ?? []
      if (Number(parentText) !== parent) continue
      found.set(Number(name), readFileSync(`/proc/${name}/cmdline`, 'latin1').replaceAll('\0', ' ').trim())
    } catch {
      // It has ended.
    }
  }
  return found
}
