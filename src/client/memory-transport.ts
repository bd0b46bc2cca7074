// Connections that never leave the process: for a server embedded in the same thread, for tests and for simulation.

import type { ByteChannel } from '../util/byte-channel.ts'
import { type MemoryChannelOptions, memoryChannelPair } from '../util/memory-channel.ts'
import type { Transport } from './transport.ts'

/** Whoever serves the far end of a channel: a shard runtime, or anything that speaks the protocol. */
export interface ChannelAcceptor {
  accept(channel: ByteChannel): void
}

/**
 * Connects every address to an acceptor in this process.
 *
 * ```ts
 * const client = await connect('local:1', { transport: memoryTransport(() => runtime) })
 * ```
 *
 * @param acceptorAt The acceptor at an address; undefined makes the attempt fail, as a closed port does.
 */
export function memoryTransport(
  acceptorAt: (address: string) => ChannelAcceptor | undefined,
  options: MemoryChannelOptions = {},
): Transport {
  return {
    async connect(address) {
      const acceptor = acceptorAt(address)
      if (acceptor === undefined) throw new Error(`nobody listens at ${address}`)
      const [near, far] = memoryChannelPair({ peers: [address, 'memory client'], ...options })
      acceptor.accept(far)
      return near
    },
  }
}
