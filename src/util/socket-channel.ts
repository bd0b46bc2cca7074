// A byte channel over a connected TCP socket. The socket comes from outside (a listener, or a dialling transport):
// this file opens nothing, and imports the socket's type alone.
//
// The parts of one `write` leave as one gathered write. Whether the channel is full is read from the socket after that
// write, not from `socket.write`: what the kernel took at once is not held, however large it was.

import type { Socket } from 'node:net'
import { assert } from './assert.ts'
import type { ByteChannel, ByteChannelHandler } from './byte-channel.ts'

/** Bytes that a socket channel holds in the process before its `write` returns false. */
export const SOCKET_CHANNEL_HIGH_WATER_BYTES = 256 * 1024

/**
 * Carries bytes over a socket, without Nagle's delay. The channel owns the socket from then on.
 * `end` sends what was written and its end, then waits for the peer to end too, dropping what still arrives; a peer
 * that never does keeps the socket until `destroy`.
 */
export class SocketChannel implements ByteChannel {
  readonly peer: string
  readonly #socket: Socket
  readonly #highWaterBytes: number
  #handler: ByteChannelHandler | undefined
  #isPaused = false
  #needsDrain = false
  #isEnding = false
  #isClosed = false
  #error: Error | undefined

  /** @param highWaterBytes Bytes held before `write` returns false; at least the socket's own mark. Default 256 KiB. */
  constructor(socket: Socket, highWaterBytes = SOCKET_CHANNEL_HIGH_WATER_BYTES) {
    // Otherwise the channel could be full while the socket is not, and no 'drain' would follow.
    assert(highWaterBytes >= socket.writableHighWaterMark, 'the channel is full no sooner than its socket')
    const host = socket.remoteAddress ?? 'unknown'
    this.peer = `${host.includes(':') ? `[${host}]` : host}:${socket.remotePort ?? 0}`
    this.#socket = socket
    this.#highWaterBytes = highWaterBytes
    socket.setNoDelay(true)
    socket.on('error', this.#onError)
    socket.on('close', this.#onClose)
    if (socket.closed) queueMicrotask(this.#onClose)
  }

  open(handler: ByteChannelHandler): void {
    assert(this.#handler === undefined, 'a channel is opened once')
    this.#handler = handler
    if (this.#isClosed) {
      queueMicrotask(() => handler.onClose(this.#error))
      return
    }
    this.#socket.on('drain', this.#onDrain)
    // Until here the socket kept what arrived.
    this.#socket.on('data', this.#onData)
    if (!this.#isPaused) this.#socket.resume()
  }

  write(parts: readonly Uint8Array[], released?: () => void): boolean {
    const socket = this.#socket
    let left = parts.length
    if (!socket.writable || left === 0) {
      if (released !== undefined) queueMicrotask(released)
      return socket.writable
    }
    socket.cork()
    for (const part of parts) {
      left--
      // Writes complete in order, and each callback is called once, with an error when the socket is destroyed.
      if (left === 0 && released !== undefined) socket.write(part, () => released())
      else socket.write(part)
    }
    socket.uncork()
    if (socket.writableLength <= this.#highWaterBytes) return true
    this.#needsDrain = true
    return false
  }

  pause(): void {
    this.#isPaused = true
    if (!this.#isEnding) this.#socket.pause()
  }

  resume(): void {
    this.#isPaused = false
    if (this.#handler !== undefined) this.#socket.resume()
  }

  end(): void {
    this.#isEnding = true
    this.#socket.end()
    // The peer's end is seen only by reading up to it.
    this.#socket.resume()
  }

  destroy(error?: Error): void {
    this.#socket.destroy(error)
  }

  readonly #onData = (chunk: Uint8Array): void => {
    if (!this.#isEnding) this.#handler?.onBytes(chunk)
  }

  readonly #onDrain = (): void => {
    if (!this.#needsDrain) return
    this.#needsDrain = false
    this.#handler?.onDrain()
  }

  readonly #onError = (error: Error): void => {
    this.#error ??= error
  }

  readonly #onClose = (): void => {
    if (this.#isClosed) return
    this.#isClosed = true
    const socket = this.#socket
    socket.off('data', this.#onData)
    socket.off('drain', this.#onDrain)
    socket.off('error', this.#onError)
    socket.off('close', this.#onClose)
    this.#handler?.onClose(this.#error)
  }
}
