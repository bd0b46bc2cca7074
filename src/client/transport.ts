// The seam between the client and whatever carries its bytes. The client itself knows no socket: it asks a
// transport for a channel to an address, and speaks the protocol over that.

import type { ByteChannel } from '../util/byte-channel.ts'

/** Opens channels to servers: TCP (`tcpTransport`), memory (`memoryTransport`), or one of your own. */
export interface Transport {
  /**
   * Opens a channel to `address`, as the topology or the caller of `connect` spells it (`host:port` for TCP).
   * Rejects with any error when that fails or when `signal` aborts; the client reports it as CONNECT_FAILED.
   */
  connect(address: string, signal?: AbortSignal): Promise<ClientChannel>
}

/**
 * A channel, and optionally its say in when received memory may be filled again. A channel without `reuse`
 * never writes to a delivered chunk again, as `ByteChannel` promises.
 */
export interface ClientChannel extends ByteChannel {
  readonly reuse?: MemoryReuse
}

/**
 * Lets a channel fill its receive memory again once nobody reads it any more. The reader counts its holds; the
 * channel may reuse memory only when it lies before the last `unreadBytes` delivered and no hold covers it.
 */
export interface MemoryReuse {
  /** Keeps the memory behind `bytes` from being filled again until as many calls of `release`. */
  hold(bytes: Uint8Array): void
  /** Takes one hold back. Bytes that the channel never delivered are ignored. */
  release(bytes: Uint8Array): void
  /** Of everything delivered so far the reader needs only the last `unreadBytes`, and what it holds. */
  readUpTo(unreadBytes: number): void
}
