// The terminal of a benchmark: lines that stay, one line at the bottom that changes, and colours where they are wanted.

import { stripVTControlCharacters } from 'node:util'
import type { BenchOutput, TextStyle } from '../bench/run/output.ts'

/** The part of a stream that is used; `process.stdout` is one. */
export interface TextStream {
  readonly isTTY?: boolean
  readonly columns?: number
  write(text: string): unknown
}

const TERMINAL_INTERVAL_MS = 1_000
const LOG_INTERVAL_MS = 5_000
const COLUMNS_DEFAULT = 80

/** Goes to the start of the line and clears it. */
const CLEAR_LINE = '\r\u001b[2K'
const STYLE_END = '\u001b[0m'
const STYLES: Readonly<Record<TextStyle, string>> = {
  strong: '\u001b[1m',
  faint: '\u001b[2m',
  good: '\u001b[32m',
  bad: '\u001b[31m',
}

/** What the user does not want. */
export interface TerminalOptions {
  /** Colours (https://no-color.org). Default false. */
  readonly noColour?: boolean
  /** Lines that change. Default false. */
  readonly noLive?: boolean
}

/** A stream as a benchmark's output. Off a terminal nothing is rewritten and there are no colours. */
export class Terminal implements BenchOutput {
  readonly liveIntervalMs: number
  readonly hasBar: boolean
  readonly #stream: TextStream
  readonly #isTerminal: boolean
  readonly #hasColours: boolean
  readonly #noLive: boolean
  #isLive = false

  constructor(stream: TextStream, { noColour = false, noLive = false }: TerminalOptions = {}) {
    this.#noLive = noLive
    this.#stream = stream
    this.#isTerminal = stream.isTTY === true
    this.hasBar = this.#isTerminal
    this.#hasColours = this.#isTerminal && !noColour
    this.liveIntervalMs = this.#isTerminal ? TERMINAL_INTERVAL_MS : LOG_INTERVAL_MS
  }

  line(text: string): void {
    this.#stream.write(`${this.#isLive ? CLEAR_LINE : ''}${text}\n`)
    this.#isLive = false
  }

  live(text: string): void {
    if (this.#noLive) return
    if (!this.#isTerminal) {
      this.line(text)
      return
    }
    // A line that wraps could not be rewritten. Some terminals say that they have no columns at all.
    const columns = this.#stream.columns || COLUMNS_DEFAULT
    const plain = stripVTControlCharacters(text)
    this.#stream.write(CLEAR_LINE + (plain.length < columns ? text : plain.slice(0, columns - 1)))
    this.#isLive = true
  }

  styled(style: TextStyle, text: string): string {
    return this.#hasColours && text !== '' ? `${STYLES[style]}${text}${STYLE_END}` : text
  }
}
