// The agent: the one program of a benchmark on each host. It runs a node or client threads, as it is told by lines on its
// input; its output carries answers and nothing else.
//
// When the input ends, for whatever reason, or nothing has come for too long, the agent stops all that it has started and
// is over: whatever becomes of the benchmark, of ssh or of the network, nothing stays behind.

import { availableParallelism, cpus, hostname, totalmem } from 'node:os'
import type { Timer } from '../../util/clock.ts'
import { SluiceError } from '../../util/errors.ts'
import {
  type AgentHello,
  type AgentMessage,
  type AgentQuestion,
  type NumberedQuestion,
  SILENCE_MS_MAX,
} from './agent-messages.ts'
import { AgentWork, type WorkParts } from './agent-work.ts'
import { encodeLine, LineDecoder, parseLine } from './json-lines.ts'
import { machineId } from './machine-reading.ts'

/** The part of an input stream that is used; `process.stdin` is one. */
export interface AgentInput {
  on(event: 'data', listener: (chunk: Uint8Array) => void): unknown
  on(event: 'end' | 'close' | 'error', listener: () => void): unknown
}

/** The part of an output stream that is used; `process.stdout` is one. */
export interface AgentOutput {
  on(event: 'error', listener: () => void): unknown
  write(text: string): unknown
}

/** What an agent is made with. */
export interface AgentParts extends WorkParts {
  readonly input: AgentInput
  readonly output: AgentOutput
  readonly version: string
}

/** Runs an agent. Resolves when its input has ended and all that it started is stopped. */
export async function runAgent(parts: AgentParts): Promise<void> {
  const agent = new Agent(parts)
  await agent.over
  await agent.work.destroy()
}

class Agent {
  /** Resolves when nobody is there to be told anything. */
  readonly over: Promise<void>
  readonly work: AgentWork
  readonly #parts: AgentParts
  readonly #decoder = new LineDecoder()
  #end: () => void = () => {}
  #silence: Timer | undefined
  #isOver = false

  constructor(parts: AgentParts) {
    const { input, output } = parts
    this.#parts = parts
    this.work = new AgentWork(parts, (message) => this.#send({ type: 'failed', message }))
    this.over = new Promise((resolve) => {
      this.#end = () => {
        this.#isOver = true
        this.#silence?.cancel()
        resolve()
      }
    })
    input.on('data', (chunk) => this.#onData(chunk))
    for (const event of ['end', 'close', 'error'] as const) input.on(event, this.#end)
    output.on('error', this.#end)
    this.#expectMore()
    this.#send(helloOf(parts))
  }

  #expectMore(): void {
    this.#silence?.cancel()
    this.#silence = this.#parts.clock.after(SILENCE_MS_MAX, this.#end)
  }

  #onData(chunk: Uint8Array): void {
    if (this.#isOver) return
    this.#expectMore()
    try {
      this.#decoder.push(chunk)
      for (let line = this.#decoder.next(); line !== undefined; line = this.#decoder.next()) {
        // The benchmark is of the same version: it has seen the hello.
        const { number, question } = parseLine(line) as Readonly<Record<string, unknown>> & NumberedQuestion
        void this.#reply(number, question)
      }
    } catch {
      // Whoever speaks there is no benchmark.
      this.#end()
    }
  }

  async #reply(number: number, question: AgentQuestion): Promise<void> {
    try {
      this.#send({ type: 'answer', number, answer: await this.work.answer(question) })
    } catch (error) {
      const code = error instanceof SluiceError ? error.code : 'THREAD_FAILED'
      this.#send({ type: 'refusal', number, code, message: error instanceof Error ? error.message : String(error) })
    }
  }

  #send(message: AgentMessage): void {
    if (!this.#isOver) this.#parts.output.write(encodeLine(message))
  }
}

function helloOf({ version, clock }: AgentParts): AgentHello {
  const hostName = hostname()
  return {
    type: 'hello',
    version,
    nodeVersion: process.version,
    hostName,
    machine: machineId(hostName),
    pid: process.pid,
    cores: availableParallelism(),
    cpuModel: cpus()[0]?.model.trim() ?? 'unknown',
    memoryBytes: totalmem(),
    memoryBytesAvailable: process.availableMemory(),
    nowMs: clock.nowMs(),
  }
}
