// Connections over TCP. The socket receives into arenas of its own (`onread`), with large reads: an ordinary socket
// reads 64 KiB at a time into a new buffer each.

import { connect as connectSocket, type Socket } from 'node:net'
import { connect as connectTlsSocket } from 'node:tls'
import type { ByteChannelHandler } from '../util/byte-channel.ts'
import { SocketChannel } from '../util/socket-channel.ts'
import { parseAddress } from './address.ts'
import { ArenaPool, ReceiveMemory } from './receive-arena.ts'
import type { ClientChannel, Transport } from './transport.ts'

/** After this many idle milliseconds the system asks the other end whether it is still there. */
const KEEP_ALIVE_MS = 30_000

/** The oldest version of TLS that is spoken. */
const TLS_VERSION_MIN = 'TLSv1.2'

/** How a client speaks TLS. Certificates and keys are PEM text. */
export interface ClientTlsOptions {
  /** Whose signatures a server's certificate may have. Default: the authorities that Node knows. */
  readonly ca?: string
  /** The client's own certificate and key, for servers that ask for one. */
  readonly cert?: string
  readonly key?: string
  /** The name that the server's certificate must have. Default: the host that is connected to. */
  readonly servername?: string
  /** Whether a server whose certificate is not good is refused. Default true; false protects against nobody. */
  readonly rejectUnauthorized?: boolean
}

/** Options of `tcpTransport`. */
export interface TcpTransportOptions {
  /** Encrypts every connection. Default: none is. */
  readonly tls?: ClientTlsOptions
}

/** Connects to `host:port` (`[::1]:7000` for IPv6) over TCP. Connections of one transport share their memory pool. */
export function tcpTransport({ tls }: TcpTransportOptions = {}): Transport {
  if (tls !== undefined) return { connect: (address, signal) => connectTls(address, tls, signal) }
  const pool = new ArenaPool()
  return { connect: (address, signal) => connectTcp(address, pool, signal) }
}

/** A TLS socket cannot receive into memory of ours. */
async function connectTls(address: string, tls: ClientTlsOptions, signal?: AbortSignal): Promise<ClientChannel> {
  const { host, port } = parseAddress(address)
  signal?.throwIfAborted()
  const socket = connectTlsSocket({ minVersion: TLS_VERSION_MIN, ...tls, host, port })
  socket.setKeepAlive(true, KEEP_ALIVE_MS)
  await connected(socket, 'secureConnect', signal)
  return new SocketChannel(socket)
}

async function connectTcp(address: string, pool: ArenaPool, signal: AbortSignal | undefined): Promise<ClientChannel> {
  const { host, port } = parseAddress(address)
  signal?.throwIfAborted()
  const inbox = new Inbox(new ReceiveMemory(pool))
  const socket = connectSocket({
    host,
    port,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: KEEP_ALIVE_MS,
    onread: { buffer: () => inbox.memory.room(), callback: (bytes) => inbox.receive(bytes) },
  })
  await connected(socket, 'connect', signal)
  return new TcpChannel(socket, inbox)
}

/** Resolves when the socket is connected; otherwise destroys it and rejects. */
function connected(socket: Socket, event: 'connect' | 'secureConnect', signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const stopListening = (): void => {
      socket.off(event, succeed)
      socket.off('error', fail)
      signal?.removeEventListener('abort', abort)
    }
    const succeed = (): void => {
      stopListening()
      resolve()
    }
    const fail = (error: unknown): void => {
      stopListening()
      socket.destroy()
      reject(error)
    }
    const abort = (): void => fail(signal?.reason)
    socket.on(event, succeed)
    socket.on('error', fail)
    signal?.addEventListener('abort', abort)
  })
}

/** Where the socket's bytes go: to the handler, or in line until there is one. */
class Inbox {
  readonly memory: ReceiveMemory
  #handler: ByteChannelHandler | undefined
  #early: Uint8Array[] = []

  constructor(memory: ReceiveMemory) {
    this.memory = memory
  }

  open(handler: ByteChannelHandler): void {
    this.#handler = handler
    for (const chunk of this.#early) handler.onBytes(chunk)
    this.#early = []
  }

  /** Called by the socket; `true` goes on reading. */
  receive(bytes: number): boolean {
    const chunk = this.memory.filled(bytes)
    if (this.#handler === undefined) this.#early.push(chunk)
    else this.#handler.onBytes(chunk)
    return true
  }
}

/** A socket channel that receives by its inbox. */
class TcpChannel implements ClientChannel {
  readonly peer: string
  readonly reuse: ReceiveMemory
  readonly #channel: SocketChannel
  readonly #inbox: Inbox

  constructor(socket: Socket, inbox: Inbox) {
    this.#channel = new SocketChannel(socket)
    this.#inbox = inbox
    this.peer = this.#channel.peer
    this.reuse = inbox.memory
  }

  open(handler: ByteChannelHandler): void {
    this.#channel.open(handler)
    this.#inbox.open(handler)
  }

  write(parts: readonly Uint8Array[], released?: () => void): boolean {
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
