import { expect, it } from 'vitest'
import { OutputRecorder } from '../../../test/support/output-recorder.ts'
import { createTally } from '../load/checker.ts'
import type { ClientSums } from '../load/client-counters.ts'
import { Latencies } from '../load/latencies.ts'
import { readEnvironment } from '../run/environment.ts'
import type { PhasesOutcome } from '../run/phases.ts'
import type { AgentHello } from './agent-messages.ts'
import { placeHosts, resolveClusterOptions } from './cluster-options.ts'
import { type ClusterResult, clusterResult } from './cluster-result.ts'
import { clusterHeadline, writeClusterSummary } from './cluster-summary.ts'
import type { TimedLook } from './node-samples.ts'

const HELLO: AgentHello = {
  ...{ type: 'hello', version: '1.2.3', nodeVersion: 'v20', hostName: 'rack-1', machine: 'm', pid: 77 },
  ...{ cores: 2, cpuModel: 'c', memoryBytes: 9e9, memoryBytesAvailable: 8e9, nowMs: 0 },
}
const { servers, clients } = placeHosts({ servers: '2', clients: '1', records: 100 })
const HOSTS = [...servers, ...clients].map((host) => ({ host, hello: HELLO, clock: { offsetMs: 1, uncertaintyMs: 2 } }))
const OPTIONS = resolveClusterOptions({ servers: '2', clients: '1', threads: 2, records: 100 }, HOSTS)

/** Looks at a host that does so many operations in its first, second and third second. */
function looksOf(...rates: readonly number[]): TimedLook[] {
  let operations = 0
  return [0, ...rates].map((rate, second): TimedLook => {
    operations += rate
    return {
      ...{
        atMs: second * 1_000,
        seenMs: second * 1_000 + 5,
        processCpuNs: second * 5e8,
        rssBytes: 2 ** 27,
        operations,
      },
      ...{ loopDelayP99Ms: 1.25, cores: [{ busy: second * 3, all: second * 4 }] },
      network: { bytesIn: second * 2e6, packetsIn: second * 1_500, bytesOut: second * 1e6, packetsOut: second * 700 },
    }
  })
}

function resultOf(outcome: Partial<PhasesOutcome> = {}, mismatches = 0): ClusterResult {
  const latencies = new Latencies()
  latencies.record(0, 2e6, 10_000)
  const sums: ClientSums = { checked: 10_000, mismatches, bytesSent: 20_000, bytesReceived: 30_000, latencies }
  const reading = { cpuNs: 0, rssBytes: 1, operations: 0, frames: 0 }
  const explanations = mismatches === 0 ? [] : ['read of key 5: status missing instead of value']
  const tally = { ...createTally(), checked: 10_000, reads: 10_000, hits: 9_000, mismatches, explanations }
  const totals = { tally, elapsedMs: 4_000, cpuNs: 1e6, failures: [] }
  const stretch = {
    sums,
    first: { ...reading, atMs: 5 },
    last: { ...reading, atMs: 3_005, cpuNs: 2e6, operations: 10_000 },
  }
  const phases = [{ name: 'run' as const, totals, stretch, samples: [], processCpuNs: 1 }]
  return clusterResult({
    ...{ options: OPTIONS, environment: readEnvironment(), hosts: HOSTS, warnings: [], serverThreads: 4 },
    looks: [looksOf(1_000, 1_200, 4_000), looksOf(300, 100, 200), looksOf(1_300, 1_300, 4_200)],
    outcome: { phases, interruptedIn: null, failure: null, ...outcome },
  })
}

function linesOf(result: ClusterResult): string {
  const output = new OutputRecorder()
  writeClusterSummary(result, output)
  return output.lines.join('\n')
}

it('a headline says what runs where', () => {
  expect(clusterHeadline(OPTIONS)).toBe(
    'ycsb-b (95% read, 5% update), zipf 0.99 over 100 records, decimal keys, values of 128 B, 2 servers x 2 shard threads, 1 client host x 1 client thread, batch 4,096 x window 2',
  )
})

it('the figures of merit are told apart, and each host has its line', () => {
  const result = resultOf()
  expect(result).toMatchObject({ serverMediansOpsPerSecond: 1_400, clientOpsPerSecond: 2_500, processCpuNsPerOp: null })
  expect(result.nodes.map(({ opsPerSecondMedian }) => opsPerSecondMedian)).toEqual([1_200, 200, 1_300])
  const text = linesOf(result)
  expect(text).toMatch(/servers +1,400 ops\/s +sum of the median second/)
  expect(text).toMatch(/clients +2,500 ops\/s +completed and checked, over 4\.0 s/)
  expect(text).toMatch(/server-1 +rack-1 +1,200 +0\.50 +75 % +75 % +128\.0 MiB +2\.0 +1\.0 +1,500 +700 +1\.3/)
  expect(text).toContain('every reply was right')
})

it('what went wrong is said', () => {
  expect(linesOf(resultOf({ failure: 'server-2: it ended by SIGKILL' }))).toContain(
    'ended early: server-2: it ended by',
  )
  expect(linesOf(resultOf({ interruptedIn: 'run' }))).toContain('interrupted in the run phase: the figures are partial')
  expect(linesOf(resultOf({}, 1))).toMatch(/1 reply was wrong, among them:\)\n +read of key 5/)
  expect(linesOf(resultOf({ phases: [], interruptedIn: 'load' }))).not.toContain('server-1')
})
