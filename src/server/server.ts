// Starts a node: one supervisor, the calling thread, and N shard threads, to which clients connect by themselves.
//
// Every thread listens -> their ports make the topology -> every thread opens its engines for it -> all serve.
// No thread serves before all know the topology; connections that come earlier wait.

import { evenTopology } from '../cluster/topology.ts'
import { systemClock } from '../util/clock.ts'
import type { ThreadSetup } from './mailbox.ts'
import { newNodeIdentity } from './node-identity.ts'
import { resolveServerOptions, type ServerOptions, type ValidServerOptions } from './options.ts'
import { siblingPorts } from './sibling-ports.ts'
import { type Server, supervise } from './supervisor.ts'
import { ThreadHandle } from './thread-handle.ts'

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
  try {
    const ports = await Promise.all(threads.map((thread) => thread.port))
    const topology = evenTopology({
      nodes: [{ id: valid.nodeId, host: valid.advertisedHost, ports }],
      shardCount: valid.threads * valid.shardsPerThread,
    })
    await Promise.all(threads.map((thread) => thread.prepare(topology)))
    await Promise.all(threads.map((thread) => thread.serve()))
    return supervise(valid, threads, topology)
  } catch (error) {
    for (const thread of threads) thread.terminate()
    await Promise.all(threads.map((thread) => thread.ended))
    throw error
  }
}

function threadSetups(options: ValidServerOptions): ThreadSetup[] {
  const { host, limits, nodeId, allowRemoteClients, memoryBytesMax, eviction } = options
  const { incarnation, secret, versionStart } = newNodeIdentity(systemClock.nowMs())
  const ports = siblingPorts(options.threads)
  const engines = { memoryBytesMax, secret, versionStart, eviction }
  return Array.from({ length: options.threads }, (_, thread) => {
    const port = thread === 0 ? options.port : 0
    const siblings = ports[thread] ?? []
    return { thread, nodeId, host, port, allowRemoteClients, incarnation, engines, limits, siblings }
  })
}
