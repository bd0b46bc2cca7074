// Predicts what a cluster does: a batch of a closed-loop client needs something of every resource, and is answered when the
// slowest has given it. So each resource alone bounds the rate of batches, and the least of these bounds is the prediction.
// It is what operational analysis calls the asymptotic bound: a real cluster comes close to it and never passes it, if the
// costs are right. docs/SCALING.md has the formulas.
//
// Pure: the same options give the same figures.

import type { PredictOptions } from './predict-options.ts'
import { bestKnownOf, type ClusterSize, referenceOf } from './reference.ts'
import { type ShardLoad, shardLoads } from './shard-loads.ts'
import { wireBytes } from './wire.ts'

/** One thing that a batch needs. */
export interface Resource {
  readonly name: string
  /** The name as the title of a column. */
  readonly title: string
  /** Operations per second that it alone would allow. */
  readonly opsPerSecondMax: number
  /** Part of it that is used at the predicted rate; 1 for the bottleneck. */
  readonly utilisation: number
}

/** The prediction for one size of cluster. */
export interface Prediction extends ClusterSize {
  readonly opsPerSecond: number
  /** The name of the resource that is used up. */
  readonly bottleneck: string
  readonly resources: readonly Resource[]
  readonly serverThreads: number
  readonly clientThreads: number
  readonly batch: number
  /** Of the operations, those of the hottest thread; its even share would be 1 / serverThreads. */
  readonly hottestShare: number
  readonly opsPerFrame: number
  readonly requestBytesPerOp: number
  readonly replyBytesPerOp: number
  readonly serverCpuNsPerOp: number
  readonly clientCpuNsPerOp: number
  /** What others reached on the reference's machines; null when nobody told. */
  readonly referenceOpsPerSecond: number | null
  readonly bestKnownOpsPerSecond: number | null
}

const NS_PER_SECOND = 1e9
const NS_PER_US = 1e3
const BITS_PER_BYTE = 8

/** The prediction for every size, in the order of the options. */
export function predict(options: PredictOptions): Prediction[] {
  const loadsOf = new Map<number, ShardLoad[]>()
  return options.sizes.map((size) => {
    const loads = loadsOf.get(size.servers) ?? loadsFor(options, size.servers)
    loadsOf.set(size.servers, loads)
    return predictSize(options, size, loads)
  })
}

function predictSize(options: PredictOptions, size: ClusterSize, loads: readonly ShardLoad[]): Prediction {
  const { server, client, sharedCores } = options
  const batch = batchOf(options, size.servers)
  const demand = demandOf(options, loads, batch)
  const clientThreads = size.clients * client.threads
  const cpu = [
    {
      name: 'server CPU of the hottest thread',
      title: 'hottest thread',
      batchesPerSecond: NS_PER_SECOND / demand.hottestNs,
    },
    { name: 'client CPU', title: 'client CPU', batchesPerSecond: (clientThreads * NS_PER_SECOND) / demand.clientNs },
  ]
  const others =
    sharedCores === undefined
      ? networkBounds(options, size, loads, demand)
      : [
          {
            name: 'the shared cores',
            title: 'shared cores',
            batchesPerSecond: (sharedCores * NS_PER_SECOND) / (demand.serverNs + demand.clientNs),
          },
        ]
  const bounds = [...cpu, ...others]
  const batchesPerSecond = Math.min(...bounds.map((bound) => bound.batchesPerSecond))
  return {
    ...size,
    opsPerSecond: batchesPerSecond * batch,
    bottleneck: bounds.find((bound) => bound.batchesPerSecond === batchesPerSecond)?.name ?? '',
    resources: bounds.map((bound) => ({
      name: bound.name,
      title: bound.title,
      opsPerSecondMax: bound.batchesPerSecond * batch,
      utilisation: batchesPerSecond / bound.batchesPerSecond,
    })),
    serverThreads: size.servers * server.threads,
    clientThreads,
    batch,
    hottestShare: Math.max(...loads.map(({ share }) => share)),
    opsPerFrame: batch / sumOf(loads, 'frames'),
    requestBytesPerOp: sumOf(loads, 'requestBytes') / batch,
    replyBytesPerOp: sumOf(loads, 'replyBytes') / batch,
    serverCpuNsPerOp: demand.serverNs / batch,
    clientCpuNsPerOp: demand.clientNs / batch,
    referenceOpsPerSecond: sharedCores === undefined ? referenceOf(size) : null,
    bestKnownOpsPerSecond: sharedCores === undefined ? bestKnownOf(size) : null,
  }
}

interface Bound {
  readonly name: string
  readonly title: string
  readonly batchesPerSecond: number
}

/** Processor time that one batch needs. */
interface Demand {
  readonly hottestNs: number
  /** Of all shard threads together. */
  readonly serverNs: number
  /** Of the client thread that sends it. */
  readonly clientNs: number
}

function demandOf({ costs, speed }: PredictOptions, loads: readonly ShardLoad[], batch: number): Demand {
  const each = loads.map(
    ({ share, frames }) => (batch * share * costs.serverNsPerOp + frames * costs.serverNsPerFrame) / speed,
  )
  return {
    hottestNs: Math.max(...each),
    serverNs: each.reduce((sum, ns) => sum + ns, 0),
    clientNs: (batch * costs.clientNsPerOp + sumOf(loads, 'frames') * costs.clientNsPerFrame) / speed,
  }
}

/** Bounds of machines that have a network between them. */
function networkBounds(
  { network, client, window }: PredictOptions,
  size: ClusterSize,
  loads: readonly ShardLoad[],
  demand: Demand,
): Bound[] {
  const out = new Array<number>(size.servers).fill(0)
  const into = new Array<number>(size.servers).fill(0)
  for (const { node, frames, requestBytes, replyBytes } of loads) {
    const request = wireBytes(requestBytes, frames, network)
    const reply = wireBytes(replyBytes, frames, network)
    out[node] = (out[node] ?? 0) + reply.forth + request.back
    into[node] = (into[node] ?? 0) + request.forth + reply.back
  }
  const bytesPerSecond = (network.gbitsPerSecond * NS_PER_SECOND) / BITS_PER_BYTE
  const all = (bytes: readonly number[]): number => bytes.reduce((sum, each) => sum + each, 0)
  // Nothing of a batch is done before it was there, at its server and back: with one batch in flight these times add up.
  const transferNs = ((Math.max(...out) + Math.max(...into)) / bytesPerSecond) * NS_PER_SECOND
  const roundTripNs = network.roundTripUs * NS_PER_US + demand.clientNs + demand.hottestNs + transferNs
  const inFlight = size.clients * client.threads * window
  return [
    { name: 'server network out', title: 'server out', batchesPerSecond: bytesPerSecond / Math.max(...out) },
    { name: 'server network in', title: 'server in', batchesPerSecond: bytesPerSecond / Math.max(...into) },
    { name: 'client network in', title: 'client in', batchesPerSecond: (size.clients * bytesPerSecond) / all(out) },
    { name: 'client network out', title: 'client out', batchesPerSecond: (size.clients * bytesPerSecond) / all(into) },
    { name: 'batches in flight', title: 'in flight', batchesPerSecond: (inFlight * NS_PER_SECOND) / roundTripNs },
  ]
}

/** The loads of a batch, with the bytes that were given in place of those computed. */
function loadsFor(options: PredictOptions, nodes: number): ShardLoad[] {
  const { workload, hasRepeats, costs, server } = options
  const batch = batchOf(options, nodes)
  const loads = shardLoads({ workload, batch, hasRepeats, nodes, threads: server.threads })
  const scale = (given: number | undefined, name: 'requestBytes' | 'replyBytes'): number =>
    given === undefined ? 1 : (given * batch) / sumOf(loads, name)
  const requestScale = scale(costs.requestBytesPerOp, 'requestBytes')
  const replyScale = scale(costs.replyBytesPerOp, 'replyBytes')
  return loads.map((load) => ({
    ...load,
    requestBytes: load.requestBytes * requestScale,
    replyBytes: load.replyBytes * replyScale,
  }))
}

function batchOf({ batch, frameOps, server }: PredictOptions, servers: number): number {
  return frameOps === undefined ? batch : frameOps * servers * server.threads
}

function sumOf(loads: readonly ShardLoad[], name: 'frames' | 'requestBytes' | 'replyBytes'): number {
  return loads.reduce((sum, load) => sum + load[name], 0)
}
