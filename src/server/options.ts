// The options of `startServer`: one plain object, validated here once, complete and frozen from then on.

import { availableParallelism, totalmem } from 'node:os'
import { createSecureContext, type SecureContextOptions } from 'node:tls'
import { NODE_THREADS_MAX, TOPOLOGY_SHARDS_MAX, type Topology, type TopologyNode } from '../cluster/topology.ts'
import { EVICTION_POLICIES, type EvictionPolicy, MEMORY_BYTES_MAX, MEMORY_BYTES_MIN } from '../engine/index.ts'
import { encodeUtf8 } from '../util/bytes.ts'
import { SluiceError } from '../util/errors.ts'
import { resolveLimits, type ServerLimits } from './limits.ts'
import { type Logger, silentLogger } from './logger.ts'

/** Certificates and keys as PEM text. */
export interface ServerTlsOptions {
  /** The server's certificate, with the chain up to its root behind it. */
  readonly cert: string
  readonly key: string
  /** Who signs clients' certificates. When it is given, clients without such a certificate are refused. */
  readonly ca?: string
}

/** Options of `startServer`; every one may be left out. */
export interface ServerOptions {
  /** Address or name of the interface to listen on. Default `127.0.0.1`. */
  readonly bind?: string
  /**
   * Public port: at which any client finds the node. 0 takes a free one. Default 0; with `topology` the node's public
   * port, if it has one.
   */
  readonly port?: number
  /**
   * First and last of the direct ports, one for each shard thread in order, by which clients reach a thread without a
   * detour: for firewalls and containers. Default: free ones.
   */
  readonly directPorts?: readonly [from: number, to: number]
  /** The host that clients are told to connect to. Default: `bind`; required when that is `0.0.0.0` or `::`. */
  readonly advertise?: string
  /** The node's name in the topology. Default `node-1`. */
  readonly nodeId?: string
  /** Shard threads, 1 to 256. Default: the number of processors. */
  readonly threads?: number
  /**
   * Shards of the node, at least one a thread, each with an engine and a memory of its own. Default: one a thread, and
   * more where one shard's memory would be too small.
   */
  readonly shards?: number
  /** Most bytes of all index and records of the node, in equal parts for its shards. Default: half of the machine's. */
  readonly memoryBytesMax?: number
  /**
   * What happens when a shard's memory is exhausted: `none` refuses writes, `any` makes room by removing what is used
   * least, `expiring` only among records with an expiry. Default `none`.
   */
  readonly eviction?: EvictionPolicy
  /**
   * What clients have to know, up to 1,024 bytes of UTF-8; the nodes of a cluster have the same one. Default: nothing,
   * and then clients of other machines are refused.
   */
  readonly password?: string
  /** Encrypts every port. Default: none is. */
  readonly tls?: ServerTlsOptions
  /**
   * The cluster that this node, `nodeId`, is a part of: threads, shards and ports are what it says. Default: the node is
   * alone.
   */
  readonly topology?: Topology
  /** Whether clients from other machines are served without a password. Default false, they are refused. */
  readonly allowRemoteClients?: boolean
  /** Milliseconds that `close` gives connections to finish. Default 5,000. */
  readonly drainMs?: number
  /** Limits of each thread, in place of the defaults. */
  readonly limits?: Partial<ServerLimits>
  /** Default: none. */
  readonly logger?: Logger
}

/** Checked options with every default filled in. */
export interface ValidServerOptions {
  readonly bind: string
  /** Undefined: the node has no public port. */
  readonly port: number | undefined
  /** One a thread; 0 is any free one. */
  readonly directPorts: readonly number[]
  readonly advertise: string
  readonly nodeId: string
  /** Shards of a node that is alone. */
  readonly shards: number
  readonly shardMemoryBytesMax: number
  readonly eviction: EvictionPolicy
  readonly password: string | undefined
  readonly tls: ServerTlsOptions | undefined
  readonly topology: Topology | undefined
  readonly allowRemoteClients: boolean
  readonly drainMs: number
  readonly limits: ServerLimits
  readonly logger: Logger
}

const WILDCARD_HOSTS: readonly string[] = ['0.0.0.0', '::']
const PORT_MAX = 65_535
const DRAIN_MS_DEFAULT = 5_000
const PASSWORD_BYTES_MAX = 1_024

/** Largest `drainMs`. */
export const DRAIN_MS_MAX = 3_600_000

/** The node's name unless told otherwise. */
export const NODE_ID_DEFAULT = 'node-1'

/** Checks every option and fills in the defaults. Throws INVALID_ARGUMENT, whose message begins with the option's name. */
export function resolveServerOptions(given: ServerOptions): ValidServerOptions {
  const { bind = '127.0.0.1', nodeId = NODE_ID_DEFAULT, eviction = 'none', drainMs = DRAIN_MS_DEFAULT } = given
  requireInteger('drainMs', drainMs, 0, DRAIN_MS_MAX)
  if (!EVICTION_POLICIES.includes(eviction)) {
    throw invalid(`eviction must be one of ${EVICTION_POLICIES.join(', ')}, not ${eviction}`)
  }
  checkPassword(given.password)
  checkTls(given.tls)
  const place = given.topology === undefined ? placeAlone(given) : placeInCluster(given, given.topology, nodeId)
  const memoryBytesMax = given.memoryBytesMax ?? Math.floor(totalmem() / 2)
  const shards = place.shards ?? shardsFor(memoryBytesMax, place.directPorts.length)
  const shardMemoryBytesMax = shareOf(memoryBytesMax, shards, given.memoryBytesMax === undefined)
  return Object.freeze({
    bind,
    nodeId,
    ...place,
    shards,
    shardMemoryBytesMax,
    eviction,
    password: given.password,
    tls: given.tls,
    topology: given.topology,
    allowRemoteClients: given.allowRemoteClients ?? false,
    drainMs,
    limits: resolveLimits(given.limits),
    logger: given.logger ?? silentLogger,
  })
}

function checkPassword(password: string | undefined): void {
  if (password === undefined) return
  const bytes = encodeUtf8(password).length
  if (bytes >= 1 && bytes <= PASSWORD_BYTES_MAX) return
  throw invalid(`password must have 1 to ${PASSWORD_BYTES_MAX} bytes, not ${bytes}`)
}

/** Tries each part by itself, so that the message can name it. */
function checkTls(tls: ServerTlsOptions | undefined): void {
  if (tls === undefined) return
  const { cert, key, ca } = tls
  const parts: Readonly<Record<string, SecureContextOptions>> = { cert: { cert }, key: { cert, key }, ca: { ca } }
  for (const [name, options] of Object.entries(parts)) {
    try {
      createSecureContext(options)
    } catch (cause) {
      throw invalid(`tls.${name} cannot be used: ${cause instanceof Error ? cause.message : cause}`)
    }
  }
}

interface Place {
  readonly port: number | undefined
  readonly directPorts: readonly number[]
  readonly advertise: string
  /** Undefined: as many as the memory takes. */
  readonly shards: number | undefined
}

function placeAlone(given: ServerOptions): Place {
  const { bind = '127.0.0.1', advertise = bind, port = 0, directPorts, shards } = given
  const threads = given.threads ?? threadsFor(directPorts)
  const origin = given.threads === undefined && directPorts !== undefined ? 'directPorts (count)' : 'threads'
  requireInteger(origin, threads, 1, NODE_THREADS_MAX)
  requirePort('port', port)
  if (shards !== undefined) requireInteger('shards', shards, threads, TOPOLOGY_SHARDS_MAX)
  if (given.advertise === undefined && WILDCARD_HOSTS.includes(bind)) {
    throw invalid(`advertise is required when the server listens on ${bind}`)
  }
  return { port, directPorts: portList(directPorts, threads, port), advertise, shards }
}

function placeInCluster(given: ServerOptions, topology: Topology, nodeId: string): Place {
  const node = topology.nodes.find(({ id }) => id === nodeId)
  if (node === undefined) throw invalid(`nodeId is ${nodeId}, which the topology does not name`)
  for (const name of ['threads', 'shards', 'directPorts', 'advertise'] as const) {
    if (given[name] !== undefined) throw invalid(`${name} cannot be given with a topology, which says it already`)
  }
  if (given.port !== undefined && given.port !== node.publicPort) {
    throw invalid(`port is ${given.port}, but the topology says ${node.publicPort ?? 'that there is none'}`)
  }
  const shards = topology.shards.filter((shard) => shard.node === nodeId).length
  return {
    port: node.publicPort,
    directPorts: node.ports,
    advertise: node.host,
    shards: Math.max(node.ports.length, shards),
  }
}

function threadsFor(directPorts: ServerOptions['directPorts']): number {
  // A range that is upside down is refused where its ports are dealt out.
  if (directPorts !== undefined) return Math.max(1, directPorts[1] - directPorts[0] + 1)
  return Math.min(availableParallelism(), NODE_THREADS_MAX)
}

function portList(range: ServerOptions['directPorts'], threads: number, publicPort: number): number[] {
  if (range === undefined) return Array.from({ length: threads }, () => 0)
  const [from, to] = range
  requireInteger('directPorts (from)', from, 1, PORT_MAX)
  requireInteger('directPorts (to)', to, from, PORT_MAX)
  if (to - from + 1 < threads) throw invalid(`directPorts has ${to - from + 1} ports for ${threads} threads`)
  if (publicPort >= from && publicPort <= to) throw invalid(`directPorts includes ${publicPort}, the public port`)
  return Array.from({ length: threads }, (_, thread) => from + thread)
}

/** Equal parts for all threads, each in as many shards as it takes. */
function shardsFor(memoryBytesMax: number, threads: number): number {
  return threads * Math.max(1, Math.ceil(memoryBytesMax / threads / MEMORY_BYTES_MAX))
}

function shareOf(memoryBytesMax: number, shards: number, isDefault: boolean): number {
  const share = Math.floor(memoryBytesMax / shards)
  if (isDefault) return Math.min(Math.max(share, MEMORY_BYTES_MIN), MEMORY_BYTES_MAX)
  if (share >= MEMORY_BYTES_MIN && share <= MEMORY_BYTES_MAX) return share
  throw invalid(
    `memoryBytesMax must give each of the ${shards} shards ${MEMORY_BYTES_MIN} to ${MEMORY_BYTES_MAX} bytes, not ${share}`,
  )
}

/** The node's row in a topology of its own. */
export function nodeOf(
  options: ValidServerOptions,
  ports: readonly number[],
  publicPort: number | undefined,
): TopologyNode {
  const { nodeId, advertise } = options
  return { id: nodeId, host: advertise, ports, ...(publicPort !== undefined && { publicPort }) }
}

/** Checks a port to listen on; 0 is any free one. Throws INVALID_ARGUMENT, whose message begins with `name`. */
export function requirePort(name: string, port: number): void {
  requireInteger(name, port, 0, PORT_MAX)
}

function requireInteger(name: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return
  throw invalid(`${name} must be a whole number from ${least} to ${most}, not ${value}`)
}

function invalid(message: string): SluiceError {
  return new SluiceError('INVALID_ARGUMENT', message)
}
