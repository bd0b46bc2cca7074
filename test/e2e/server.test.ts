// The server with its real threads and sockets, as it is shipped: needs `npm run build`.

import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { KIND_GO_AWAY, KIND_OPERATIONS_REPLY } from '../../src/protocol/frame.ts'
import { FrameDecoder } from '../../src/protocol/frame-decoder.ts'
import { AnswerDecoder, type HelloAnswer } from '../../src/protocol/hello.ts'
import { FRAME_BYTES_MAX } from '../../src/protocol/limits.ts'
import { LogRecorder, operationsFrame, testHello } from '../support/server-harness.ts'

// The types are those of the source; the code is what users run.
const { startServer }: typeof import('../../src/server/index.ts') = await import(
  new URL('../../dist/server/index.js', import.meta.url).href
)

const MEMORY_BYTES = 16 * 1024 * 1024

/** A socket that has said hello. */
class Peer {
  readonly socket: Socket
  readonly kinds: number[] = []
  readonly closed: Promise<unknown>
  readonly #answers = new AnswerDecoder()
  readonly #frames = new FrameDecoder({ frameBytesMax: FRAME_BYTES_MAX })
  answer: HelloAnswer | undefined

  constructor(port: number) {
    this.socket = connect(port, '127.0.0.1')
    this.socket.on('error', () => {})
    this.socket.on('data', (chunk) => this.#take(chunk))
    this.closed = new Promise((resolve) => this.socket.once('close', resolve))
    this.socket.write(testHello())
  }

  #take(chunk: Uint8Array): void {
    if (this.answer === undefined) {
      this.answer = this.#answers.push(chunk)
      if (this.answer === undefined) return
      this.#frames.push(this.#answers.rest)
    } else this.#frames.push(chunk)
    while (this.#frames.next()) this.kinds.push(this.#frames.kind)
  }
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(5)
}

function portsOf(server: Awaited<ReturnType<typeof startServer>>): readonly number[] {
  return server.topology.nodes[0]?.ports ?? []
}

describe('startServer', () => {
  it('serves every shard on the port of its thread, counts, drains and stops', async () => {
    const log = new LogRecorder()
    const server = await startServer({ threads: 2, shards: 4, memoryBytesMax: MEMORY_BYTES, logger: log })
    const ports = portsOf(server)
    expect(ports).toHaveLength(2)
    expect(server.address).toBe(`127.0.0.1:${server.topology.nodes[0]?.publicPort}`)
    expect(ports).not.toContain(server.topology.nodes[0]?.publicPort)
    const peers = ports.map((port) => new Peer(port))
    const view = server.topology.shards[0]?.view ?? 0
    for (const [thread, peer] of peers.entries()) {
      const operations = [{ kind: 'get' as const, key: 'k' }]
      peer.socket.write(
        operationsFrame(1, [
          { operations, shard: thread, view },
          { operations, shard: thread + 2, view },
        ]),
      )
    }
    await until(() => peers.every(({ kinds }) => kinds.length === 1))
    expect(peers.map(({ answer }) => answer?.shards.map(({ shard }) => shard))).toEqual([
      [0, 2],
      [1, 3],
    ])
    expect(peers[0]?.answer?.incarnation).toBe(peers[1]?.answer?.incarnation)
    const stats = await server.stats()
    expect(stats.map(({ thread, operations, connections }) => [thread, operations, connections])).toEqual([
      [0, 2, 1],
      [1, 2, 1],
    ])
    if (process.platform === 'linux') expect(stats.every(({ threadCpuNs }) => threadCpuNs > 0)).toBe(true)
    await Promise.all([server.close(), server.close(), server.closed])
    await Promise.all(peers.map(({ closed }) => closed))
    expect(peers.map(({ kinds }) => kinds)).toEqual([
      [KIND_OPERATIONS_REPLY, KIND_GO_AWAY],
      [KIND_OPERATIONS_REPLY, KIND_GO_AWAY],
    ])
    await expect(server.stats()).rejects.toMatchObject({ code: 'CLOSED' })
    await server.destroy()
    expect(log.lines.map(({ message }) => message)).toEqual(['topology adopted', 'server started', 'server stopped'])
  })

  it('passes on what its threads log', async () => {
    const log = new LogRecorder()
    await using server = await startServer({ threads: 1, memoryBytesMax: MEMORY_BYTES, logger: log })
    const socket = connect(portsOf(server)[0] ?? 0, '127.0.0.1')
    socket.on('error', () => {})
    socket.write('GET / HTTP/1.1\r\n\r\n')
    await until(() => log.lines.some(({ level }) => level === 'warn'))
    expect(log.lines.at(-1)).toMatchObject({ fields: { thread: 0, code: 'malformed' } })
    socket.destroy()
  })

  it('rejects with LISTEN_FAILED and leaves nothing running when the port is taken', async () => {
    const first = await startServer({ threads: 1, memoryBytesMax: MEMORY_BYTES })
    const port = portsOf(first)[0] ?? 0
    const second = startServer({ threads: 2, port, memoryBytesMax: MEMORY_BYTES })
    await expect(second).rejects.toMatchObject({ code: 'LISTEN_FAILED' })
    await first.destroy()
    await first.closed
  })

  it('has a new incarnation with every start', async () => {
    const incarnations: unknown[] = []
    for (let start = 0; start < 2; start++) {
      await using server = await startServer({ threads: 1, memoryBytesMax: MEMORY_BYTES })
      const peer = new Peer(portsOf(server)[0] ?? 0)
      await until(() => peer.answer !== undefined)
      incarnations.push(peer.answer?.incarnation)
      peer.socket.destroy()
    }
    expect(new Set(incarnations).size).toBe(2)
  })
})
