// Bad bytes at a real port: that connection closes with one clear line in the log, others go on, memory does not grow.
// Needs `npm run build`.

import { once } from 'node:events'
import { connect as connectSocket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { FRAME_HEADER_BYTES, KIND_OPERATIONS, writeFrameHeader } from '../../src/protocol/frame.ts'
import { FRAME_BYTES_MAX } from '../../src/protocol/limits.ts'
import { seededRandom } from '../../src/util/random.ts'
import { LogRecorder, operationsFrame, testHello } from '../support/server-harness.ts'

// The types are those of the source; the code is what users run.
const { startServer }: typeof import('../../src/server/index.ts') = await import(
  new URL('../../dist/server/index.js', import.meta.url).href
)
const { connect }: typeof import('../../src/client/index.ts') = await import(
  new URL('../../dist/client/index.js', import.meta.url).href
)

const MIB = 1024 * 1024
const ROUNDS = 40
const random = seededRandom(20_261)

function randomBytes(count: number): Uint8Array {
  const bytes = new Uint8Array(count)
  random.fillBytes(bytes)
  return bytes
}

/** A frame header that announces `frameBytes`, and nothing behind it. */
function header(frameBytes: number): Uint8Array {
  const bytes = new Uint8Array(FRAME_HEADER_BYTES)
  writeFrameHeader(bytes, 0, frameBytes, KIND_OPERATIONS, 0, 1, 0)
  return bytes
}

function afterHello(bytes: Uint8Array): Uint8Array {
  return Buffer.concat([testHello(), bytes])
}

/** What each kind of bad peer sends. */
const ATTACKS: Readonly<Record<string, () => Uint8Array>> = {
  'random bytes': () => randomBytes(1 + random.nextBelow(4_096)),
  'random bytes after a good hello': () => afterHello(randomBytes(64 + random.nextBelow(4_096))),
  'an HTTP request': () => Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'),
  'an HTTP request after a good hello': () => afterHello(Buffer.from('POST /set HTTP/1.1\r\nHost: localhost\r\n\r\n')),
  'a TLS hello': () => Buffer.from([22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3, ...randomBytes(200)]),
  'a Redis command': () => Buffer.from('*1\r\n$4\r\nPING\r\n'),
  'a frame larger than any': () => afterHello(header(FRAME_BYTES_MAX + 1)),
  'a frame of four gigabytes': () => afterHello(header(2 ** 32 - 1)),
  'a section that passes its frame': () => {
    const frame = operationsFrame(0, [{ shard: 0, operations: [{ kind: 'get', key: 'key' }] }])
    frame[FRAME_HEADER_BYTES] = 255
    return afterHello(frame)
  },
}

/** Sends the bytes and resolves when the server has closed the connection. */
async function attack(port: number, bytes: Uint8Array): Promise<void> {
  const socket = connectSocket(port, '127.0.0.1')
  // The server closes while bytes are on their way: a reset is as good as an end.
  socket.on('error', () => {})
  socket.resume()
  socket.write(bytes)
  await once(socket, 'close')
}

describe('bad bytes at the port', () => {
  it('cost only the connection that sent them', async () => {
    const log = new LogRecorder()
    await using server = await startServer({ threads: 1, memoryBytesMax: 16 * MIB, logger: log })
    await using client = await connect(server.address)
    const port = Number(server.address.split(':')[1])
    await client.set('witness', 'unharmed')

    let rssAfterFirstRounds = 0
    for (let round = 0; round < ROUNDS; round++) {
      for (const bytes of Object.values(ATTACKS)) {
        await attack(port, bytes())
        expect(await client.getString('witness')).toBe('unharmed')
      }
      if (round === ROUNDS / 4) rssAfterFirstRounds = process.memoryUsage.rss()
    }
    expect(process.memoryUsage.rss() - rssAfterFirstRounds).toBeLessThan(24 * MIB)

    const [stats] = await server.stats()
    expect(stats?.connectionsFailed).toBe(ROUNDS * Object.keys(ATTACKS).length)
    const closings = log.lines.filter(({ message }) => message.startsWith('connection closed: '))
    expect(closings.length).toBeGreaterThan(Object.keys(ATTACKS).length)
    for (const { fields } of closings)
      expect(fields).toMatchObject({ code: expect.any(String), peer: expect.any(String) })
    expect(JSON.stringify(log.lines)).not.toContain('unharmed')
  })

  it('cut off in the middle leave nothing behind', async () => {
    await using server = await startServer({ threads: 1, memoryBytesMax: 16 * MIB })
    const port = Number(server.address.split(':')[1])
    const whole = afterHello(
      operationsFrame(0, [{ shard: 0, operations: [{ kind: 'set', key: 'key', value: 'value' }] }]),
    )
    for (let length = 0; length < whole.length; length++) {
      const socket = connectSocket(port, '127.0.0.1')
      socket.on('error', () => {})
      socket.resume()
      socket.end(whole.subarray(0, length))
      await once(socket, 'close')
    }
    await using client = await connect(server.address)
    expect(await client.exists('key')).toBe(false)
    const [stats] = await server.stats()
    expect(stats?.connections).toBe(1)
  })
})
