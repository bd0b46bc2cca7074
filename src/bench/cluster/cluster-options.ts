// The options of a benchmark over several hosts: what they mean, their defaults, and the one place where they are checked.

import { MEMORY_BYTES_MAX } from '../../engine/index.ts'
import { SluiceError } from '../../util/errors.ts'
import { planMemory } from '../run/memory-plan.ts'
import { type BenchOptions, resolveBenchOptions } from '../run/options.ts'
import { requireInteger } from '../run/require-integer.ts'
import { sizeOf } from '../run/text.ts'
import type { GivenWorkload } from '../workload/resolve-workload.ts'
import { valueBytesMean } from '../workload/value-sizes.ts'
import type { WorkloadSpec } from '../workload/workload-spec.ts'
import type { AgentHello } from './agent-messages.ts'
import { type Host, parseHosts, requireReachable } from './hosts.ts'

/** Options of a benchmark over several hosts. */
export interface GivenClusterOptions extends GivenWorkload {
  /** Hosts of the nodes: how many on this machine, or names for ssh with commas, each with `=address` behind it or not. */
  readonly servers: string
  /** Hosts of the clients, likewise. */
  readonly clients: string
  /** Shard threads of each node. Default: its share of the machine's cores, of the smallest one's where they differ. */
  readonly threads?: number
  /** Client threads of each client host. Default: likewise. */
  readonly clientThreads?: number
  /** Operations of one client batch. Default: 1,024 for each shard thread of the cluster, less for values over 128 bytes. */
  readonly batch?: number
  /** Batches that each client keeps in flight. Default 2. */
  readonly window?: number
  /** Seconds measured, after loading and warming up. Default 10. */
  readonly seconds?: number
  /** Where the sequences start, 0 to 2^32 - 1. Default 1. */
  readonly seed?: number
  /** Operations that all clients together start in a second. Default: as many as they can. */
  readonly rate?: number
}

/** Checked options, with the defaults filled in. */
export interface ClusterOptions {
  readonly workload: WorkloadSpec
  readonly serverCount: number
  readonly clientHostCount: number
  readonly threadsPerServer: number
  readonly clientThreadsPerHost: number
  /** Of the cluster. */
  readonly shardThreads: number
  readonly clientThreads: number
  readonly batch: number
  /** Operations of a batch in the load phase. */
  readonly loadBatch: number
  readonly window: number
  /** Of all clients together; 0: as many as are answered. */
  readonly opsPerSecond: number
  readonly seconds: number
  readonly seed: number
}

/** A host whose agent has said hello. */
export interface GreetedHost {
  readonly host: Host
  readonly hello: AgentHello
}

const BATCH_PER_THREAD = 1_024

/** Bytes of values in the part of a batch that goes to one shard thread, where the batch's size is not given. */
const BATCH_VALUE_BYTES_PER_THREAD = 128 * 1024

/** Hosts of a run, and a first look at all options that do not depend on them. Throws INVALID_ARGUMENT. */
export function placeHosts(given: GivenClusterOptions): { readonly servers: Host[]; readonly clients: Host[] } {
  const servers = parseHosts('--servers', given.servers, 'server')
  const clients = parseHosts('--clients', given.clients, 'client')
  requireReachable(servers, clients)
  const { threads = 1, clientThreads = 1 } = given
  perHost(given, threads, clientThreads, given.batch ?? 1)
  return { servers, clients }
}

/** Checks every option and fills in the defaults for the machines. Throws INVALID_ARGUMENT. */
export function resolveClusterOptions(given: GivenClusterOptions, hosts: readonly GreetedHost[]): ClusterOptions {
  const countOf = (role: Host['role']): number => hosts.filter(({ host }) => host.role === role).length
  const [serverCount, clientHostCount] = [countOf('server'), countOf('client')]
  const { threads = coresFor('server', hosts), clientThreads = coresFor('client', hosts) } = given
  const shardThreads = threads * serverCount
  const { workload, ...rest } = perHost(given, threads, clientThreads, given.batch ?? 1)
  const batch = given.batch ?? shardThreads * batchPerThread(workload)
  const { loadBatch, window, opsPerSecond, seconds, seed } =
    given.batch === undefined ? perHost(given, threads, clientThreads, batch) : rest
  return Object.freeze({
    workload,
    serverCount,
    clientHostCount,
    threadsPerServer: threads,
    clientThreadsPerHost: clientThreads,
    shardThreads,
    clientThreads: clientThreads * clientHostCount,
    ...{ batch, loadBatch, window, opsPerSecond, seconds, seed },
  })
}

/** The same as a benchmark of one machine has them, for what works on those. */
export function benchOptionsOf(options: ClusterOptions): BenchOptions {
  const { workload, batch, loadBatch, window, opsPerSecond, seconds, seed } = options
  return {
    ...{ workload, batch, loadBatch, window, opsPerSecond, seconds, seed },
    driver: 'sluice-batch',
    threads: options.shardThreads,
    clients: options.clientThreads,
    target: undefined,
  }
}

/** What a node is given. */
export interface NodeMemory {
  readonly shardsPerThread: number
  readonly memoryBytesMax: number
}

/** The memory of each node. Throws INVALID_ARGUMENT when it does not fit the machines with what the clients need. */
export function planNodeMemory(options: ClusterOptions, hosts: readonly GreetedHost[]): NodeMemory {
  const whole = benchOptionsOf(options)
  const nodes = planMemory({ ...whole, clients: 0 })
  const clients = planMemory({ ...whole, threads: 0, clients: options.clientThreadsPerHost })
  for (const machine of new Set(hosts.map(({ hello }) => hello.machine))) {
    const agents = hosts.filter(({ hello }) => hello.machine === machine)
    const needBytes = agents.reduce(
      (sum, { host }) => sum + (host.role === 'server' ? nodes.totalBytes / options.serverCount : clients.totalBytes),
      0,
    )
    const freeBytes = Math.min(...agents.map(({ hello }) => hello.memoryBytesAvailable))
    if (needBytes <= freeBytes) continue
    const [first] = agents
    const name = `${first?.hello.hostName}, with ${agents.map(({ host }) => host.id).join(', ')}`
    throw invalid(
      `${name}, needs ${sizeOf(needBytes)} of memory, and ${sizeOf(freeBytes)} is available: ` +
        'give fewer --records, smaller --value-bytes, or a smaller --batch, --window or --client-threads',
    )
  }
  const shards = options.threadsPerServer * nodes.shardsPerThread
  return { shardsPerThread: nodes.shardsPerThread, memoryBytesMax: shards * MEMORY_BYTES_MAX }
}

/** The options that a single host has too, checked as there. */
function perHost(
  { servers: _servers, clients: _clients, clientThreads: _clientThreads, ...given }: GivenClusterOptions,
  threads: number,
  clients: number,
  batch: number,
): BenchOptions {
  requireInteger('--client-threads', clients, 1, CLIENT_THREADS_MAX)
  return resolveBenchOptions({ ...given, threads, clients, batch }, 1)
}

function batchPerThread({ valueSizes }: WorkloadSpec): number {
  const fitting = Math.floor(BATCH_VALUE_BYTES_PER_THREAD / Math.max(1, valueBytesMean(valueSizes)))
  return Math.max(1, Math.min(BATCH_PER_THREAD, fitting))
}

/** What all agents of a role can have: agents of one machine share its cores. */
function coresFor(role: Host['role'], hosts: readonly GreetedHost[]): number {
  const shares = hosts
    .filter(({ host }) => host.role === role)
    .map(({ hello }) => hello.cores / hosts.filter((other) => other.hello.machine === hello.machine).length)
  return Math.max(1, Math.floor(Math.min(...shares)))
}

const CLIENT_THREADS_MAX = 256

function invalid(message: string): SluiceError {
  return new SluiceError('INVALID_ARGUMENT', message)
}
