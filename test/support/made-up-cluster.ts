// The result of a benchmark over several hosts that never was.

import type { GivenClusterOptions } from '../../src/bench/cluster/cluster-options.ts'
import { type ClusterOptions, placeHosts, resolveClusterOptions } from '../../src/bench/cluster/cluster-options.ts'
import type { ClusterResult, HostFigures, NodeFigures } from '../../src/bench/cluster/cluster-result.ts'
import type { NodeSample } from '../../src/bench/cluster/node-samples.ts'
import { MADE_UP_ENVIRONMENT, madeUpRun, madeUpSample } from './made-up-runs.ts'

const HELLO = {
  type: 'hello',
  version: '0.1.0',
  nodeVersion: 'v20.20.2',
  cores: 8,
  cpuModel: 'Abacus 2000',
  memoryBytes: 16 * 1024 ** 3,
  memoryBytesAvailable: 8 * 1024 ** 3,
} as const

/** The options of a run on machines of their own. */
export function madeUpOptions(given: GivenClusterOptions): ClusterOptions {
  const { servers, clients } = placeHosts(given)
  const greeted = [...servers, ...clients].map((host, index) => {
    return { host, hello: { ...HELLO, machine: host.id, hostName: host.id, pid: 1_000 + index, nowMs: 0 } }
  })
  return resolveClusterOptions(given, greeted)
}

/** The result of such a run, with two seconds of each host. */
export function madeUpCluster(given: GivenClusterOptions, figures: Partial<ClusterResult> = {}): ClusterResult {
  const options = madeUpOptions(given)
  const { servers, clients } = placeHosts(given)
  const hosts = [...servers, ...clients].map(({ id, role, sshName, address }, index): HostFigures => {
    const { type: _type, memoryBytesAvailable: _available, ...hello } = HELLO
    const clock = { offsetMs: 0.25 * index, uncertaintyMs: 0.125 }
    return { id, role, sshName: sshName ?? null, address, hostName: id, pid: 1_000 + index, ...hello, clock }
  })
  return {
    serverMediansOpsPerSecond: 5_200_000,
    ...madeUpRun(),
    options,
    environment: MADE_UP_ENVIRONMENT,
    interruptedIn: null,
    failure: null,
    serverThreads: options.shardThreads,
    phases: [{ name: 'run', seconds: 2, operations: 10_000_000, opsPerSecond: 5_000_000 }],
    loadedRecords: options.workload.records,
    mismatches: 0,
    mismatchExplanations: [],
    samples: [madeUpSample(1.001), madeUpSample(2.002)],
    hosts,
    nodes: hosts.map(({ id, role }, place): NodeFigures => {
      const samples = [1.001, 2.002].map((second) => nodeSample(second, place, role === 'server'))
      return { id, role, opsPerSecondMedian: 2_500_000 + place, samples }
    }),
    warnings: [],
    ...figures,
  }
}

function nodeSample(second: number, place: number, isServer: boolean): NodeSample {
  return {
    second,
    durationSeconds: 1,
    opsPerSecond: 2_500_000 + place,
    coreLoads: [0.75, 0.5],
    processCores: 1.25,
    rssBytes: 128 * 1024 ** 2,
    bytesInPerSecond: 90_000_000,
    packetsInPerSecond: 70_001,
    bytesOutPerSecond: 16_000_000,
    packetsOutPerSecond: 60_001,
    loopDelayP99Ms: isServer ? 11.5 : null,
  }
}
