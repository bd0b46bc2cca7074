import { describe, expect, it } from 'vitest'
import { ClientCounters, type ClientSums, counterMemory, sumCounters } from '../load/client-counters.ts'
import { KIND_READ, KIND_UPDATE } from '../workload/kinds.ts'
import { Sampler } from './sampler.ts'
import type { ServerProbe, ServerReading } from './server-probe.ts'

const NS_PER_MS = 1e6
/** A percentile is known to this part. */
const PRECISION = 1 / 64

const reading = (atMs: number, given: Partial<ServerReading> = {}): ServerReading => {
  return { atMs, cpuNs: undefined, rssBytes: undefined, operations: undefined, frames: undefined, ...given }
}

interface Rig {
  readonly counters: ClientCounters
  readonly sampler: Sampler
}

/** A sampler whose probe reads these, in order. */
async function start(readings: readonly ServerReading[]): Promise<Rig> {
  const counters = new ClientCounters(counterMemory())
  counters.put(1_000, 1, 10_000, 20_000)
  counters.latencies.record(KIND_READ, 1e9, 1_000)
  const left = [...readings]
  const probe: ServerProbe = { threads: 1, read: async () => left.shift() ?? reading(0) }
  const clients = { sums: (): ClientSums => sumCounters([counters]) }
  return { counters, sampler: await Sampler.start(clients, probe) }
}

describe('a sample', () => {
  it('tells what happened since the look before', async () => {
    const { counters, sampler } = await start([
      reading(5_000, { cpuNs: 7e9, rssBytes: 100, operations: 1_000, frames: 10 }),
      reading(6_000, { cpuNs: 8e9, rssBytes: 150, operations: 1_500, frames: 15 }),
      reading(8_000, { cpuNs: 9e9, rssBytes: 120, operations: 4_500, frames: 45 }),
    ])
    counters.put(1_500, 1, 15_000, 30_000)
    counters.latencies.record(KIND_READ, 2 * NS_PER_MS, 500)
    await sampler.look()
    counters.put(4_500, 3, 45_000, 90_000)
    counters.latencies.record(KIND_UPDATE, 4 * NS_PER_MS, 2_999)
    counters.latencies.record(KIND_READ, 8 * NS_PER_MS, 1)
    const last = await sampler.look()

    expect(sampler.samples).toEqual([
      {
        second: 1,
        durationSeconds: 1,
        operations: 500,
        mismatches: 0,
        bytesSent: 5_000,
        bytesReceived: 10_000,
        p50Ms: expect.closeTo(2, 1),
        p99Ms: expect.closeTo(2, 1),
        serverOperations: 500,
        serverCores: 1,
        serverRssBytes: 150,
      },
      {
        second: 3,
        durationSeconds: 2,
        operations: 3_000,
        mismatches: 2,
        bytesSent: 30_000,
        bytesReceived: 60_000,
        p50Ms: last.p50Ms,
        p99Ms: last.p99Ms,
        serverOperations: 3_000,
        serverCores: 0.5,
        serverRssBytes: 120,
      },
    ])
    expect(last.p50Ms).toBeGreaterThanOrEqual(4)
    expect(last.p99Ms).toBeLessThanOrEqual(4 * (1 + PRECISION))
  })

  it('of a moment in which nothing happened has no latency', async () => {
    const { sampler } = await start([reading(0), reading(1_000)])
    expect(await sampler.look()).toMatchObject({ operations: 0, p50Ms: null, p99Ms: null })
  })

  it('says null for what nobody tells', async () => {
    const { sampler } = await start([reading(0), reading(1_000)])
    expect(await sampler.look()).toMatchObject({ serverOperations: null, serverCores: null, serverRssBytes: null })
  })

  it('says null for what was not told at both ends', async () => {
    const told = { cpuNs: 1e9, operations: 1 }
    const { sampler } = await start([reading(0, told), reading(1_000), reading(2_000, told), reading(3_000, told)])
    for (const expected of [null, null, 0]) {
      expect(await sampler.look()).toMatchObject({ serverOperations: expected, serverCores: expected })
    }
  })

  it('of no duration has no cores', async () => {
    const told = { cpuNs: 1e9, operations: 1 }
    const { sampler } = await start([reading(0, told), reading(0, told)])
    expect(await sampler.look()).toMatchObject({ durationSeconds: 0, serverCores: null })
  })
})

describe('the stretch', () => {
  it('is all since the first look', async () => {
    const readings = [0, 1_000, 2_000].map((atMs) => reading(atMs, { operations: atMs }))
    const { counters, sampler } = await start(readings)
    expect(sampler.stretch).toMatchObject({ sums: { checked: 0 }, first: readings[0], last: readings[0] })
    counters.put(2_000, 4, 11_000, 22_000)
    counters.latencies.record(KIND_UPDATE, 1, 1_000)
    await sampler.look()
    counters.put(2_500, 5, 12_000, 23_000)
    await sampler.look()
    const { sums, first, last } = sampler.stretch
    expect(sums).toMatchObject({ checked: 1_500, mismatches: 4, bytesSent: 2_000, bytesReceived: 3_000 })
    expect([sums.latencies.count(), sums.latencies.count(KIND_UPDATE)]).toEqual([1_000, 1_000])
    expect([first, last]).toEqual([readings[0], readings[2]])
  })

  it('ends with the last answer of a server that answers no more', async () => {
    const answer = reading(1_000, { operations: 1, cpuNs: 2 })
    const { sampler } = await start([reading(0, { operations: 0, cpuNs: 1 }), answer, reading(2_000), reading(3_000)])
    for (let looks = 0; looks < 3; looks++) await sampler.look()
    expect(sampler.stretch.last).toEqual(answer)
  })

  it('ends with the last look where no operations are counted', async () => {
    const { sampler } = await start([reading(0), reading(1_000, { cpuNs: 3 }), reading(2_000, { cpuNs: 4 })])
    await sampler.look()
    await sampler.look()
    expect(sampler.stretch.last).toEqual(reading(2_000, { cpuNs: 4 }))
  })
})
