import { expect, it } from 'vitest'
import { Latencies } from '../load/latencies.ts'
import type { AgentLook } from './agent-messages.ts'
import { medianRate, nodeSamples, timedLook, wholeSeconds } from './node-samples.ts'
import { sentSums } from './sums-text.ts'

/** What an agent says that has worked evenly for so many seconds. */
function lookAfter(seconds: number, changes: Partial<AgentLook> = {}): AgentLook {
  return {
    atMs: 5_000 + seconds * 1_000,
    processCpuNs: seconds * 1.5e9,
    rssBytes: 1_000 + seconds,
    server: { operations: seconds * 1_000, frames: seconds, loopDelayP99Ms: 2 },
    sums: null,
    cores: [
      { busy: seconds * 25, all: seconds * 100 },
      { busy: seconds * 100, all: seconds * 100 },
    ],
    network: { bytesIn: seconds * 10, packetsIn: seconds * 20, bytesOut: seconds * 30, packetsOut: seconds * 40 },
    ...changes,
  }
}

it('samples are what happened between looks of the run, by the clock of the agent', () => {
  const looks = [0, 1, 2, 3.2, 9].map((seconds) => timedLook(lookAfter(seconds), 70_000 + seconds * 1_000 + 7))
  const samples = nodeSamples(looks, 71_007, 73_207)
  expect(samples).toHaveLength(2)
  expect(samples[1]).toEqual({
    ...{ second: 2.2, durationSeconds: 1.2, opsPerSecond: 1_000, coreLoads: [0.25, 1], processCores: 1.5 },
    ...{ rssBytes: 1_003.2, loopDelayP99Ms: 2 },
    ...{ bytesInPerSecond: 10, packetsInPerSecond: 20, bytesOutPerSecond: 30, packetsOutPerSecond: 40 },
  })
})

it('operations are those that a node executed, or that clients checked', () => {
  const sums = sentSums({ checked: 9, mismatches: 0, bytesSent: 0, bytesReceived: 0, latencies: new Latencies() })
  expect(timedLook(lookAfter(1), 0).operations).toBe(1_000)
  expect(timedLook(lookAfter(1, { server: null, sums }), 0)).toMatchObject({ operations: 9, loopDelayP99Ms: null })
  expect(timedLook(lookAfter(1, { server: null }), 0).operations).toBeNull()
})

it('the median is that of whole seconds', () => {
  const looks = [0, 1, 2, 3, 3.1].map((seconds) => {
    const operations = [0, 100, 300, 700, 100_000][Math.ceil(seconds)] ?? 0
    return timedLook(lookAfter(seconds, { server: { operations, frames: 0, loopDelayP99Ms: null } }), seconds * 1_000)
  })
  const samples = nodeSamples(looks, 0, 9_000)
  expect(samples).toHaveLength(4)
  expect(wholeSeconds(samples)).toHaveLength(3)
  expect(medianRate(samples)).toBe(200)
  expect(medianRate([])).toBeNull()
})

it('what the system does not tell is null', () => {
  const looks = [0, 1].map((seconds) =>
    timedLook(lookAfter(seconds, { cores: [], network: null, server: null }), seconds * 1_000),
  )
  expect(nodeSamples(looks, 0, 1_000)[0]).toMatchObject({
    ...{ opsPerSecond: null, coreLoads: [], bytesInPerSecond: null, packetsOutPerSecond: null, loopDelayP99Ms: null },
  })
})
