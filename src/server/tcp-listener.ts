// Listens on a TCP port and makes channels of what connects. Connections that come before anybody serves are held, not
// refused: a node's threads listen first, and serve when all of them know the topology.

import { createServer, type Server as NetServer, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { REFUSAL_AUTHENTICATION, REFUSAL_NONE } from '../protocol/hello.ts'
import type { ByteChannel } from '../util/byte-channel.ts'
import { SluiceError } from '../util/errors.ts'
import { SocketChannel } from '../util/socket-channel.ts'
import type { Logger } from './logger.ts'
import type { ServerTlsOptions } from './options.ts'

/** Connections that the system queues before the listener takes them. */
const BACKLOG_CONNECTIONS = 1_024

/** Milliseconds of silence after which the system asks whether a peer is still there. */
const KEEP_ALIVE_MS = 60_000

/** What a listener needs to know. */
export interface TcpListenerOptions {
  /** Address or name of the interface. */
  readonly host: string
  /** 0: any free one. */
  readonly port: number
  /** Open connections beyond which new ones are closed without a word. */
  readonly connectionsMax: number
  /** Whether peers that are not on this machine are served; otherwise they are refused. */
  readonly servesRemoteClients: boolean
  /** TLS handshakes under way at once; further connections are closed. */
  readonly handshakesMax: number
  /** Milliseconds for a TLS handshake. */
  readonly handshakeMs: number
  /** Everything is encrypted. Default: nothing is. */
  readonly tls?: ServerTlsOptions | undefined
  /** Whether others listen on the same port, each on a socket of its own. Needs Node 22.12, on Linux. */
  readonly reusePort?: boolean
  /** Is told of connections that the system could not hand over. */
  readonly logger: Logger
}

/** The oldest version of TLS that is spoken. */
const TLS_VERSION_MIN = 'TLSv1.2'

/** Takes a channel, and a reason to refuse it or REFUSAL_NONE. */
export type AcceptChannel = (channel: ByteChannel, refusal: number) => void

/** A listening port. */
export class TcpListener {
  readonly #server: NetServer
  readonly #servesRemoteClients: boolean
  #accept: AcceptChannel | undefined
  #held: { readonly channel: ByteChannel; readonly refusal: number }[] = []

  /** Starts to listen. Rejects with LISTEN_FAILED. */
  static listen(options: TcpListenerOptions): Promise<TcpListener> {
    const server = createNetServer(options)
    server.maxConnections = options.connectionsMax
    return new Promise((resolve, reject) => {
      const onError = (cause: Error): void => {
        const where = `${options.host}:${options.port}`
        reject(new SluiceError('LISTEN_FAILED', `cannot listen on ${where}: ${cause.message}`, { cause }))
      }
      server.once('error', onError)
      // The types of Node 20 do not know `reusePort` yet.
      const { host, port, reusePort = false } = options
      const address = { host, port, backlog: BACKLOG_CONNECTIONS, ...(reusePort && { reusePort }) }
      server.listen(address, () => {
        server.off('error', onError)
        resolve(new TcpListener(server, options))
      })
    })
  }

  private constructor(server: NetServer, options: TcpListenerOptions) {
    this.#server = server
    this.#servesRemoteClients = options.servesRemoteClients
    // The system may be short of descriptors or memory for a moment, which costs the connection that came then. Without
    // this it would end the thread, and with it the records of the whole node.
    server.on('error', ({ message }) => options.logger.warn({ error: message }, 'a connection could not be accepted'))
    // Node leaves a socket open whose handshake takes too long.
    server.on('tlsClientError', (_: Error, socket: Socket) => socket.destroy())
    if (options.tls !== undefined) this.#limitHandshakes(options.handshakesMax)
    server.on(options.tls === undefined ? 'connection' : 'secureConnection', (socket) => this.#onSocket(socket))
  }

  /** The port that it listens on. */
  get port(): number {
    const address = this.#server.address()
    return typeof address === 'object' && address !== null ? address.port : 0
  }

  /** Hands over the connections that were held, and every later one. */
  serve(accept: AcceptChannel): void {
    this.#accept = accept
    const held = this.#held
    this.#held = []
    for (const { channel, refusal } of held) accept(channel, refusal)
  }

  /** Stops listening and drops what was held; connections that were handed over stay. */
  close(): void {
    this.#server.close()
    for (const { channel } of this.#held) channel.destroy()
    this.#held = []
  }

  /** Who has not ended its TLS handshake is not known to anybody else yet. */
  #limitHandshakes(handshakesMax: number): void {
    const under = new Set<string>()
    this.#server.on('connection', (socket: Socket) => {
      const name = nameOf(socket)
      if (under.size >= handshakesMax) {
        socket.destroy()
        return
      }
      under.add(name)
      socket.once('close', () => under.delete(name))
    })
    this.#server.on('secureConnection', (socket: Socket) => under.delete(nameOf(socket)))
  }

  #onSocket(socket: Socket): void {
    const isServed = this.#servesRemoteClients || isLoopback(socket.remoteAddress)
    const channel = new SocketChannel(socket)
    const refusal = isServed ? REFUSAL_NONE : REFUSAL_AUTHENTICATION
    if (this.#accept === undefined) this.#held.push({ channel, refusal })
    else this.#accept(channel, refusal)
  }
}

function createNetServer({ tls, handshakeMs }: TcpListenerOptions): NetServer {
  const options = {
    allowHalfOpen: false,
    noDelay: true,
    pauseOnConnect: tls === undefined,
    keepAlive: true,
    keepAliveInitialDelay: KEEP_ALIVE_MS,
  }
  if (tls === undefined) return createServer(options)
  const { cert, key, ca } = tls
  const clients = ca === undefined ? {} : { ca, requestCert: true, rejectUnauthorized: true }
  return createTlsServer({
    ...options,
    ...clients,
    cert,
    key,
    handshakeTimeout: handshakeMs,
    minVersion: TLS_VERSION_MIN,
  })
}

/** Tells the sockets of a listener apart: a TLS socket is another object than the one below it. */
function nameOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress}:${remotePort}`
}

/** Whether the address is this machine's own. */
export function isLoopback(address: string | undefined): boolean {
  if (address === undefined) return false
  return address === '::1' || /^(::ffff:)?127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(address)
}
