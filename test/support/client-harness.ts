// Clients of a scripted cluster, which are destroyed when their test ends.

import { afterEach } from 'vitest'
import type { Client } from '../../src/client/client.ts'
import { connect } from '../../src/client/connect.ts'
import type { ClientOptions } from '../../src/client/options.ts'
import { evenTopology, type TopologyNode } from '../../src/cluster/topology.ts'
import { FakeCluster } from './fake-cluster.ts'

const clients: Client[] = []
afterEach(() => {
  for (const client of clients.splice(0)) client.destroy()
})

/** A client of the cluster, found at its first address. */
export async function open(cluster: FakeCluster, options: ClientOptions = {}): Promise<Client> {
  const client = await connect('one:1', { transport: cluster.transport, ...options })
  clients.push(client)
  return client
}

/** A cluster of one thread and one shard. */
export function oneShard(): FakeCluster {
  return cluster([{ id: 'one', host: 'one', ports: [1] }])
}

/** A cluster of two nodes, the first with two threads, and six shards. */
export function sixShards(): FakeCluster {
  const nodes = [
    { id: 'one', host: 'one', ports: [1, 2] },
    { id: 'two', host: 'two', ports: [1] },
  ]
  return cluster(nodes, 6)
}

function cluster(nodes: readonly TopologyNode[], shardCount = 1): FakeCluster {
  return new FakeCluster(evenTopology({ nodes, shardCount }))
}

/** Lets the event loop turn: everything that is on its way over memory channels arrives. */
export function turns(count = 20): Promise<void> {
  return new Promise((resolve) => {
    const wait = (left: number): void => void setImmediate(() => (left === 0 ? resolve() : wait(left - 1)))
    wait(count)
  })
}
