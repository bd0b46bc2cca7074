import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { arbitrarySplit, splitEverywhere } from '../../test/support/byte-splits.ts'
import type { TestOperation } from '../../test/support/engine-harness.ts'
import {
  frameOf,
  openTestRuntime,
  operationsFrame,
  TestChannel,
  TestPeer,
  testHello,
} from '../../test/support/server-harness.ts'
import { parseTopology } from '../cluster/parse-topology.ts'
import { OUTCOME_EXECUTED, STATUS_MISSING, STATUS_OK, STATUS_VALUE } from '../protocol/codes.ts'
import { decodeError, encodeControl } from '../protocol/control.ts'
import {
  KIND_ADMIN,
  KIND_ADMIN_REPLY,
  KIND_ERROR,
  KIND_OPERATIONS_REPLY,
  KIND_PING,
  KIND_PONG,
  KIND_TOPOLOGY,
  KIND_TOPOLOGY_REPLY,
  WIRE_ERROR_IDLE,
  WIRE_ERROR_UNEXPECTED_KIND,
} from '../protocol/frame.ts'
import {
  REFUSAL_AUTHENTICATION,
  REFUSAL_CONNECTIONS,
  REFUSAL_FEATURE,
  REFUSAL_LIMITS,
  REFUSAL_NONE,
  REFUSAL_VERSION,
} from '../protocol/hello.ts'
import { REFUSED_CONNECTIONS_MAX } from './limits.ts'

const SET: TestOperation = { kind: 'set', key: 'key', value: 'value' }
const GET: TestOperation = { kind: 'get', key: 'key' }

function statuses(frame: {
  readonly sections: readonly { readonly results: readonly { readonly status: number }[] }[]
}) {
  return frame.sections.flatMap(({ results }) => results.map(({ status }) => status))
}

describe('handshake', () => {
  it('answers a hello with its shards and identity', () => {
    const { runtime, clock } = openTestRuntime({ shards: 2 })
    const { answer } = TestPeer.open(runtime)
    expect(answer).toMatchObject({ version: 1, refusal: REFUSAL_NONE, incarnation: 7n, topologyNumber: 1 })
    expect(answer?.serverTimeMs).toBe(clock.nowMs())
    expect(answer?.shards).toEqual([
      { shard: 0, view: 1 },
      { shard: 1, view: 1 },
    ])
  })

  it.each([
    ['a version that is not spoken', { versionMin: 2, versionMax: 3 }, REFUSAL_VERSION],
    ['a feature that is not known', { requiredFeatures: 1 }, REFUSAL_FEATURE],
    ['frames too small for a reply', { frameBytesMax: 4096 }, REFUSAL_LIMITS],
  ])('refuses %s and closes', (_, changes, refusal) => {
    const { runtime, log } = openTestRuntime()
    const peer = new TestPeer(runtime)
    peer.channel.deliver(testHello(changes))
    peer.replies()
    expect(peer.answer).toMatchObject({ version: 0, refusal, incarnation: 0n, shards: [] })
    expect(peer.channel.isClosed).toBe(true)
    expect(log.lines).toHaveLength(1)
    expect(runtime.stats()).toMatchObject({ connections: 0, connectionsRefused: 1 })
  })

  it('refuses whatever hello comes on a channel that is to be refused', () => {
    const { runtime } = openTestRuntime()
    const channel = new TestChannel()
    runtime.accept(channel, REFUSAL_AUTHENTICATION)
    channel.deliver(testHello())
    channel.read()
    expect(channel.takeReceived()[7]).toBe(REFUSAL_AUTHENTICATION)
    expect(channel.isClosed).toBe(true)
  })

  it('tells connections beyond the limit so, and closes those far beyond it without a word', () => {
    const { runtime } = openTestRuntime({ limits: { connectionsMax: 2 } })
    const served = [TestPeer.open(runtime), TestPeer.open(runtime)]
    const refused = Array.from({ length: REFUSED_CONNECTIONS_MAX }, () => new TestPeer(runtime))
    const dropped = new TestPeer(runtime)
    expect(dropped.channel.isClosed).toBe(true)
    for (const peer of refused) peer.channel.deliver(testHello())
    for (const peer of refused) peer.replies()
    for (const peer of refused) expect(peer.answer?.refusal).toBe(REFUSAL_CONNECTIONS)
    for (const peer of served) peer.channel.destroy()
    expect(TestPeer.open(runtime).answer?.refusal).toBe(REFUSAL_NONE)
  })

  it('closes a peer that does not finish its hello in time', () => {
    const { runtime, clock, log } = openTestRuntime({ limits: { handshakeMs: 500 } })
    const silent = new TestPeer(runtime)
    const slow = new TestPeer(runtime)
    const good = TestPeer.open(runtime)
    slow.channel.deliver(testHello().subarray(0, 47))
    clock.advance(400)
    silent.channel.read()
    expect(silent.channel.isClosed).toBe(false)
    clock.advance(200)
    for (const peer of [silent, slow]) {
      peer.channel.read()
      expect(peer.channel.isClosed).toBe(true)
      const error = peer.channel.takeReceived()
      expect(decodeError(error, 16, error.length).code).toBe(WIRE_ERROR_IDLE)
    }
    expect(log.lines.map(({ level, fields }) => [level, fields.code])).toEqual([
      ['warn', 'idle'],
      ['warn', 'idle'],
    ])
    good.send(encodeControl(KIND_PING, 1, ''))
    expect(good.replies()).toMatchObject([{ kind: KIND_PONG }])
  })

  it('sets no timer while nobody is connected', () => {
    const { runtime, clock } = openTestRuntime()
    expect(clock.timerCount).toBe(0)
    const peer = TestPeer.open(runtime)
    expect(clock.timerCount).toBe(1)
    peer.channel.destroy()
    expect(clock.timerCount).toBe(0)
  })
})

describe('frames', () => {
  it('executes operations and answers all frames of one read with one write, in order', () => {
    const { runtime } = openTestRuntime()
    const peer = TestPeer.open(runtime)
    const writesBefore = peer.channel.writeCount
    peer.send(
      operationsFrame(1, [{ operations: [GET, SET, GET] }]),
      encodeControl(KIND_PING, 2, ''),
      operationsFrame(3, [{ operations: [GET] }]),
    )
    expect(peer.channel.writeCount - writesBefore).toBe(1)
    const [first, second, third] = peer.replies()
    expect(first).toMatchObject({ kind: KIND_OPERATIONS_REPLY, sequence: 1 })
    expect(first && statuses(first)).toEqual([STATUS_MISSING, STATUS_OK, STATUS_VALUE])
    expect(second).toMatchObject({ kind: KIND_PONG, sequence: 2 })
    expect(third?.sections[0]).toMatchObject({ shard: 0, view: 1, outcome: OUTCOME_EXECUTED })
    expect(Buffer.from(third?.sections[0]?.results[0]?.value ?? []).toString()).toBe('value')
  })

  it('gives the same replies however the bytes are cut', () => {
    const stream = Buffer.concat([
      testHello(),
      operationsFrame(1, [{ operations: [SET, GET] }]),
      encodeControl(KIND_PING, 2, ''),
      operationsFrame(3, [{ operations: [GET, { kind: 'delete', key: 'key' }, GET] }]),
      operationsFrame(4, [{ operations: [{ kind: 'set', key: 'large', value: 'v'.repeat(5_000) }] }]),
      operationsFrame(5, [{ operations: [{ kind: 'get', key: 'large' }] }]),
    ])
    const expected = replyBytes([stream])
    expect(replyBytes(splitEverywhere(stream))).toEqual(expected)
    fc.assert(
      fc.property(arbitrarySplit(stream), (chunks) => {
        expect(replyBytes(chunks)).toEqual(expected)
      }),
      { numRuns: 50 },
    )
  })

  it('answers topology with the whole topology', () => {
    const { runtime, topology } = openTestRuntime({ shards: 3 })
    const peer = TestPeer.open(runtime)
    peer.send(encodeControl(KIND_TOPOLOGY, 9, ''))
    const [reply] = peer.replies()
    expect(reply).toMatchObject({ kind: KIND_TOPOLOGY_REPLY, sequence: 9 })
    expect(parseTopology(JSON.parse(Buffer.from(reply?.body ?? []).toString()))).toEqual(topology)
  })

  it('answers the admin command stats, and others with what it knows', () => {
    const { runtime } = openTestRuntime({ shards: 2 })
    const peer = TestPeer.open(runtime)
    peer.send(
      operationsFrame(1, [
        { shard: 0, operations: [{ kind: 'set', key: 'b', value: '1' }] },
        { shard: 1, operations: [{ kind: 'get', key: 'a' }] },
      ]),
      encodeControl(KIND_ADMIN, 2, '{"command":"stats"}'),
      encodeControl(KIND_ADMIN, 3, '{"command":"reboot"}'),
      encodeControl(KIND_ADMIN, 4, 'no json'),
    )
    const [, stats, ...others] = peer.replies()
    expect(stats?.kind).toBe(KIND_ADMIN_REPLY)
    const told: unknown = JSON.parse(Buffer.from(stats?.body ?? []).toString())
    expect(told).toMatchObject({ thread: 0, shards: [0, 1], operations: 2, gets: 1, hits: 0, sets: 1, connections: 1 })
    expect(told).toMatchObject({ frames: 1, connectionsAccepted: 1, slabsFree: 318 })
    expect(others).toHaveLength(2)
    for (const { body } of others) expect(JSON.parse(Buffer.from(body).toString())).toHaveProperty('error')
  })

  it('ignores optional flags', () => {
    const { runtime } = openTestRuntime()
    const peer = TestPeer.open(runtime)
    peer.send(operationsFrame(1, [{ operations: [SET] }], 0xf0), frameOf(KIND_PING, 2, new Uint8Array(0), 0xf0))
    expect(peer.replies().map(({ kind }) => kind)).toEqual([KIND_OPERATIONS_REPLY, KIND_PONG])
  })

  it.each([KIND_OPERATIONS_REPLY, KIND_TOPOLOGY_REPLY, KIND_PONG, KIND_ADMIN_REPLY, KIND_ERROR])(
    'answers what came before a frame of kind %i, then closes',
    (kind) => {
      const { runtime, log } = openTestRuntime()
      const peer = TestPeer.open(runtime)
      peer.send(encodeControl(KIND_PING, 1, ''), frameOf(kind, 2, new Uint8Array(0)), encodeControl(KIND_PING, 3, ''))
      const [pong, error, ...rest] = peer.replies()
      expect(pong?.kind).toBe(KIND_PONG)
      expect(error?.kind).toBe(KIND_ERROR)
      expect(decodeError(error?.body ?? new Uint8Array(0), 0, error?.body.length ?? 0).code).toBe(
        WIRE_ERROR_UNEXPECTED_KIND,
      )
      expect(rest).toEqual([])
      expect(peer.channel.isClosed).toBe(true)
      expect(log.lines).toHaveLength(1)
    },
  )
})

function replyBytes(chunks: readonly Uint8Array[]): Buffer {
  const { runtime } = openTestRuntime()
  const channel = new TestChannel()
  runtime.accept(channel)
  for (const chunk of chunks) channel.deliver(chunk)
  channel.read()
  channel.destroy()
  return Buffer.from(channel.takeReceived())
}
