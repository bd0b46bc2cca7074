// Asks another node which topology it runs, as any client does.

import { withDeadline } from '../client/deadline.ts'
import { askForTopology } from '../client/dial.ts'
import { type ClientOptions, settingsOf } from '../client/options.ts'
import type { TopologyNode } from '../cluster/topology.ts'
import type { AskNode } from './node-topology.ts'

/** Milliseconds for one question, over all ports of the node. */
const ASK_MS_MAX = 2_000

/** Asks over connections of their own, which end with the answer. `options` say how nodes of this cluster are reached. */
export function nodeAsker(options: Pick<ClientOptions, 'transport' | 'password' | 'clock'>): AskNode {
  const settings = settingsOf({ ...options, connectTimeoutMs: ASK_MS_MAX })
  return (node, signal) =>
    withDeadline(settings.clock, ASK_MS_MAX, signal, (inner) => askForTopology(addressesOf(node), settings, inner))
}

/** Any thread's answer speaks for its node: it is published when all threads have adopted it. */
function addressesOf({ host, ports }: TopologyNode): string[] {
  return ports.map((port) => (host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`))
}
