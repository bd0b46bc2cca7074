// The benchmark's side of an agent whose process is made up.

import { EventEmitter } from 'node:events'
import { describe, expect, it } from 'vitest'
import { ManualClock } from '../../../test/support/manual-clock.ts'
import { AgentLink, type AgentProcess } from './agent-link.ts'
import { ALIVE_INTERVAL_MS, SILENCE_MS_MAX } from './agent-messages.ts'

class FakeProcess extends EventEmitter implements AgentProcess {
  readonly stdout = new EventEmitter()
  readonly stderr = new EventEmitter()
  readonly written: string[] = []
  readonly signals: string[] = []
  readonly stdin = {
    write: (text: string) => this.written.push(text),
    end: () => this.signals.push('end'),
    on: () => {},
  }

  kill(signal: 'SIGTERM' | 'SIGKILL'): void {
    this.signals.push(signal)
  }

  says(...messages: readonly unknown[]): void {
    for (const message of messages) this.stdout.emit('data', Buffer.from(`${JSON.stringify(message)}\n`))
  }
}

class Rig {
  readonly process = new FakeProcess()
  readonly clock = new ManualClock()
  readonly log: string[] = []
  readonly link = new AgentLink('client-1 (h1)', this.process, this.clock, (origin, text) => {
    this.log.push(`${origin} ${text}`)
  })

  async greet(): Promise<void> {
    const hello = this.link.hello()
    this.process.says(HELLO)
    expect(await hello).toEqual(HELLO)
  }
}

const HELLO = { type: 'hello', version: '1.2.3' }
const turns = () => new Promise(setImmediate)

describe('a link', () => {
  it('takes the hello behind what a shell prints', async () => {
    const { link, process, log } = new Rig()
    const hello = link.hello()
    process.stdout.emit('data', Buffer.from('Welcome!\n{"type":"hel'))
    process.stdout.emit('data', Buffer.from('lo"}\n'))
    expect(await hello).toEqual({ type: 'hello' })
    expect(log).toEqual(['said Welcome!', 'said {"type":"hello"}'])
  })

  it('gives each question its own answer', async () => {
    const rig = new Rig()
    await rig.greet()
    const clock = rig.link.ask({ type: 'clock' })
    const ports = rig.link.ask({ type: 'ports', bind: 'a', count: 1 })
    expect(rig.process.written.map((line) => JSON.parse(line).number)).toEqual([1, 2])
    rig.process.says({ type: 'refusal', number: 2, code: 'LISTEN_FAILED', message: 'no port' })
    rig.process.says({ type: 'answer', number: 1, answer: { nowMs: 5 } })
    expect(await clock).toEqual({ nowMs: 5 })
    await expect(ports).rejects.toMatchObject({ code: 'LISTEN_FAILED', message: 'client-1 (h1): no port' })
    expect(rig.link.failure).toBeUndefined()
  })

  it('says with which words the process ended', async () => {
    const rig = new Rig()
    const hello = rig.link.hello()
    rig.process.stderr.emit('data', Buffer.from('ssh: Could not resolve hostname h1\n'))
    rig.process.emit('close', 255, null)
    const message = 'client-1 (h1): it ended with exit code 255: ssh: Could not resolve hostname h1'
    await expect(hello).rejects.toMatchObject({ code: 'DISCONNECTED', message })
    await expect(rig.link.ask({ type: 'clock' })).rejects.toThrow(message)
  })

  it('says which signal ended it, and rejects what was asked', async () => {
    const rig = new Rig()
    await rig.greet()
    const run = rig.link.ask({ type: 'run', seconds: 5 })
    rig.process.emit('close', null, 'SIGKILL')
    await expect(run).rejects.toThrow('client-1 (h1): it ended by SIGKILL')
    expect(await rig.link.failed).toBe('it ended by SIGKILL')
  })

  it('fails with its node, with nonsense, and with a program that cannot be started', async () => {
    const failures: [(rig: Rig) => void, string][] = [
      [({ process }) => process.says({ type: 'failed', message: 'a thread ended' }), 'its node failed: a thread ended'],
      [({ process }) => process.stdout.emit('data', Buffer.from('oops\n')), 'no message, but "oops"'],
      [({ process }) => process.emit('error', new Error('ENOENT')), 'it cannot be started: ENOENT'],
    ]
    for (const [fail, reason] of failures) {
      const rig = new Rig()
      await rig.greet()
      fail(rig)
      expect(await rig.link.failed).toBe(reason)
    }
  })

  it('does not wait for ever: for the hello, for answers, for signs of life', async () => {
    const mute = new Rig()
    const hello = mute.link.hello()
    mute.clock.advance(30_000)
    await expect(hello).rejects.toThrow('did not answer within 30 s')
    const rig = new Rig()
    await rig.greet()
    const look = rig.link.ask({ type: 'look' }, 3_000)
    rig.clock.advance(3_000)
    await expect(look).rejects.toMatchObject({ code: 'TIMEOUT' })
    for (let round = 0; round < 20; round++) {
      rig.clock.advance(ALIVE_INTERVAL_MS)
      rig.process.says({ type: 'answer', number: 0, answer: {} })
    }
    expect(rig.link.failure).toBeUndefined()
    rig.clock.advance(SILENCE_MS_MAX + 2 * ALIVE_INTERVAL_MS)
    expect(rig.link.failure).toBe('nothing was heard of it for 30 s')
    expect(rig.process.written.length).toBeGreaterThan(20)
  })

  it('is closed by the end of the input', async () => {
    const rig = new Rig()
    await rig.greet()
    const closed = rig.link.close()
    rig.process.emit('close', 0, null)
    await closed
    expect(rig.process.signals).toEqual(['end'])
    expect(rig.link.failure).toBeUndefined()
    await rig.link.close()
  })

  it('is closed by signals when that does not help, at once when there is no agent yet', async () => {
    const rig = new Rig()
    await rig.greet()
    const closed = rig.link.close()
    for (const [delayMs, signals] of [
      [8_000, 2],
      [2_000, 3],
      [2_000, 3],
    ] as const) {
      rig.clock.advance(delayMs)
      await turns()
      expect(rig.process.signals).toHaveLength(signals)
    }
    await closed
    expect(rig.process.signals).toEqual(['end', 'SIGTERM', 'SIGKILL'])
    const mute = new Rig()
    void mute.link.close()
    expect(mute.process.signals).toEqual(['end', 'SIGTERM'])
  })
})
