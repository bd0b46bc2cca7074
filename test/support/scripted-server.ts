// A server on a real socket that takes exactly the requests it expects, and answers in as many pieces as there are bytes.

import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'

/** What is expected next (latin1), and what is answered to it. */
export interface Exchange {
  readonly request: string
  readonly reply: string
  /** After the reply the server closes the connection; default false. */
  readonly closes?: boolean
}

/** How a reply is cut: into single bytes, or not at all. */
export type ReplyPieces = 'bytes' | 'whole'

/** A server for one script. */
export class ScriptedServer implements AsyncDisposable {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  /** What was received and not expected. */
  unexpected = ''

  static async open(script: readonly Exchange[], pieces: ReplyPieces): Promise<ScriptedServer> {
    const server = new ScriptedServer(script, pieces)
    server.#server.listen(0, '127.0.0.1')
    await once(server.#server, 'listening')
    return server
  }

  private constructor(script: readonly Exchange[], pieces: ReplyPieces) {
    this.#server = createServer({ noDelay: true }, (socket) => {
      this.#sockets.add(socket)
      socket.on('error', () => {})
      void this.#serve(socket, script, pieces)
    })
  }

  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
    await once(this.#server, 'close')
  }

  async #serve(socket: Socket, script: readonly Exchange[], pieces: ReplyPieces): Promise<void> {
    let received = ''
    const chunks = socket[Symbol.asyncIterator]()
    for (const { request, reply, closes } of script) {
      while (received.length < request.length) {
        const chunk = await chunks.next().catch(() => ({ done: true, value: '' }))
        if (chunk.done === true) return
        received += Buffer.from(chunk.value).toString('latin1')
      }
      if (!received.startsWith(request)) {
        this.unexpected = received
        socket.destroy()
        return
      }
      received = received.slice(request.length)
      await send(socket, Buffer.from(reply, 'latin1'), pieces)
      if (closes === true) socket.end()
    }
  }
}

async function send(socket: Socket, reply: Buffer, pieces: ReplyPieces): Promise<void> {
  if (pieces === 'whole') {
    socket.write(reply)
    return
  }
  for (const byte of reply) {
    socket.write(Uint8Array.of(byte))
    await new Promise((resolve) => setImmediate(resolve))
  }
}
