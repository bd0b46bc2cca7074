// One file for each agent of a run: what it said, and what it wrote to its standard error.

import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '../../util/clock.ts'
import type { AgentLog } from './agent-link.ts'

/** What an agent tells each second is long; its beginning says what it is. */
const TEXT_CHARS_MAX = 2_000

const MS_PER_SECOND = 1_000

/** Files of a run. Owned by whoever opened it, who calls `close`. */
export class AgentLogs {
  readonly #folder: string | undefined
  readonly #clock: Clock
  readonly #startMs: number
  readonly #files: number[] = []

  /** @param folder Is made where it is missing; undefined: nothing is kept. */
  constructor(folder: string | undefined, clock: Clock) {
    this.#folder = folder
    this.#clock = clock
    this.#startMs = clock.monotonicMs()
    if (folder !== undefined) mkdirSync(folder, { recursive: true })
  }

  /** The log of one agent: lines of seconds since the run began, origin and text. */
  open(id: string): AgentLog {
    if (this.#folder === undefined) return () => {}
    const file = openSync(join(this.#folder, `${id}.log`), 'w')
    this.#files.push(file)
    return (origin, text) => {
      if (!this.#files.includes(file)) return
      const seconds = ((this.#clock.monotonicMs() - this.#startMs) / MS_PER_SECOND).toFixed(3)
      const rest = text.length > TEXT_CHARS_MAX ? ` ... of ${text.length} characters` : ''
      writeSync(file, `${seconds.padStart(9)} ${origin.padEnd(6)} ${text.slice(0, TEXT_CHARS_MAX).trimEnd()}${rest}\n`)
    }
  }

  /** What is said later is not kept. */
  close(): void {
    for (const file of this.#files.splice(0)) closeSync(file)
  }
}
