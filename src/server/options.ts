// The options of `startServer`: one plain object, validated here once, complete and frozen from then on.

import { availableParallelism, totalmem } from 'node:os'
import { NODE_THREADS_MAX, TOPOLOGY_SHARDS_MAX } from '../cluster/topology.ts'
import { EVICTION_POLICIES, type EvictionPolicy, MEMORY_BYTES_MAX, MEMORY_BYTES_MIN } from '../engine/index.ts'
import { SluiceError } from '../util/errors.ts'
import { resolveLimits, type ServerLimits } from './limits.ts'
import { type Logger, silentLogger } from './logger.ts'

/** Options of `startServer`; every one may be left out. */
export interface ServerOptions {
  /** Address or name of the interface to listen on. Default `127.0.0.1`. */
  readonly host?: string
  /** Public port: that of thread 0; the others take free ones. 0 takes a free one too. Default 0. */
  readonly port?: number
  /** The host that clients are told to connect to. Default: `host`; required when that is `0.0.0.0` or `::`. */
  readonly advertisedHost?: string
  /** The node's name in the topology. Default `node-1`. */
  readonly nodeId?: string
  /** Shard threads, 1 to 256. Default: the number of processors. */
  readonly threads?: number
  /**
   * Shards of each thread, each with an engine and a memory of its own. Default 1; more where one shard's memory is
   * too small.
   */
  readonly shardsPerThread?: number
  /**
   * Most bytes of one shard's index and records. Default: half of the machine's memory divided by all shards, 4000 MiB
   * at most.
   */
  readonly memoryBytesMax?: number
  /**
   * What happens when a shard's memory is exhausted: `none` refuses writes, `any` makes room by removing what is used
   * least, `expiring` only among records with an expiry. Default `none`.
   */
  readonly eviction?: EvictionPolicy
  /** Whether clients from other machines are served: there are no passwords yet. Default false, they are refused. */
  readonly allowRemoteClients?: boolean
  /** Milliseconds that `close` gives connections to finish. Default 5,000. */
  readonly drainMs?: number
  /** Limits of each thread, in place of the defaults. */
  readonly limits?: Partial<ServerLimits>
  /** Default: none. */
  readonly logger?: Logger
}

/** Options with every default filled in. */
export type ValidServerOptions = Readonly<Required<Omit<ServerOptions, 'limits'>>> & { readonly limits: ServerLimits }

const WILDCARD_HOSTS: readonly string[] = ['0.0.0.0', '::']
const DRAIN_MS_DEFAULT = 5_000
const DRAIN_MS_MAX = 3_600_000

/** Checks every option and fills in the defaults. Throws INVALID_ARGUMENT, whose message names the option. */
export function resolveServerOptions(given: ServerOptions): ValidServerOptions {
  const { host = '127.0.0.1', port = 0, nodeId = 'node-1', shardsPerThread = 1, allowRemoteClients = false } = given
  const eviction = given.eviction ?? 'none'
  const { threads = Math.min(availableParallelism(), NODE_THREADS_MAX), drainMs = DRAIN_MS_DEFAULT } = given
  requireInteger('port', port, 0, 65_535)
  requireInteger('threads', threads, 1, NODE_THREADS_MAX)
  requireInteger('shardsPerThread', shardsPerThread, 1, Math.floor(TOPOLOGY_SHARDS_MAX / threads))
  requireInteger('drainMs', drainMs, 0, DRAIN_MS_MAX)
  const memoryBytesMax = given.memoryBytesMax ?? defaultMemoryBytes(threads * shardsPerThread)
  requireInteger('memoryBytesMax', memoryBytesMax, MEMORY_BYTES_MIN, MEMORY_BYTES_MAX)
  if (!EVICTION_POLICIES.includes(eviction)) throw invalid(`eviction must be ${EVICTION_POLICIES.join(', ')}`)
  if (given.advertisedHost === undefined && WILDCARD_HOSTS.includes(host)) {
    throw invalid(`advertisedHost is required when the server listens on ${host}`)
  }
  return Object.freeze({
    host,
    port,
    advertisedHost: given.advertisedHost ?? host,
    nodeId,
    threads,
    shardsPerThread,
    memoryBytesMax,
    eviction,
    allowRemoteClients,
    drainMs,
    limits: resolveLimits(given.limits),
    logger: given.logger ?? silentLogger,
  })
}

function defaultMemoryBytes(shardCount: number): number {
  const share = Math.floor(totalmem() / 2 / shardCount)
  return Math.max(MEMORY_BYTES_MIN, Math.min(share, MEMORY_BYTES_MAX))
}

function requireInteger(name: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return
  throw invalid(`${name} must be a whole number from ${least} to ${most}, not ${value}`)
}

function invalid(message: string): SluiceError {
  return new SluiceError('INVALID_ARGUMENT', message)
}
