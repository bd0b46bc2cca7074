// An agent over streams in memory, with a node and clients that do nothing.

import { once } from 'node:events'
import { PassThrough } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { ManualClock } from '../../../test/support/manual-clock.ts'
import { planTopology } from '../../cluster/plan-topology.ts'
import type { ServerOptions } from '../../server/index.ts'
import { SluiceError } from '../../util/errors.ts'
import { createTally } from '../load/checker.ts'
import type { PhaseTotals, SharedClientOptions } from '../load/client-threads.ts'
import { Latencies } from '../load/latencies.ts'
import { runAgent } from './agent.ts'
import { type AgentMessage, type AgentQuestion, SILENCE_MS_MAX } from './agent-messages.ts'
import type { AgentClients, AgentServer } from './agent-work.ts'
import { encodeLine, LineDecoder, parseLine } from './json-lines.ts'

const TOPOLOGY = planTopology({ nodes: [{ id: 'server-1', host: '127.0.0.1', ports: [7101, 7102] }] })
const SERVE = {
  type: 'serve',
  topology: TOPOLOGY,
  nodeId: 'server-1',
  bind: '::1',
  password: 'p',
  memoryBytesMax: 9,
} as const
// What is passed on is not looked at.
const SHARED = { seed: 5 } as SharedClientOptions
const CLIENTS = { type: 'clients', count: 3, firstClient: 6, shared: SHARED } as const

class Rig {
  readonly input = new PassThrough()
  readonly output = new PassThrough()
  readonly clock = new ManualClock()
  readonly calls: string[] = []
  readonly over: Promise<void>
  serverOptions: ServerOptions | undefined
  clientsOptions: readonly unknown[] = []
  isReady = true
  failServer: (error: Error) => void = () => {}
  readonly #decoder = new LineDecoder()
  #number = 0

  constructor() {
    this.over = runAgent({
      input: this.input,
      output: this.output,
      version: '1.2.3',
      clock: this.clock,
      startServer: (options) => {
        this.serverOptions = options
        return Promise.resolve(this.#server())
      },
      startClients: (...given) => {
        this.clientsOptions = given
        return Promise.resolve(this.#clients())
      },
    })
  }

  async next(): Promise<AgentMessage> {
    for (;;) {
      const line = this.#decoder.next()
      if (line !== undefined) return parseLine(line) as Readonly<Record<string, unknown>> & AgentMessage
      const [chunk] = await once(this.output, 'data')
      this.#decoder.push(chunk)
    }
  }

  send(question: AgentQuestion): number {
    const number = ++this.#number
    this.input.write(encodeLine({ number, question }))
    return number
  }

  /** What it says to a question that nothing else is answered before. */
  async ask(question: AgentQuestion): Promise<AgentMessage> {
    const number = this.send(question)
    const message = await this.next()
    expect(message).toMatchObject({ number })
    return message
  }

  #server(): AgentServer {
    const closed = new Promise<void>((_, reject) => {
      this.failServer = reject
    })
    const readiness = () => ({ isReady: this.isReady, reasons: this.isReady ? [] : ['of node b'] })
    const end = (name: string) => () => {
      this.calls.push(name)
      return Promise.resolve()
    }
    const stats = () => Promise.reject(new SluiceError('CLOSED', 'closed'))
    return { threadCount: 2, closed, readiness, stats, close: end('server close'), destroy: end('server destroy') }
  }

  #clients(): AgentClients {
    const call =
      (name: string) =>
      (...given: readonly number[]) => {
        this.calls.push([name, ...given].join(' '))
        return Promise.resolve(TOTALS)
      }
    const end = (name: string) => () => call(name)().then(() => {})
    const sums = () => ({ checked: 4, mismatches: 0, bytesSent: 1, bytesReceived: 2, latencies: new Latencies() })
    const phases = { load: call('load'), run: call('run'), verify: call('verify') }
    return { sums, ...phases, stop: end('stop'), close: end('clients close'), destroy: end('clients destroy') }
  }
}

const TOTALS: PhaseTotals = { tally: createTally(), elapsedMs: 10, cpuNs: 20, failures: [] }

async function greeted(): Promise<Rig> {
  const rig = new Rig()
  expect(await rig.next()).toMatchObject({
    type: 'hello',
    version: '1.2.3',
    pid: process.pid,
    nodeVersion: process.version,
  })
  return rig
}

describe('an agent', () => {
  it('tells the time, and finds free ports that differ', async () => {
    const rig = await greeted()
    expect(await rig.ask({ type: 'clock' })).toEqual({ type: 'answer', number: 1, answer: { nowMs: 1_000_000 } })
    const found = await rig.ask({ type: 'ports', bind: '127.0.0.1', count: 3 })
    const ports = found.type === 'answer' && 'ports' in found.answer ? found.answer.ports : []
    expect(new Set(ports).size).toBe(3)
    expect(await rig.ask({ type: 'ports', bind: '192.0.2.1', count: 1 })).toMatchObject({
      type: 'refusal',
      code: 'LISTEN_FAILED',
    })
  })

  it('runs a node, and answers when it serves all slots', async () => {
    const rig = await greeted()
    rig.isReady = false
    rig.send(SERVE)
    const answer = rig.next()
    while (rig.clock.timerCount < 2) await new Promise(setImmediate)
    rig.isReady = true
    rig.clock.advance(20)
    expect(await answer).toEqual({ type: 'answer', number: 1, answer: { threads: 2 } })
    expect(rig.serverOptions).toMatchObject({ nodeId: 'server-1', bind: '::1', password: 'p', memoryBytesMax: 9 })
    expect(rig.serverOptions?.topology).toEqual(TOPOLOGY)
    rig.failServer(new Error('a thread ended'))
    expect(await rig.next()).toEqual({ type: 'failed', message: 'a thread ended' })
  })

  it('refuses a topology that makes no sense', async () => {
    const rig = await greeted()
    const topology = { ...TOPOLOGY, nodes: [] }
    expect(await rig.ask({ ...SERVE, topology })).toMatchObject({ type: 'refusal', code: 'INVALID_ARGUMENT' })
  })

  it('leads clients through phases', async () => {
    const rig = await greeted()
    await rig.ask(CLIENTS)
    expect(rig.clientsOptions).toEqual([3, SHARED, 6])
    const sums = { checked: 4, mismatches: 0, bytesSent: 1, bytesReceived: 2, latencies: [] }
    const answer = { totals: TOTALS, sums }
    expect(await rig.ask({ type: 'load', first: 10, end: 20 })).toEqual({ type: 'answer', number: 2, answer })
    await rig.ask({ type: 'run', seconds: 5 })
    await rig.ask({ type: 'stop' })
    await rig.ask({ type: 'verify', first: 1, end: 2 })
    await rig.ask({ type: 'close' })
    expect(rig.calls).toEqual(['load 10 20', 'run 5', 'stop', 'verify 1 2', 'clients close'])
  })

  it('tells what it uses, also when its node does not answer', async () => {
    const rig = await greeted()
    await rig.ask(SERVE)
    expect(await rig.ask({ type: 'look' })).toMatchObject({ answer: { server: null, sums: null, atMs: 1_000_000 } })
    await rig.ask(CLIENTS)
    const look = await rig.ask({ type: 'look' })
    expect(look).toMatchObject({ answer: { sums: { checked: 4 }, rssBytes: expect.any(Number) } })
  })
})

describe('an agent ends all that it started', () => {
  const ends: Readonly<Record<string, (rig: Rig) => void>> = {
    'its input ends': ({ input }) => input.end(),
    'its input breaks': ({ input }) => input.destroy(new Error('reset')),
    'nobody takes its answers': ({ output }) => output.destroy(new Error('broken pipe')),
    'it is told nonsense': ({ input }) => input.write('GET / HTTP/1.1\n'),
    'it hears nothing': ({ clock }) => clock.advance(SILENCE_MS_MAX),
  }
  it.each(Object.entries(ends))('when %s', async (_, end) => {
    const rig = await greeted()
    await rig.ask(SERVE)
    await rig.ask(CLIENTS)
    end(rig)
    await rig.over
    expect(rig.calls.toSorted()).toEqual(['clients destroy', 'server destroy'])
    expect(rig.clock.timerCount).toBe(0)
  })

  it('and not before: whatever it hears is a sign of life', async () => {
    const rig = await greeted()
    for (let round = 0; round < 5; round++) {
      rig.clock.advance(SILENCE_MS_MAX - 1)
      await rig.ask({ type: 'clock' })
    }
    rig.input.end()
    await rig.over
  })
})
