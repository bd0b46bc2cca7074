// A transport with its bytes counted.

import {
  type ByteChannelHandler,
  type ClientChannel,
  type ClientOptions,
  type MemoryReuse,
  type Transport,
  tcpTransport,
} from '../../client/index.ts'

/** What the client of a driver may be told. */
export type DriverClientOptions = Pick<ClientOptions, 'transport' | 'password'>

/** Carries bytes as another transport does, and counts those of all its channels. */
export class CountedTransport implements Transport {
  bytesSent = 0
  bytesReceived = 0
  readonly #carrier: Transport

  /** @param carrier Default: TCP. */
  constructor(carrier: Transport = tcpTransport()) {
    this.#carrier = carrier
  }

  async connect(address: string, signal?: AbortSignal): Promise<ClientChannel> {
    return new CountedChannel(await this.#carrier.connect(address, signal), this)
  }
}

class CountedChannel implements ClientChannel {
  readonly peer: string
  readonly reuse?: MemoryReuse
  readonly #channel: ClientChannel
  readonly #counts: CountedTransport

  constructor(channel: ClientChannel, counts: CountedTransport) {
    this.peer = channel.peer
    if (channel.reuse !== undefined) this.reuse = channel.reuse
    this.#channel = channel
    this.#counts = counts
  }

  open(handler: ByteChannelHandler): void {
    const counts = this.#counts
    this.#channel.open({
      onBytes(chunk) {
        counts.bytesReceived += chunk.length
        handler.onBytes(chunk)
      },
      onDrain: () => handler.onDrain(),
      onClose: (error) => handler.onClose(error),
    })
  }

  write(parts: readonly Uint8Array[], released?: () => void): boolean {
    for (const part of parts) this.#counts.bytesSent += part.length
    return this.#channel.write(parts, released)
  }

  pause(): void {
    this.#channel.pause()
  }

  resume(): void {
    this.#channel.resume()
  }

  end(): void {
    this.#channel.end()
  }

  destroy(error?: Error): void {
    this.#channel.destroy(error)
  }
}
