import { connect, Server, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it, vi } from 'vitest'
import { LogRecorder, openTestRuntime, operationsFrame, testHello } from '../../test/support/server-harness.ts'
import { KIND_OPERATIONS_REPLY } from '../protocol/frame.ts'
import { ANSWER_HEAD_BYTES, REFUSAL_AUTHENTICATION, REFUSAL_NONE } from '../protocol/hello.ts'
import { isLoopback, TcpListener } from './tcp-listener.ts'

const OPTIONS = {
  host: '127.0.0.1',
  port: 0,
  connectionsMax: 4,
  servesRemoteClients: false,
  handshakesMax: 4,
  handshakeMs: 1_000,
  logger: new LogRecorder(),
}

/** What a socket receives. */
class Received {
  readonly #chunks: Buffer[] = []
  length = 0

  constructor(socket: Socket) {
    socket.on('error', () => {})
    socket.on('data', (chunk) => {
      this.#chunks.push(chunk)
      this.length += chunk.length
    })
  }

  bytes(): Buffer {
    return Buffer.concat(this.#chunks)
  }
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(2)
}

describe('TcpListener', () => {
  it('holds connections until somebody serves, and loses none of their bytes', async () => {
    const { runtime, clock } = openTestRuntime()
    const listener = await TcpListener.listen(OPTIONS)
    const socket = connect(listener.port, '127.0.0.1')
    const received = new Received(socket)
    socket.write(testHello())
    socket.write(operationsFrame(1, [{ operations: [{ kind: 'set', key: 'k', value: 'v' }] }]))
    await sleep(30)
    expect(received).toHaveLength(0)
    listener.serve((channel, refusal) => runtime.accept(channel, refusal))
    const answerBytes = ANSWER_HEAD_BYTES + 8
    await until(() => received.length >= answerBytes + 33)
    expect(received.bytes()[answerBytes + 4]).toBe(KIND_OPERATIONS_REPLY)
    const closed = new Promise((resolve) => socket.once('close', resolve))
    listener.close()
    const drained = runtime.drain(1_000)
    await until(() => {
      clock.advance(100)
      return runtime.connectionCount === 0
    })
    await Promise.all([drained, closed])
  })

  it('sends replies of many slabs whole, and takes every slab back', async () => {
    const { runtime } = openTestRuntime()
    const slabsAtRest = runtime.stats().slabsFree
    const listener = await TcpListener.listen(OPTIONS)
    listener.serve((channel, refusal) => runtime.accept(channel, refusal))
    const socket = connect(listener.port, '127.0.0.1')
    const received = new Received(socket)
    const value = Buffer.alloc(4_000_000)
    for (let at = 0; at < value.length; at += 4) value.writeUInt32LE(at, at)
    socket.write(testHello())
    socket.write(operationsFrame(1, [{ operations: [{ kind: 'set', key: 'k', value }] }]))
    const reads = 8
    for (let count = 0; count < reads; count++) {
      socket.write(operationsFrame(2 + count, [{ operations: [{ kind: 'get', key: 'k' }] }]))
    }
    const firstValueAt = ANSWER_HEAD_BYTES + 8 + 33 + 38
    await until(() => received.length === ANSWER_HEAD_BYTES + 8 + 33 + reads * (value.length + 38))
    const bytes = received.bytes()
    for (let count = 0; count < reads; count++) {
      const at = firstValueAt + count * (value.length + 38)
      expect(bytes.subarray(at, at + value.length).equals(value)).toBe(true)
    }
    expect(runtime.stats().slabsFree).toBe(slabsAtRest)
    socket.destroy()
    listener.close()
    await runtime.drain(1_000)
  })

  it('rejects with LISTEN_FAILED when the port is taken', async () => {
    const listener = await TcpListener.listen(OPTIONS)
    const second = TcpListener.listen({ ...OPTIONS, port: listener.port })
    await expect(second).rejects.toMatchObject({ code: 'LISTEN_FAILED' })
    listener.close()
  })

  it('drops what it holds when it is closed', async () => {
    const listener = await TcpListener.listen(OPTIONS)
    const socket = connect(listener.port, '127.0.0.1')
    new Received(socket)
    await new Promise((resolve) => socket.once('connect', resolve))
    await sleep(30)
    const closed = new Promise((resolve) => socket.once('close', resolve))
    listener.close()
    await closed
  })

  it('outlives connections that the system cannot hand over, and says so', async () => {
    const logger = new LogRecorder()
    const listen = vi.spyOn(Server.prototype, 'listen')
    const listener = await TcpListener.listen({ ...OPTIONS, logger })
    const [server] = listen.mock.contexts
    listen.mockRestore()
    if (!(server instanceof Server)) return expect.unreachable()
    server.emit('error', new Error('accept EMFILE'))
    expect(logger.lines).toMatchObject([{ level: 'warn', fields: { error: 'accept EMFILE' } }])
    listener.close()
  })

  it('closes connections beyond its limit without a word', async () => {
    const listener = await TcpListener.listen({ ...OPTIONS, connectionsMax: 1 })
    const log = new LogRecorder()
    const refusals: number[] = []
    listener.serve((channel, refusal) => {
      refusals.push(refusal)
      channel.open({ onBytes: () => {}, onDrain: () => {}, onClose: () => log.info({}, 'closed') })
    })
    const first = connect(listener.port, '127.0.0.1')
    new Received(first)
    await until(() => refusals.length === 1)
    const second = connect(listener.port, '127.0.0.1')
    new Received(second)
    await new Promise((resolve) => second.once('close', resolve))
    expect(refusals).toEqual([REFUSAL_NONE])
    first.destroy()
    await until(() => log.lines.length === 1)
    listener.close()
  })
})

describe('isLoopback', () => {
  it.each(['127.0.0.1', '127.1.2.3', '::1', '::ffff:127.0.0.1'])('holds for %s', (address) => {
    expect(isLoopback(address)).toBe(true)
  })

  it.each([undefined, '10.0.0.1', '128.0.0.1', '::ffff:10.0.0.1', '::2', '127.0.0.1.example.org'])(
    'does not hold for %s, which is refused with REFUSAL_AUTHENTICATION',
    (address) => {
      expect(isLoopback(address)).toBe(false)
      expect(REFUSAL_AUTHENTICATION).toBe(5)
    },
  )
})
