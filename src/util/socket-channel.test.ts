import { once } from 'node:events'
import { createConnection, createServer, type Server, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ByteChannelHandler } from './byte-channel.ts'
import { SOCKET_CHANNEL_HIGH_WATER_BYTES, SocketChannel } from './socket-channel.ts'

let server: Server
let near: Socket
let far: Socket

beforeEach(async () => {
  server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  near = createConnection(address.port, '127.0.0.1')
  const [[accepted]] = await Promise.all([once(server, 'connection'), once(near, 'connect')])
  far = accepted
  far.on('error', () => {})
})

afterEach(async () => {
  near.destroy()
  far.destroy()
  server.close()
  await once(server, 'close')
})

/** Collects what a channel tells, and resolves when it closes or has as many bytes as asked for. */
class Recorder implements ByteChannelHandler {
  readonly received: number[] = []
  readonly events: string[] = []
  #waiting: (() => void)[] = []

  onBytes(chunk: Uint8Array): void {
    for (const byte of chunk) this.received.push(byte)
    this.#wake()
  }
  onDrain(): void {
    this.events.push('drain')
    this.#wake()
  }
  onClose(error: Error | undefined): void {
    this.events.push(`close ${error?.message ?? 'in order'}`)
    this.#wake()
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve()
  }
}

function opened(socket: Socket): { channel: SocketChannel; handler: Recorder } {
  const channel = new SocketChannel(socket)
  const handler = new Recorder()
  channel.open(handler)
  return { channel, handler }
}

const isClosed = (handler: Recorder) => () => handler.events.some((event) => event.startsWith('close'))
const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 30))
const listeners = (socket: Socket): number =>
  ['data', 'drain', 'error', 'close'].reduce((count, event) => count + socket.listenerCount(event), 0)

describe('a socket channel', () => {
  it('names its peer', () => {
    expect(new SocketChannel(near).peer).toBe(`127.0.0.1:${near.remotePort}`)
  })

  it('carries the parts of a write in order, and releases them once', async () => {
    const left = opened(near)
    const right = opened(far)
    let released = 0
    expect(left.channel.write([Uint8Array.of(1, 2), Uint8Array.of(3)], () => released++)).toBe(true)
    left.channel.write([Uint8Array.of(4)])
    await right.handler.until(() => right.handler.received.length === 4)
    expect(right.handler.received).toEqual([1, 2, 3, 4])
    expect(released).toBe(1)
  })

  it('keeps what arrives before it is opened, also across a pause', async () => {
    const left = opened(near)
    left.channel.write([Uint8Array.of(1)])
    const channel = new SocketChannel(far)
    channel.pause()
    await settle()
    channel.resume()
    const handler = new Recorder()
    channel.open(handler)
    await handler.until(() => handler.received.length === 1)
  })

  it('is full while the peer pauses, then tells once that it takes more', async () => {
    const left = opened(near)
    const right = opened(far)
    right.channel.pause()
    const block = new Uint8Array(SOCKET_CHANNEL_HIGH_WATER_BYTES)
    let written = 1
    while (left.channel.write([block])) written++
    await settle()
    expect(left.handler.events).toEqual([])
    expect(right.handler.received.length).toBe(0)
    right.channel.resume()
    await left.handler.until(() => left.handler.events.length > 0)
    await right.handler.until(() => right.handler.received.length === written * block.length)
    expect(left.handler.events).toEqual(['drain'])
  })

  it('sends what was written before it ends, and closes both sides in order', async () => {
    const left = opened(near)
    const right = opened(far)
    left.channel.write([new Uint8Array(1_000_000)])
    left.channel.end()
    left.channel.end()
    expect(left.channel.write([Uint8Array.of(1)])).toBe(false)
    await Promise.all([left.handler.until(isClosed(left.handler)), right.handler.until(isClosed(right.handler))])
    expect(right.handler.received.length).toBe(1_000_000)
    expect([left.handler.events.at(-1), right.handler.events]).toEqual(['close in order', ['close in order']])
  })

  it('closes after an end although it was paused with bytes unread', async () => {
    const left = opened(near)
    const right = opened(far)
    left.channel.pause()
    right.channel.write([new Uint8Array(100)])
    await settle()
    left.channel.end()
    left.channel.pause()
    await left.handler.until(isClosed(left.handler))
    expect(left.handler.received).toEqual([])
  })

  it('releases every write once when it is destroyed, also those made afterwards', async () => {
    const left = opened(near)
    far.pause()
    let released = 0
    let writes = 0
    do writes++
    while (left.channel.write([new Uint8Array(500_000), new Uint8Array(500_000)], () => released++))
    expect(released).toBeLessThan(writes)
    left.channel.destroy(new Error('enough'))
    left.channel.write([Uint8Array.of(1)], () => released++)
    await left.handler.until(isClosed(left.handler))
    await settle()
    expect(released).toBe(writes + 1)
    expect(left.handler.events).toEqual(['close enough'])
  })

  it('tells of a reset by the peer', async () => {
    const left = opened(near)
    far.resetAndDestroy()
    await left.handler.until(isClosed(left.handler))
    expect(left.handler.events).toEqual(['close read ECONNRESET'])
  })

  it('tells of a close that came before it was opened', async () => {
    const channel = new SocketChannel(near)
    near.destroy(new Error('early'))
    await settle()
    const handler = new Recorder()
    channel.open(handler)
    await handler.until(isClosed(handler))
    expect(handler.events).toEqual(['close early'])
  })

  it('leaves no listener on a closed socket', async () => {
    const before = listeners(near)
    const left = opened(near)
    expect(listeners(near)).toBeGreaterThan(before)
    left.channel.destroy()
    await left.handler.until(isClosed(left.handler))
    expect(listeners(near)).toBe(before)
  })

  it('releases an empty write, and is opened once', async () => {
    const left = opened(near)
    let released = 0
    expect(left.channel.write([], () => released++)).toBe(true)
    await settle()
    expect(released).toBe(1)
    expect(() => left.channel.open(left.handler)).toThrow('opened once')
  })
})
