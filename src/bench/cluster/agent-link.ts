// The benchmark's side of one agent: its process, what is asked of it, and what became of it. An agent that ends before it
// is told to, says that its node has failed, or is not heard of for too long, has failed for good: every question
// rejects with the reason then, and `failed` tells it.

import type { Clock, Timer } from '../../util/clock.ts'
import { SluiceError } from '../../util/errors.ts'
import { withTimeLimit } from '../../util/time-limit.ts'
import {
  type AgentAnswers,
  type AgentHello,
  type AgentMessage,
  type AgentQuestion,
  ALIVE_INTERVAL_MS,
  type QuestionType,
  SILENCE_MS_MAX,
} from './agent-messages.ts'
import { encodeLine, LineDecoder, parseLine } from './json-lines.ts'
import { PendingQuestions } from './pending-questions.ts'

/** What is used of a child process. */
export interface AgentProcess {
  readonly stdin: { write(text: string): unknown; end(): unknown; on(event: 'error', listener: () => void): unknown }
  readonly stdout: { on(event: 'data', listener: (chunk: Uint8Array) => void): unknown }
  readonly stderr: { on(event: 'data', listener: (chunk: Uint8Array) => void): unknown }
  on(event: 'error', listener: (error: Error) => void): unknown
  on(event: 'close', listener: (code: number | null, signal: string | null) => void): unknown
  kill(signal: 'SIGTERM' | 'SIGKILL'): unknown
}

/** Takes what an agent says and writes. */
export type AgentLog = (origin: 'said' | 'stderr', text: string) => void

/** For the hello: ssh connects and authenticates, and a process starts. */
const HELLO_MS_MAX = 30_000
/** For an agent to end when its input has, and to end when a signal tells it. */
const END_MS_MAX = 8_000
const SIGNAL_MS_MAX = 2_000
/** Of what an agent's process wrote to the standard error, the end is kept for the message that says why it ended. */
const ERROR_CHARS_MAX = 2_000

/** Owned by whoever made it, who calls `close`. */
export class AgentLink {
  /** What messages call it. */
  readonly title: string
  /** Why it failed; resolves at once or never. */
  readonly failed: Promise<string>
  readonly #process: AgentProcess
  readonly #clock: Clock
  readonly #log: AgentLog
  readonly #decoder = new LineDecoder()
  readonly #questions = new PendingQuestions()
  readonly #ended: Promise<void>
  #tellFailure: (reason: string) => void = () => {}
  #takeHello: (hello: AgentHello) => void = () => {}
  #failure: string | undefined
  #hasHello = false
  #isClosing = false
  #heardMs: number
  #alive: Timer | undefined
  #errorText = ''

  constructor(title: string, process: AgentProcess, clock: Clock, log: AgentLog) {
    this.title = title
    this.#process = process
    this.#clock = clock
    this.#log = log
    this.#heardMs = clock.monotonicMs()
    this.failed = new Promise((resolve) => {
      this.#tellFailure = resolve
    })
    this.#ended = new Promise((resolve) => {
      // A program that does not exist never closes.
      process.on('error', (error) => {
        this.#fail(`it cannot be started: ${error.message}`)
        resolve()
      })
      process.on('close', (code, signal) => {
        this.#fail(`it ended ${signal === null ? `with exit code ${code}` : `by ${signal}`}${this.#lastWords()}`)
        resolve()
      })
    })
    // Whoever reads there no more is about to close.
    process.stdin.on('error', () => {})
    process.stdout.on('data', (chunk) => this.#onData(chunk))
    process.stderr.on('data', (chunk) => this.#onError(String(chunk)))
  }

  /** Why it failed; undefined when it did not. */
  get failure(): string | undefined {
    return this.#failure
  }

  /** What it says first. Rejects when it says nothing in time, or something else. */
  async hello(): Promise<AgentHello> {
    const hello = new Promise<AgentHello>((resolve) => {
      this.#takeHello = resolve
    })
    try {
      const said = await withTimeLimit(this.#clock, HELLO_MS_MAX, Promise.race([hello, this.#rejection()]))
      this.#stayAlive()
      return said
    } catch (error) {
      if (this.#failure !== undefined) throw error
      this.#fail(`it did not answer within ${HELLO_MS_MAX / 1_000} s${this.#lastWords()}`)
      throw this.#error()
    }
  }

  /** Asks it something. Rejects with its refusal, when it fails, and with TIMEOUT. */
  ask<Type extends QuestionType>(
    question: Extract<AgentQuestion, { readonly type: Type }>,
    limitMs?: number,
  ): Promise<AgentAnswers[Type]> {
    if (this.#failure !== undefined) return Promise.reject(this.#error())
    const { number, answer } = this.#questions.add()
    this.#process.stdin.write(encodeLine({ number, question }))
    // The agent answers each question with what belongs to its type.
    const typed = answer as Promise<AgentAnswers[Type]>
    return limitMs === undefined ? typed : withTimeLimit(this.#clock, limitMs, typed)
  }

  /** Ends it, in order or by signals; resolves when its process has ended, in bounded time. Idempotent. */
  async close(): Promise<void> {
    this.#isClosing = true
    this.#alive?.cancel()
    this.#process.stdin.end()
    // Before the hello there may be no agent yet, but an ssh that waits for a host and listens to nobody.
    if (this.#hasHello && (await this.#endsWithin(END_MS_MAX))) return
    this.#process.kill('SIGTERM')
    if (await this.#endsWithin(SIGNAL_MS_MAX)) return
    this.#process.kill('SIGKILL')
    await this.#endsWithin(SIGNAL_MS_MAX)
  }

  async #endsWithin(limitMs: number): Promise<boolean> {
    const ended = this.#ended.then(() => true)
    return withTimeLimit(this.#clock, limitMs, ended).catch(() => false)
  }

  #onData(chunk: Uint8Array): void {
    this.#heardMs = this.#clock.monotonicMs()
    if (this.#failure !== undefined) return
    try {
      this.#decoder.push(chunk)
      for (let line = this.#decoder.next(); line !== undefined; line = this.#decoder.next()) this.#onLine(line)
    } catch (error) {
      this.#fail(error instanceof Error ? error.message : String(error))
    }
  }

  #onLine(line: string): void {
    this.#log('said', line)
    if (!this.#hasHello && !line.startsWith('{')) {
      // A shell may greet before it runs anything.
      this.#errorText += `${line}\n`
      return
    }
    // After the hello it is known to be of the same version; `checkHello` looks at the hello.
    const message = parseLine(line) as Readonly<Record<string, unknown>> & AgentMessage
    switch (message.type) {
      case 'hello':
        this.#hasHello = true
        this.#takeHello(message)
        break
      case 'answer':
        this.#questions.resolve(message.number, message.answer)
        break
      case 'refusal':
        this.#questions.reject(message.number, new SluiceError(message.code, `${this.title}: ${message.message}`))
        break
      case 'failed':
        this.#fail(`its node failed: ${message.message}`)
    }
  }

  #onError(text: string): void {
    this.#log('stderr', text)
    this.#errorText = (this.#errorText + text).slice(-ERROR_CHARS_MAX)
  }

  #lastWords(): string {
    const words = this.#errorText.trim()
    return words === '' ? '' : `: ${words}`
  }

  /** Tells the agent that somebody is there, and looks whether it is. */
  #stayAlive(): void {
    this.#alive = this.#clock.after(ALIVE_INTERVAL_MS, () => {
      if (this.#clock.monotonicMs() - this.#heardMs > SILENCE_MS_MAX) {
        this.#fail(`nothing was heard of it for ${SILENCE_MS_MAX / 1_000} s`)
        return
      }
      this.ask({ type: 'clock' }).catch(() => {})
      this.#stayAlive()
    })
  }

  #fail(reason: string): void {
    if (this.#failure !== undefined || (this.#isClosing && this.#questions.count === 0)) return
    this.#failure = reason
    this.#alive?.cancel()
    this.#questions.rejectAll(this.#error())
    this.#tellFailure(reason)
  }

  #rejection(): Promise<never> {
    return this.failed.then(() => {
      throw this.#error()
    })
  }

  #error(): SluiceError {
    return new SluiceError('DISCONNECTED', `${this.title}: ${this.#failure}`)
  }
}
