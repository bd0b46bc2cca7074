import { expect, it } from 'vitest'
import { ManualClock } from '../../../test/support/manual-clock.ts'
import { Latencies } from '../load/latencies.ts'
import type { AgentLook } from './agent-messages.ts'
import { ClusterWatch, type WatchedAgent } from './cluster-watch.ts'
import { type SentSums, sentSums } from './sums-text.ts'

class FakeAgent implements WatchedAgent {
  look: AgentLook | undefined

  constructor(look: Partial<AgentLook>) {
    this.look = { atMs: 1, processCpuNs: 10, rssBytes: 20, server: null, sums: null, cores: [], network: null, ...look }
  }

  ask(): Promise<AgentLook> {
    return this.look === undefined ? Promise.reject(new Error('it ended')) : Promise.resolve(this.look)
  }
}

const server = (operations: number): Partial<AgentLook> => ({ server: { operations, frames: 2, loopDelayP99Ms: 1 } })

it('servers are added up, sums of clients passed on, and every look is kept', async () => {
  const latencies = new Latencies()
  const sums = sentSums({ checked: 7, mismatches: 0, bytesSent: 0, bytesReceived: 0, latencies })
  const servers = [new FakeAgent(server(100)), new FakeAgent(server(50))] as const
  const noted: [number, SentSums][] = []
  const watch = new ClusterWatch(
    servers,
    [new FakeAgent({}), new FakeAgent({ sums })],
    4,
    new ManualClock(),
    (...given) => {
      noted.push(given)
    },
  )
  const first = { atMs: 1_000_000, cpuNs: 20, rssBytes: 40, operations: 150, frames: 4 }
  expect(await watch.read()).toEqual(first)
  expect(noted).toEqual([[1, sums]])
  expect(watch.looks.map(([look]) => look?.operations)).toEqual([100, 50, null, 7])
  // What a node said last stands when it says no more: the whole does not shrink.
  servers[0].look = undefined
  servers[1].look = { ...new FakeAgent({}).look, atMs: 2, server: null } as AgentLook
  expect(await watch.read()).toEqual(first)
  expect(watch.looks.map(({ length }) => length)).toEqual([1, 2, 2, 2])
})

it('nothing is known of servers before each has answered', async () => {
  const silent = new FakeAgent({})
  silent.look = undefined
  const watch = new ClusterWatch([new FakeAgent(server(1)), silent], [], 2, new ManualClock(), () => {})
  expect(await watch.read()).toMatchObject({ cpuNs: undefined, operations: undefined })
})
