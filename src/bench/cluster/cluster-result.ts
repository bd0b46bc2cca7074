// The result of a benchmark over several hosts: that of any benchmark, and who did what.

import type { BenchEnvironment } from '../run/environment.ts'
import type { PhasesOutcome } from '../run/phases.ts'
import { type BenchResult, benchResult } from '../run/result.ts'
import type { AgentHello } from './agent-messages.ts'
import type { ClockOffset } from './clock-offset.ts'
import { benchOptionsOf, type ClusterOptions } from './cluster-options.ts'
import type { Host, HostRole } from './hosts.ts'
import { medianRate, type NodeSample, nodeSamples, type TimedLook } from './node-samples.ts'

/** A host of the run, and the process that worked there. */
export interface HostFigures {
  readonly id: string
  readonly role: HostRole
  /** As the user named it; null for this machine. */
  readonly sshName: string | null
  readonly address: string
  readonly hostName: string
  readonly pid: number
  readonly version: string
  readonly nodeVersion: string
  readonly cores: number
  readonly cpuModel: string
  readonly memoryBytes: number
  readonly clock: ClockOffset
}

/** What a host did in the run phase, second by second. */
export interface NodeFigures {
  readonly id: string
  readonly role: HostRole
  /** Median of its whole seconds: operations that the node executed, or that the host's clients checked. */
  readonly opsPerSecondMedian: number | null
  readonly samples: readonly NodeSample[]
}

/** The result. Figures are of the run phase, all hosts together; the two figures of merit come first. */
export interface ClusterResult extends Omit<BenchResult, 'options'> {
  /** Sum over the nodes of the median of their per-second counts, as the reference report counts. */
  readonly serverMediansOpsPerSecond: number | null
  /** Operations that clients completed and checked per second. */
  readonly clientOpsPerSecond: number
  readonly options: ClusterOptions
  readonly hosts: readonly HostFigures[]
  readonly nodes: readonly NodeFigures[]
  /** What the user should know before comparing this result with another. */
  readonly warnings: readonly string[]
}

/** A host that takes part. */
export interface KnownHost {
  readonly host: Host
  readonly hello: AgentHello
  readonly clock: ClockOffset
}

/** What a result is made of. */
export interface ClusterMeasurements {
  readonly options: ClusterOptions
  readonly environment: BenchEnvironment
  readonly hosts: readonly KnownHost[]
  readonly warnings: readonly string[]
  readonly outcome: PhasesOutcome
  readonly serverThreads: number
  /** Of each host. */
  readonly looks: readonly (readonly TimedLook[])[]
}

/** Works the result out. */
export function clusterResult(measured: ClusterMeasurements): ClusterResult {
  const { options, environment, hosts, warnings, outcome, serverThreads, looks } = measured
  const { stretch } = outcome.phases.find(({ name }) => name === 'run') ?? {}
  const nodes = hosts.map(({ host }, place): NodeFigures => {
    const own = looks[place] ?? []
    const samples = stretch === undefined ? [] : nodeSamples(own, stretch.first.atMs, stretch.last.atMs)
    return { id: host.id, role: host.role, opsPerSecondMedian: medianRate(samples), samples }
  })
  const whole = benchResult({ ...outcome, options: benchOptionsOf(options), environment, serverThreads })
  return {
    serverMediansOpsPerSecond: sumOfMedians(nodes),
    ...whole,
    // This process only watches.
    processCpuNsPerOp: null,
    options,
    hosts: hosts.map(hostFigures),
    nodes,
    warnings,
  }
}

function sumOfMedians(nodes: readonly NodeFigures[]): number | null {
  let sum = 0
  for (const { role, opsPerSecondMedian } of nodes) {
    if (role !== 'server') continue
    if (opsPerSecondMedian === null) return null
    sum += opsPerSecondMedian
  }
  return sum
}

function hostFigures({ host, hello, clock }: KnownHost): HostFigures {
  const { id, role, sshName, address } = host
  const { hostName, pid, version, nodeVersion, cores, cpuModel, memoryBytes } = hello
  return {
    ...{ id, role, sshName: sshName ?? null, address },
    ...{ hostName, pid, version, nodeVersion, cores, cpuModel, memoryBytes, clock },
  }
}
