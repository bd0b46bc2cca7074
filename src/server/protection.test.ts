// What strangers, sleepers and crowds may cost.

import { describe, expect, it } from 'vitest'
import {
  openTestRuntime,
  operationsFrame,
  TestChannel,
  TestPeer,
  testHello,
} from '../../test/support/server-harness.ts'
import { parseTopology } from '../cluster/parse-topology.ts'
import { encodeControl } from '../protocol/control.ts'
import { KIND_ERROR, KIND_OPERATIONS_REPLY, KIND_TOPOLOGY } from '../protocol/frame.ts'
import { REFUSAL_AUTHENTICATION, REFUSAL_NONE } from '../protocol/hello.ts'
import { HELLO_BYTES_MAX } from '../protocol/limits.ts'

const KIB = 1024

describe('a password', () => {
  it.each([
    ['the right one', 'open sesame', REFUSAL_NONE],
    ['a wrong one', 'open sesam', REFUSAL_AUTHENTICATION],
    ['a longer one', 'open sesame!', REFUSAL_AUTHENTICATION],
    ['none', '', REFUSAL_AUTHENTICATION],
  ])('lets nobody in but who knows it: %s', (_, guess, refusal) => {
    const { runtime, log } = openTestRuntime({ password: 'open sesame' })
    const peer = new TestPeer(runtime)
    peer.channel.deliver(testHello({ credentials: Buffer.from(guess) }))
    peer.send(operationsFrame(1, [{ operations: [{ kind: 'get', key: 'k' }] }]))
    const replies = peer.replies()
    expect(peer.answer?.refusal).toBe(refusal)
    expect(replies).toHaveLength(refusal === REFUSAL_NONE ? 1 : 0)
    expect(peer.channel.isClosed).toBe(refusal !== REFUSAL_NONE)
    expect(runtime.stats().operations).toBe(refusal === REFUSAL_NONE ? 1 : 0)
    expect(JSON.stringify(log.lines)).not.toContain('sesam')
  })

  it('is not asked for where there is none', () => {
    const { runtime } = openTestRuntime()
    const peer = new TestPeer(runtime)
    peer.channel.deliver(testHello({ credentials: Buffer.from('whatever') }))
    peer.replies()
    expect(peer.answer?.refusal).toBe(REFUSAL_NONE)
  })
})

describe('strangers', () => {
  it('are closed beyond their limit, and leave room for others once they have spoken', () => {
    const { runtime } = openTestRuntime({ limits: { strangersMax: 2 } })
    const peers = Array.from({ length: 3 }, () => new TestPeer(runtime))
    expect(peers.map(({ channel }) => channel.isClosed)).toEqual([false, false, true])
    peers[0]?.channel.deliver(testHello())
    const next = new TestPeer(runtime)
    expect(next.channel.isClosed).toBe(false)
    peers[1]?.channel.destroy()
    expect(new TestPeer(runtime).channel.isClosed).toBe(false)
    expect(new TestPeer(runtime).channel.isClosed).toBe(true)
  })

  it('are heard no longer than a hello is long', () => {
    const { runtime } = openTestRuntime()
    const peer = new TestPeer(runtime)
    const endless = testHello({ credentials: new Uint8Array(100) })
    endless[4] = 0xff
    endless[5] = 0xff
    peer.channel.deliver(endless)
    peer.channel.deliver(new Uint8Array(HELLO_BYTES_MAX))
    peer.channel.read()
    expect(peer.channel.isClosed).toBe(true)
  })
})

describe('an idle connection', () => {
  it('is closed after its time, and told why; one that speaks is not', () => {
    const { runtime, clock } = openTestRuntime({ limits: { idleMs: 1_000 } })
    const sleeper = TestPeer.open(runtime)
    const talker = TestPeer.open(runtime)
    for (let second = 0; second < 3; second++) {
      clock.advance(600)
      talker.send(operationsFrame(second, [{ operations: [{ kind: 'get', key: 'k' }] }]))
      talker.channel.read()
    }
    const [farewell] = sleeper.replies()
    expect(farewell?.kind).toBe(KIND_ERROR)
    expect(Buffer.from(farewell?.body ?? []).toString()).toContain('nothing was sent for too long')
    expect(sleeper.channel.isClosed).toBe(true)
    expect(talker.channel.isClosed).toBe(false)
  })

  it('is not closed while it is owed something', () => {
    const { runtime, clock } = openTestRuntime({ limits: { idleMs: 1_000, slowReaderMs: 60_000 } })
    const peer = TestPeer.open(runtime)
    peer.send(operationsFrame(1, [{ operations: [{ kind: 'get', key: 'k' }] }]))
    clock.advance(5_000)
    expect(peer.channel.isEnded).toBe(false)
    expect(peer.replies()).toHaveLength(1)
  })
})

describe('a connection that is not read from', () => {
  const set = operationsFrame(1, [{ operations: [{ kind: 'set', key: 'key', value: 'v'.repeat(10_000) }] }])

  it('is not idle while it waits for a place for its large frame', () => {
    const limits = { idleMs: 1_000, largeFramesMax: 1, partialBytesMax: 1_000, largeFrameMs: 5_000 }
    const { runtime, clock } = openTestRuntime({ limits })
    const [first, second] = [TestPeer.open(runtime), TestPeer.open(runtime)]
    for (const peer of [first, second]) peer.send(set.subarray(0, 2_000))
    for (let at = 2_000; at < 2_004; at++) {
      clock.advance(600)
      first.send(set.subarray(at, at + 1))
    }
    first.send(set.subarray(2_004))
    clock.advance(600)
    second.send(set.subarray(2_000))
    expect([first, second].map((peer) => peer.replies().map(({ kind }) => kind))).toEqual([
      [KIND_OPERATIONS_REPLY],
      [KIND_OPERATIONS_REPLY],
    ])
  })

  it('is not idle when it has just read what kept its frames waiting', () => {
    const { runtime, clock } = openTestRuntime({ limits: { idleMs: 1_000, slowReaderMs: 60_000, heldBytesMax: 1 } })
    const peer = TestPeer.open(runtime)
    peer.send(set, set)
    clock.advance(5_000)
    expect(peer.replies()).toHaveLength(2)
    clock.advance(500)
    expect(peer.channel.isEnded).toBe(false)
    clock.advance(1_000)
    expect(peer.channel.isEnded).toBe(true)
  })
})

describe('readers that stop, many of them', () => {
  it('hold no more in all than the limit and a reply each', () => {
    const limits = { heldBytesMax: 64 * KIB, heldBytesOfAllMax: 256 * KIB }
    const { runtime } = openTestRuntime({ limits })
    const writer = TestPeer.open(runtime)
    writer.send(operationsFrame(0, [{ operations: [{ kind: 'set', key: 'key', value: 'v'.repeat(8 * KIB) }] }]))
    writer.replies()
    const frames = Array.from({ length: 40 }, (_, index) =>
      operationsFrame(index, [{ operations: [{ kind: 'get', key: 'key' }] }]),
    )
    const peers = Array.from({ length: 20 }, () => TestPeer.open(runtime, new TestChannel()))
    for (const frame of frames) for (const peer of peers) peer.send(frame)
    const replyBytes = 9 * KIB
    expect(runtime.stats().bytesHeld).toBeLessThan(limits.heldBytesOfAllMax + peers.length * replyBytes)
    // Whoever reads goes on, and is answered everything in the end.
    const counts = peers.map(() => 0)
    for (let round = 0; round < 60; round++) {
      for (const [index, peer] of peers.entries()) counts[index] = (counts[index] ?? 0) + peer.replies().length
    }
    expect(counts).toEqual(peers.map(() => frames.length))
    expect(runtime.stats().bytesHeld).toBe(0)
  })
})

describe('a thread without shards', () => {
  it('makes who asks it for the topology and does not read wait, as any other', () => {
    const slots = Array.from({ length: 2_000 }, (_, index) => [index * 8, index * 8 + 7] as const)
    const topology = parseTopology({
      number: 1,
      nodes: [{ id: 'test', host: 'test', ports: [1, 2] }],
      shards: [{ id: 0, node: 'test', thread: 0, view: 1, slots: [...slots, [16_000, 16_383]] }],
    })
    const { runtime } = openTestRuntime({ topology, thread: 1, replySlabsMax: 60 })
    const frames = Array.from({ length: 4 }, (_, index) => encodeControl(KIND_TOPOLOGY, index, ''))
    const peers = Array.from({ length: 80 }, () => TestPeer.open(runtime))
    for (const peer of peers) peer.send(...frames)
    const counts = peers.map(() => 0)
    for (let round = 0; round < 40; round++) {
      for (const [index, peer] of peers.entries()) counts[index] = (counts[index] ?? 0) + peer.replies().length
    }
    expect(counts).toEqual(peers.map(() => frames.length))
  })
})
