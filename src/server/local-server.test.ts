import { describe, expect, it } from 'vitest'
import { checkedModule, testSecret } from '../../test/support/engine-harness.ts'
import { ManualClock } from '../../test/support/manual-clock.ts'
import { operationsFrame, testHello } from '../../test/support/server-harness.ts'
import { KIND_GO_AWAY, KIND_OPERATIONS_REPLY } from '../protocol/frame.ts'
import { FrameDecoder } from '../protocol/frame-decoder.ts'
import { AnswerDecoder } from '../protocol/hello.ts'
import { FRAME_BYTES_MAX } from '../protocol/limits.ts'
import type { ByteChannel } from '../util/byte-channel.ts'
import { createLocalServer, type LocalServer } from './local-server.ts'

const IDENTITY = { incarnation: 5n, secret: testSecret(3) }

/** Collects what comes out of a channel. */
class Collector {
  readonly chunks: Uint8Array[] = []
  isClosed = false
  readonly channel: ByteChannel

  constructor(channel: ByteChannel) {
    this.channel = channel
    channel.open({
      onBytes: (chunk) => void this.chunks.push(chunk.slice()),
      onDrain: () => {},
      onClose: () => {
        this.isClosed = true
      },
    })
  }

  bytes(): Uint8Array {
    return new Uint8Array(Buffer.concat(this.chunks))
  }

  frameKinds(): number[] {
    const answers = new AnswerDecoder()
    answers.push(this.bytes())
    const frames = new FrameDecoder({ frameBytesMax: FRAME_BYTES_MAX })
    frames.push(answers.rest)
    const kinds: number[] = []
    while (frames.next()) kinds.push(frames.kind)
    return kinds
  }
}

/** Lets everything on its way in memory arrive. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate)
}

function createTestServer(threads = 1): LocalServer {
  return createLocalServer({ threads, engineModule: checkedModule, identity: IDENTITY })
}

describe('createLocalServer', () => {
  it('serves each thread at its address of the topology', async () => {
    await using server = createTestServer(2)
    expect(server.address).toBe('local:1')
    expect(server.topology.nodes).toEqual([{ id: 'local', host: 'local', ports: [1, 2] }])
    const peer = new Collector(await server.connect('local:2'))
    peer.channel.write([testHello()])
    peer.channel.write([operationsFrame(1, [{ operations: [{ kind: 'set', key: 'a', value: '1' }], shard: 1 }])])
    await settle()
    expect(peer.frameKinds()).toEqual([KIND_OPERATIONS_REPLY])
    expect(server.stats().map(({ thread, records, connections }) => [thread, records, connections])).toEqual([
      [0, 0, 0],
      [1, 1, 1],
    ])
    await expect(server.connect('local:3')).rejects.toMatchObject({ code: 'CONNECT_FAILED' })
    expect(() => server.accept(peer.channel, 2)).toThrow('no thread 2')
  })

  it('says goodbye when it is closed, and is gone when it is destroyed', async () => {
    const server = createTestServer()
    const peers = [0, 1].map(async () => new Collector(await server.connect(server.address)))
    const [first, second] = await Promise.all(peers)
    first?.channel.write([testHello()])
    await settle()
    const closed = server.close()
    await Promise.all([closed, server.close()])
    await settle()
    expect(first?.frameKinds()).toEqual([KIND_GO_AWAY])
    expect([first?.isClosed, second?.isClosed]).toEqual([true, true])
    server.destroy()
    server.destroy()
  })

  it('gives the same bytes for the same input, identity and clock', async () => {
    const run = async () => {
      const server = createLocalServer({
        engineModule: checkedModule,
        identity: IDENTITY,
        clock: new ManualClock(),
        shardsPerThread: 2,
      })
      const peer = new Collector(await server.connect(server.address))
      peer.channel.write([testHello()])
      const operations = ['x', 'y', 'x'].flatMap((key) => [
        { kind: 'get' as const, key, withVersion: true },
        { kind: 'set' as const, key, value: key, withVersion: true },
      ])
      peer.channel.write([operationsFrame(1, [{ operations }, { operations, shard: 1 }])])
      await settle()
      server.destroy()
      return peer.bytes()
    }
    const first = await run()
    expect(first.length).toBeGreaterThan(100)
    expect(await run()).toEqual(first)
  })
})
