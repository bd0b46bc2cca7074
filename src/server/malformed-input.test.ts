import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { arbitraryMutation } from '../../test/support/byte-splits.ts'
import {
  frameOf,
  openTestRuntime,
  operationsFrame,
  TestChannel,
  TestPeer,
  testHello,
} from '../../test/support/server-harness.ts'
import { decodeError, encodeControl } from '../protocol/control.ts'
import {
  FRAME_HEADER_BYTES,
  KIND_ADMIN,
  KIND_ERROR,
  KIND_OPERATIONS,
  KIND_PING,
  KIND_PONG,
  WIRE_ERROR_FRAME_TOO_LARGE,
  WIRE_ERROR_MALFORMED,
} from '../protocol/frame.ts'
import { FRAME_BYTES_MAX } from '../protocol/limits.ts'
import { writeU32 } from '../util/bytes.ts'

const SECRET = 'do-not-log-this'

const GOOD = operationsFrame(1, [
  {
    operations: [
      { kind: 'set', key: SECRET, value: SECRET },
      { kind: 'get', key: SECRET },
    ],
  },
])

/** A good frame with the 32-bit number at `at` replaced. */
function withU32(at: number, value: number): Uint8Array {
  const frame = GOOD.slice()
  writeU32(frame, at, value)
  return frame
}

const BAD_FRAMES: [string, Uint8Array][] = [
  ['a frame shorter than its header', withU32(0, 15)],
  ['reserved bytes', withU32(12, 1)],
  ['an unknown kind', frameOf(11, 1, new Uint8Array(0))],
  ['kind zero', frameOf(0, 1, new Uint8Array(0))],
  ['a section longer than its frame', withU32(16, 0xffff_fff0)],
  ['a section shorter than its frame', withU32(16, 3)],
  ['more operations than there are', withU32(20, 3)],
  ['fewer operations than there are', withU32(20, 1)],
  ['a huge number of operations', withU32(20, 0xffff_ffff)],
  ['one shard twice', operationsFrame(1, [{ operations: [] }, { operations: [] }])],
  ['more sections than there are', frameOf(KIND_OPERATIONS, 1, new Uint8Array(16), 0, 2)],
  ['bytes behind the last section', frameOf(KIND_OPERATIONS, 1, new Uint8Array(17), 0, 1)],
  ['a ping with a body', frameOf(KIND_PING, 1, Uint8Array.of(1))],
  ['a ping with a required flag', frameOf(KIND_PING, 1, new Uint8Array(0), 0x01)],
  ['an admin command that is no UTF-8', frameOf(KIND_ADMIN, 1, Uint8Array.of(0xff))],
]

describe('malformed frames', () => {
  it.each(BAD_FRAMES)('%s: one reason, one line, one connection closed', (_, bytes) => {
    const { runtime, log } = openTestRuntime()
    const other = TestPeer.open(runtime)
    const peer = TestPeer.open(runtime)
    peer.send(encodeControl(KIND_PING, 7, ''), bytes, encodeControl(KIND_PING, 8, ''))
    const [pong, error, ...rest] = peer.replies()
    expect(pong).toMatchObject({ kind: KIND_PONG, sequence: 7 })
    expect(error?.kind).toBe(KIND_ERROR)
    const { code, text } = decodeError(error?.body ?? new Uint8Array(0), 0, error?.body.length ?? 0)
    expect(code).toBe(WIRE_ERROR_MALFORMED)
    expect(text.length).toBeGreaterThan(10)
    expect(rest).toEqual([])
    expect(peer.channel.isClosed).toBe(true)
    expect(log.lines).toMatchObject([{ level: 'warn', fields: { code: 'malformed', connection: 2 } }])
    expect(JSON.stringify(log.lines)).not.toContain(SECRET)
    other.send(GOOD)
    expect(other.replies()).toHaveLength(1)
    expect(runtime.stats()).toMatchObject({ connections: 1, connectionsFailed: 1, operations: 2 })
  })

  it('refuses a frame that is too large by its header alone', () => {
    const { runtime, log } = openTestRuntime()
    const peer = TestPeer.open(runtime)
    peer.send(withU32(0, FRAME_BYTES_MAX + 1).subarray(0, FRAME_HEADER_BYTES))
    const [error] = peer.replies()
    expect(error?.kind).toBe(KIND_ERROR)
    expect(decodeError(error?.body ?? new Uint8Array(0), 0, error?.body.length ?? 0).code).toBe(
      WIRE_ERROR_FRAME_TOO_LARGE,
    )
    expect(log.lines).toMatchObject([{ fields: { code: 'frame-too-large' } }])
  })

  it('drops what a closed connection still sends, and closes it for good if the peer does not', () => {
    const { runtime, clock, log } = openTestRuntime({ limits: { lingerMs: 500 } })
    const peer = TestPeer.open(runtime)
    peer.send(frameOf(0, 1, new Uint8Array(0)))
    for (let count = 0; count < 10; count++) peer.send(GOOD)
    expect(peer.channel.isEnded).toBe(true)
    expect(peer.channel.isClosed).toBe(false)
    clock.advance(700)
    expect(peer.channel.isClosed).toBe(true)
    expect(log.lines).toHaveLength(1)
    expect(runtime.stats().operations).toBe(0)
  })
})

describe('not this protocol at all', () => {
  it.each([
    ['an HTTP request', 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'],
    ['an HTTP post', `POST /?k=${SECRET} HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc`],
    ['a Redis command', '*1\r\n$4\r\nPING\r\n'],
    ['a TLS hello', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
    ['zeros', '\0'.repeat(200)],
    ['a hello of no length', '\xd3SLC\x00\x00'],
    ['a hello too long', '\xd3SLC\xff\xff'],
    ['a hello that is none after a byte', '\xd3X'],
  ])('%s: one reason, one line, closed at once', (_, text) => {
    const { runtime, log } = openTestRuntime()
    const peer = new TestPeer(runtime)
    peer.channel.deliver(Uint8Array.from(Buffer.from(text, 'latin1')))
    peer.channel.read()
    const sent = peer.channel.takeReceived()
    expect(sent[4]).toBe(KIND_ERROR)
    expect(decodeError(sent, FRAME_HEADER_BYTES, sent.length).code).toBe(WIRE_ERROR_MALFORMED)
    expect(peer.channel.isClosed).toBe(true)
    expect(log.lines).toMatchObject([{ level: 'warn', fields: { code: 'malformed' } }])
    expect(JSON.stringify(log.lines)).not.toContain(SECRET)
  })
})

describe('any bytes', () => {
  it('cost their sender only, hold no more than arrived, and leave every slab free', () => {
    const { runtime, log } = openTestRuntime()
    const good = TestPeer.open(runtime)
    const slabsAtRest = runtime.stats().slabsFree
    const stream = Uint8Array.from(Buffer.concat([testHello(), GOOD, encodeControl(KIND_PING, 2, ''), GOOD]))
    const mutated = arbitraryMutation(stream)
    const random = fc.uint8Array({ maxLength: 400 })
    const randomFrames = random.map((bytes) => Uint8Array.from(Buffer.concat([testHello(), bytes])))
    fc.assert(
      fc.property(fc.oneof(mutated, random, randomFrames), (bytes) => {
        log.lines.length = 0
        const channel = new TestChannel()
        runtime.accept(channel)
        channel.deliver(bytes)
        channel.read()
        const isClosed = channel.isClosed
        channel.destroy()
        expect(log.lines.length).toBe(isClosed ? 1 : 0)
        good.send(encodeControl(KIND_PING, 1, ''))
        expect(good.replies()).toMatchObject([{ kind: KIND_PONG }])
        expect(runtime.stats()).toMatchObject({ connections: 1, slabsFree: slabsAtRest })
      }),
      { numRuns: 500 },
    )
  })
})
