// What a prediction is made from: what each option means, and its default. `resolve-options.ts` checks them.

import type { MeasuredCosts } from './costs.ts'
import type { ClusterSize } from './reference.ts'
import type { PredictedWorkload } from './shard-loads.ts'

/** Options of a prediction; every one may be left out. */
export interface GivenPredictOptions {
  /** Numbers of server and client machines, each with each. Default: the sizes of the reference report. */
  readonly servers?: readonly number[]
  readonly clients?: readonly number[]
  /** Costs of a benchmark. Default: those in docs/BENCHMARKS.md. The options below are stronger. */
  readonly costs?: MeasuredCosts
  /** Processor time of an operation, without the fixed cost of its frame. */
  readonly serverNs?: number
  readonly clientNs?: number
  /** Fixed processor time of a frame, each side. */
  readonly serverFrameNs?: number
  readonly clientFrameNs?: number
  /** Bytes of an operation, headers included. Default: computed. */
  readonly requestBytes?: number
  readonly replyBytes?: number
  /** How fast the machines' processors are, relative to the one that was measured. Default 1. */
  readonly speed?: number
  /** Cores of each machine. Default 8, with sharedCores 1. */
  readonly serverCores?: number
  readonly clientCores?: number
  /** Part of the cores that shard or client threads may use. Default 0.875, with sharedCores 1. */
  readonly serverShare?: number
  readonly clientShare?: number
  /** All servers and clients on so many cores of one machine. Default: each on a machine of its own. */
  readonly sharedCores?: number
  /** Network of each machine, each way. Default 10. */
  readonly gbits?: number
  /** Largest IP packet. Default 1,500. */
  readonly mtu?: number
  /** Bytes that each packet adds to its payload. Default 90. */
  readonly packetOverhead?: number
  /** Round trip of a small frame that meets no other. Default 100 us. */
  readonly roundTripUs?: number
  /** Operations of a client batch; or `frameOps` for each shard thread. */
  readonly batch?: number
  readonly frameOps?: number
  /** Batches in flight of each client thread. Default 2. */
  readonly window?: number
  readonly records?: number
  readonly theta?: number
  readonly readShare?: number
  readonly valueBytes?: number
  /** Whether repeated results are references. Default true. */
  readonly repeats?: boolean
}

/** Machines of one kind. */
export interface Machines {
  readonly cores: number
  /** Shard or client threads of each. */
  readonly threads: number
}

/** The network of every machine. */
export interface PredictedNetwork {
  readonly gbitsPerSecond: number
  readonly mtuBytes: number
  readonly packetOverheadBytes: number
  readonly roundTripUs: number
}

/** Processor time on the machine that was measured. */
export interface PredictedCosts {
  readonly source: string
  readonly serverNsPerOp: number
  readonly clientNsPerOp: number
  readonly serverNsPerFrame: number
  readonly clientNsPerFrame: number
  /** Undefined: computed from the workload. */
  readonly requestBytesPerOp: number | undefined
  readonly replyBytesPerOp: number | undefined
}

/** Checked options, with the defaults filled in. */
export interface PredictOptions {
  readonly sizes: readonly ClusterSize[]
  readonly costs: PredictedCosts
  /** The workload whose costs these are: another one's are not known. */
  readonly measuredWorkload: PredictedWorkload
  readonly workload: PredictedWorkload
  readonly hasRepeats: boolean
  readonly batch: number
  /** Operations of a batch for each shard thread, instead of `batch`. */
  readonly frameOps: number | undefined
  readonly window: number
  readonly speed: number
  readonly server: Machines
  readonly client: Machines
  readonly sharedCores: number | undefined
  readonly network: PredictedNetwork
}
