import { describe, expect, it } from 'vitest'
import { ManualClock } from '../../../test/support/manual-clock.ts'
import { createTally } from '../load/checker.ts'
import { Latencies } from '../load/latencies.ts'
import type { PhaseAnswer, PhaseQuestion } from './agent-messages.ts'
import { type ClientAgent, RemoteClients } from './remote-clients.ts'
import { type SentSums, sentSums } from './sums-text.ts'

const turns = () => new Promise(setImmediate)

class FakeAgent implements ClientAgent {
  readonly title: string
  readonly asked: unknown[] = []
  answer: (answer: PhaseAnswer) => void = () => {}
  fail: (error: Error) => void = () => {}

  constructor(title: string) {
    this.title = title
  }

  ask(question: PhaseQuestion | { readonly type: 'stop' }): Promise<PhaseAnswer | object> {
    this.asked.push(question)
    if (question.type === 'stop') return Promise.resolve({})
    return new Promise((resolve, reject) => {
      this.answer = resolve
      this.fail = reject
    })
  }
}

class Rig {
  readonly clock = new ManualClock()
  readonly agents = ['client-1', 'client-2', 'client-3'].map((title) => new FakeAgent(title)) as [
    FakeAgent,
    FakeAgent,
    FakeAgent,
  ]
  readonly clients = new RemoteClients(this.agents, this.clock)
}

function sumsOf(checked: number): SentSums {
  const latencies = new Latencies()
  latencies.record(0, 1_000, checked)
  return sentSums({ checked, mismatches: 1, bytesSent: 2, bytesReceived: 3, latencies })
}

function answerOf(checked: number, elapsedMs: number, failures: string[] = []): PhaseAnswer {
  const tally = { ...createTally(), checked, reads: checked, hits: checked }
  return { totals: { tally, elapsedMs, cpuNs: 10, failures }, sums: sumsOf(checked) }
}

describe('remote clients', () => {
  it('have equal parts of the records, and are added up', async () => {
    const { agents, clients } = new Rig()
    const load = clients.load(0, 100)
    expect(agents.map(({ asked }) => asked)).toEqual([
      [{ type: 'load', first: 0, end: 33 }],
      [{ type: 'load', first: 33, end: 66 }],
      [{ type: 'load', first: 66, end: 100 }],
    ])
    for (const [place, agent] of agents.entries()) agent.answer(answerOf(33 + place, 100 * place))
    expect(await load).toMatchObject({ tally: { checked: 102, hits: 102 }, elapsedMs: 200, cpuNs: 30, failures: [] })
    expect(clients.sums()).toMatchObject({ checked: 102, mismatches: 3, bytesSent: 6, bytesReceived: 9 })
    expect(clients.sums().latencies.count()).toBe(102)
    clients.note(0, sumsOf(10))
    expect(clients.sums().checked).toBe(102)
  })

  it('go on for a moment when one dies, whose last sums count', async () => {
    const { agents, clients, clock } = new Rig()
    const [first, second, third] = agents
    clients.note(0, sumsOf(1_000))
    const run = clients.run(60)
    clock.advance(2_000)
    clients.note(0, sumsOf(1_700))
    clock.advance(700)
    first.fail(new Error('client-1: it ended by SIGKILL'))
    await turns()
    expect([second, third].map(({ asked }) => asked.at(-1))).toEqual([{ type: 'stop' }, { type: 'stop' }])
    second.answer(answerOf(300, 2_650))
    third.answer(answerOf(400, 2_600))
    const totals = await run
    expect(totals.tally.checked).toBe(1_400)
    expect(totals.failures).toEqual(['client-1: it ended by SIGKILL'])
    expect(totals.elapsedMs).toBe(2_650)
    expect(await clients.verify(0, 10)).toMatchObject({
      tally: { checked: 0 },
      failures: ['client-1: it ended by SIGKILL'],
    })
  })

  it('do not wait long for batches that need a server which is gone', async () => {
    const { agents, clients, clock } = new Rig()
    const run = clients.run(60)
    clock.advance(500)
    for (const place of agents.keys()) clients.note(place, sumsOf(100))
    clients.fail('server-1: it ended by SIGKILL')
    agents[0].answer(answerOf(120, 510))
    await turns()
    clock.advance(1_000)
    const totals = await run
    expect(totals.tally.checked).toBe(320)
    expect(totals.elapsedMs).toBe(510)
    expect(totals.failures.join()).toContain('client-3: batches were still under way')
  })

  it('tell that a server is gone also when all have ended in order', async () => {
    const { agents, clients } = new Rig()
    const run = clients.run(60)
    clients.fail('server-1: it ended by SIGKILL')
    for (const agent of agents) agent.answer(answerOf(1, 1))
    expect((await run).failures).toEqual(['server-1: it ended by SIGKILL'])
  })

  it('stop together when the clients of one fail', async () => {
    const { agents, clients } = new Rig()
    const run = clients.run(60)
    agents[1].answer(answerOf(5, 10, ['connection lost']))
    await turns()
    expect(agents[0].asked.at(-1)).toEqual({ type: 'stop' })
    agents[0].answer(answerOf(5, 10))
    agents[2].answer(answerOf(5, 10))
    expect((await run).failures).toEqual(['client-2: connection lost'])
  })

  it('can be stopped and go on', async () => {
    const { agents, clients } = new Rig()
    for (const round of [1, 2]) {
      const run = clients.run(60)
      clients.stop()
      for (const agent of agents) agent.answer(answerOf(round, 10))
      expect(await run).toMatchObject({ tally: { checked: 3 * round }, failures: [] })
    }
  })
})
