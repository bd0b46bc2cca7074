// Makes a cluster of connected hosts: nodes with a topology of their own, and client threads that are connected to it.

import { planTopology } from '../../cluster/plan-topology.ts'
import { systemRandomBytes } from '../../util/random.ts'
import type { ClusterOptions, NodeMemory } from './cluster-options.ts'
import type { ConnectedHost } from './connect-hosts.ts'
import { bindAddress } from './hosts.ts'

/** Bytes of the password of a run: nobody else is served, on whatever network the hosts are. */
const PASSWORD_BYTES = 16

/** What clients need to know of the nodes. */
export interface NodeAccess {
  readonly addresses: readonly string[]
  readonly password: string
}

/** Starts a node on every server. Resolves when all slots are served. */
export async function startNodes(
  servers: readonly ConnectedHost[],
  memory: NodeMemory,
  threadsPerServer: number,
): Promise<NodeAccess> {
  const bind = bindAddress(servers.map(({ host }) => host))
  const password = Buffer.from(systemRandomBytes(PASSWORD_BYTES)).toString('hex')
  const nodes = await Promise.all(
    servers.map(async ({ host, link }) => {
      const { ports } = await link.ask({ type: 'ports', bind, count: threadsPerServer })
      return { id: host.id, host: host.address, ports }
    }),
  )
  const topology = planTopology({ nodes, shardsPerThread: memory.shardsPerThread })
  const { memoryBytesMax } = memory
  await Promise.all(
    servers.map(({ host, link }) =>
      link.ask({ type: 'serve', topology, nodeId: host.id, bind, password, memoryBytesMax }),
    ),
  )
  const addresses = nodes.map(({ host, ports }) => `${host.includes(':') ? `[${host}]` : host}:${ports[0]}`)
  return { addresses, password }
}

/** Starts the threads of every client host. Resolves when all are connected. */
export async function startClients(
  clientHosts: readonly ConnectedHost[],
  options: ClusterOptions,
  nodes: NodeAccess,
): Promise<void> {
  const { workload, seed, batch, loadBatch, window, opsPerSecond, clientThreads, clientThreadsPerHost } = options
  const shared = {
    ...{ workload, seed, batch, loadBatch, window },
    clientCount: clientThreads,
    driver: { kind: 'sluice-batch', ...nodes } as const,
    opsPerSecond: opsPerSecond / clientThreads,
  }
  await Promise.all(
    clientHosts.map(({ link }, place) =>
      link.ask({ type: 'clients', count: clientThreadsPerHost, firstClient: place * clientThreadsPerHost, shared }),
    ),
  )
}
