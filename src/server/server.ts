// Starts a node: one supervisor, the calling thread, and N shard threads, to which clients connect by themselves.
//
// Every thread listens -> their ports make the topology -> every thread opens its engines for it -> all serve.
// No thread serves before all know the topology; connections that come earlier wait.

import type { ClientOptions } from '../client/options.ts'
import { tcpTransport } from '../client/tcp-transport.ts'
import { evenTopology, type Topology } from '../cluster/topology.ts'
import { systemClock } from '../util/clock.ts'
import { nodeAsker } from './ask-node.ts'
import type { ThreadSetup } from './mailbox.ts'
import { newNodeIdentity } from './node-identity.ts'
import { NodeTopology, type TopologyThreads } from './node-topology.ts'
import { nodeOf, resolveServerOptions, type ServerOptions, type ValidServerOptions } from './options.ts'
import { canReusePort } from './reuse-port.ts'
import { siblingPorts } from './sibling-ports.ts'
import { type Server, supervise } from './supervisor.ts'
import { ThreadHandle } from './thread-handle.ts'

const MS_PER_SECOND = 1_000

/**
 * Starts a server.
 *
 * ```ts
 * const server = await startServer({ port: 7700 })
 * console.log(server.address)
 * await server.close()
 * ```
 *
 * Rejects with INVALID_ARGUMENT, LISTEN_FAILED or THREAD_FAILED; then nothing is left running.
 */
export async function startServer(options: ServerOptions = {}): Promise<Server> {
  const valid = resolveServerOptions(options)
  const threads = threadSetups(valid).map((setup) => new ThreadHandle(setup, valid.logger))
  const { nodeId, logger } = valid
  const askNode = nodeAsker({ clock: systemClock, ...peerOptions(valid) })
  const topology = new NodeTopology({
    nodeId,
    shardsMax: valid.shards,
    threads: allOf(threads),
    askNode,
    clock: systemClock,
    logger,
  })
  try {
    const ports = await Promise.all(threads.map((thread) => thread.ports))
    const directPorts = ports.map(({ directPort }) => directPort)
    const publicPort = ports[0]?.publicPort
    await topology.adopt(valid.topology ?? topologyAlone(valid, directPorts, publicPort))
    await Promise.all(threads.map((thread) => thread.serve()))
    return supervise({ ...valid, port: publicPort ?? (directPorts[0] as number) }, threads, topology)
  } catch (error) {
    topology.close()
    for (const thread of threads) thread.terminate()
    await Promise.all(threads.map((thread) => thread.ended))
    throw error
  }
}

function topologyAlone(
  options: ValidServerOptions,
  ports: readonly number[],
  publicPort: number | undefined,
): Topology {
  // A client of an earlier life of this server has to see that this is another topology.
  const nowMs = systemClock.nowMs()
  const view = Math.floor(nowMs / MS_PER_SECOND)
  const nodes = [nodeOf(options, ports, publicPort)]
  return evenTopology({ nodes, shardCount: options.shards, number: nowMs, view })
}

/** A step is taken when all threads have taken it. */
function allOf(threads: readonly ThreadHandle[]): TopologyThreads {
  return {
    adopt: (topology) => Promise.all(threads.map((thread) => thread.adopt(topology))),
    publish: () => Promise.all(threads.map((thread) => thread.publish())),
    serveGained: (number) => Promise.all(threads.map((thread) => thread.serveGained(number))),
  }
}

/** How the other nodes are reached: they have the same password, and certificates of the same authority. */
function peerOptions({ password, tls }: ValidServerOptions): Pick<ClientOptions, 'transport' | 'password'> {
  return {
    ...(password !== undefined && { password }),
    ...(tls !== undefined && { transport: tcpTransport({ tls }) }),
  }
}

function threadSetups(options: ValidServerOptions): ThreadSetup[] {
  const { bind, port, directPorts, limits, nodeId, eviction } = options
  const { allowRemoteClients, password, tls, shardMemoryBytesMax: memoryBytesMax } = options
  const { incarnation, secret } = newNodeIdentity()
  const engines = { memoryBytesMax, secret, eviction }
  const siblings = siblingPorts(directPorts.length)
  // A free port cannot be agreed on beforehand.
  const sharesPublicPort = canReusePort() && port !== 0
  return directPorts.map((directPort, thread) => {
    const publicPort = thread === 0 || sharesPublicPort ? port : undefined
    const ports = { bind, directPort, publicPort, sharesPublicPort }
    const listening = { ...ports, allowRemoteClients, password, tls }
    return { thread, nodeId, listening, incarnation, engines, limits, siblings: siblings[thread] ?? [] }
  })
}
