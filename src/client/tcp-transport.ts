// Connections over TCP. The socket receives into arenas of its own (`onread`), with large reads: an ordinary socket
// reads 64 KiB at a time into a new buffer each.

import { connect as connectSocket, type Socket } from 'node:net'
import type { ByteChannelHandler } from '../util/byte-channel.ts'
import { SluiceError } from '../util/errors.ts'
import { SocketChannel } from '../util/socket-channel.ts'
import { ArenaPool, ReceiveMemory } from './receive-arena.ts'
import type { ClientChannel, Transport } from './transport.ts'

const PORT_MAX = 65_535

/** After this many idle milliseconds the system asks the other end whether it is still there. */
const KEEP_ALIVE_MS = 30_000

/** Connects to `host:port` (`[::1]:7000` for IPv6) over TCP. Connections of one transport share their memory pool. */
export function tcpTransport(): Transport {
  const pool = new ArenaPool()
  return { connect: (address, signal) => connectTcp(address, pool, signal) }
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
  await connected(socket, signal)
  return new TcpChannel(socket, inbox)
}

/** Resolves when the socket is connected; otherwise destroys it and rejects. */
function connected(socket: Socket, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const stopListening = (): void => {
      socket.off('connect', succeed)
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
    socket.on('connect', succeed)
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

function parseAddress(address: string): { readonly host: string; readonly port: number } {
  const match = /^(?:\[(?<bracketed>[^\]]+)\]|(?<plain>[^:]+)):(?<digits>\d{1,5})$/.exec(address)
  const host = match?.groups?.bracketed ?? match?.groups?.plain
  const port = Number(match?.groups?.digits)
  if (host !== undefined && port >= 1 && port <= PORT_MAX) return { host, port }
  throw new SluiceError('INVALID_ARGUMENT', `${JSON.stringify(address)} is not host:port`)
}
