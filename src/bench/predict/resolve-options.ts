// The one place where the options of a prediction are checked, and their defaults filled in.

import { NODE_THREADS_MAX, TOPOLOGY_NODES_MAX, TOPOLOGY_SHARDS_MAX } from '../../cluster/topology.ts'
import { VALUE_BYTES_MAX } from '../../protocol/limits.ts'
import { SluiceError } from '../../util/errors.ts'
import { DEFAULT_COSTS, DEFAULT_FRAME_NS, type MeasuredCosts } from './costs.ts'
import type { GivenPredictOptions, Machines, PredictedCosts, PredictOptions } from './predict-options.ts'
import { type ClusterSize, REFERENCE_SIZES } from './reference.ts'
import type { PredictedWorkload } from './shard-loads.ts'

/** The decimal keys of the benchmark have eight digits at most. */
const RECORDS_MAX = 100_000_000

const BATCH_MAX = 1_000_000
const WINDOW_MAX = 100_000
const CORES_MAX = 1_024
const MTU_MIN = 576
const MTU_MAX = 65_535
/** Far above what anything costs or any machine has: it catches a slip of a unit. */
const LARGE = 1e9
/** Below it the exponent of the generator's curve is still a number. */
const THETA_MAX = 0.9999

/** Checks every option and fills in the defaults. Throws INVALID_ARGUMENT, naming the command line's option. */
export function resolvePredictOptions(given: GivenPredictOptions): PredictOptions {
  const measured = given.costs ?? DEFAULT_COSTS
  const isShared = given.sharedCores !== undefined
  if (given.batch !== undefined && given.frameOps !== undefined)
    throw invalid('--batch and --frame-ops exclude each other')
  const batch = integer('--batch', given.batch ?? measured.batch, 1, BATCH_MAX)
  const workload = workloadOf(given, measured.workload)
  const server = machines('--server', given.serverCores, given.serverShare, isShared)
  const options: PredictOptions = {
    sizes: sizesOf(given, server.threads),
    costs: costsOf(given, measured, batch, workload),
    measuredWorkload: measured.workload,
    workload,
    hasRepeats: given.repeats ?? true,
    batch,
    frameOps: given.frameOps === undefined ? undefined : integer('--frame-ops', given.frameOps, 1, BATCH_MAX),
    window: integer('--window', given.window ?? 2, 1, WINDOW_MAX),
    speed: positive('--speed', given.speed ?? 1),
    server,
    client: machines('--client', given.clientCores, given.clientShare, isShared),
    sharedCores:
      given.sharedCores === undefined ? undefined : integer('--shared-cores', given.sharedCores, 1, CORES_MAX),
    network: {
      gbitsPerSecond: positive('--gbits', given.gbits ?? 10),
      mtuBytes: integer('--mtu', given.mtu ?? 1_500, MTU_MIN, MTU_MAX),
      packetOverheadBytes: integer('--packet-overhead', given.packetOverhead ?? 90, 0, MTU_MIN),
      roundTripUs: within('--round-trip-us', given.roundTripUs ?? 100, 0, LARGE),
    },
  }
  return Object.freeze(options)
}

function workloadOf(given: GivenPredictOptions, measured: PredictedWorkload): PredictedWorkload {
  return {
    records: integer('--records', given.records ?? measured.records, 1, RECORDS_MAX),
    theta: within('--theta', given.theta ?? measured.theta, 0, THETA_MAX),
    readShare: within('--read-share', given.readShare ?? measured.readShare, 0, 1),
    valueBytes: integer('--value-bytes', given.valueBytes ?? measured.valueBytes, 0, VALUE_BYTES_MAX),
  }
}

function costsOf(
  given: GivenPredictOptions,
  measured: MeasuredCosts,
  batch: number,
  workload: PredictedWorkload,
): PredictedCosts {
  const serverNsPerFrame = within('--server-frame-ns', given.serverFrameNs ?? DEFAULT_FRAME_NS.server, 0, LARGE)
  const clientNsPerFrame = within('--client-frame-ns', given.clientFrameNs ?? DEFAULT_FRAME_NS.client, 0, LARGE)
  const isReplaced = given.serverNs !== undefined || given.clientNs !== undefined
  // What was measured includes its part of the frame.
  const serverNs = measured.serverCpuNsPerOp - serverNsPerFrame / measured.opsPerFrame
  const clientNs = measured.clientCpuNsPerOp - clientNsPerFrame / measured.opsPerFrame
  // Measured bytes are those of the measured workload, batch and server: for any other they are computed.
  const isSame =
    given.repeats !== false &&
    given.frameOps === undefined &&
    batch === measured.batch &&
    JSON.stringify(workload) === JSON.stringify(measured.workload)
  const requestBytesPerOp = given.requestBytes ?? (isSame ? measured.requestBytesPerOp : undefined)
  const replyBytesPerOp = given.replyBytes ?? (isSame ? measured.replyBytesPerOp : undefined)
  return {
    source: isReplaced ? `${measured.source}; in part as given` : measured.source,
    serverNsPerOp: positive('--server-ns', given.serverNs ?? serverNs),
    clientNsPerOp: positive('--client-ns', given.clientNs ?? clientNs),
    serverNsPerFrame,
    clientNsPerFrame,
    requestBytesPerOp: requestBytesPerOp === undefined ? undefined : positive('--request-bytes', requestBytesPerOp),
    replyBytesPerOp: replyBytesPerOp === undefined ? undefined : positive('--reply-bytes', replyBytesPerOp),
  }
}

function machines(name: string, cores: number | undefined, share: number | undefined, isShared: boolean): Machines {
  const count = integer(`${name}-cores`, cores ?? (isShared ? 1 : 8), 1, CORES_MAX)
  const used = positive(`${name}-share`, share ?? (isShared ? 1 : 0.875))
  if (used > 1) throw invalid(`${name}-share must be above 0 and at most 1, not ${used}`)
  return { cores: count, threads: Math.min(NODE_THREADS_MAX, Math.max(1, Math.floor(count * used))) }
}

function sizesOf({ servers, clients }: GivenPredictOptions, serverThreads: number): readonly ClusterSize[] {
  if (servers === undefined && clients === undefined) return REFERENCE_SIZES
  if (servers === undefined || clients === undefined) throw invalid('--servers and --clients are given together')
  const serversMax = Math.min(TOPOLOGY_NODES_MAX, Math.floor(TOPOLOGY_SHARDS_MAX / serverThreads))
  for (const count of servers) integer('--servers', count, 1, serversMax)
  for (const count of clients) integer('--clients', count, 1, TOPOLOGY_NODES_MAX)
  return [...new Set(servers)].flatMap((serverCount) =>
    [...new Set(clients)].map((clientCount) => ({ servers: serverCount, clients: clientCount })),
  )
}

function integer(name: string, value: number, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value
  throw invalid(`${name} must be a whole number from ${least} to ${most}, not ${value}`)
}

function within(name: string, value: number, least: number, most: number): number {
  if (value >= least && value <= most) return value
  throw invalid(`${name} must be from ${least} to ${most}, not ${value}`)
}

function positive(name: string, value: number): number {
  if (value > 0 && value <= LARGE) return value
  throw invalid(`${name} must be above 0 and at most ${LARGE}, not ${value}`)
}

function invalid(message: string): SluiceError {
  return new SluiceError('INVALID_ARGUMENT', message)
}
