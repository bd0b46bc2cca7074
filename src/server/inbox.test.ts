// What connections hold of what they were sent: counted to the byte, bounded in all whatever they send, and nobody is
// kept from being served for good.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { HostilePeer } from '../../test/support/hostile-peer.ts'
import { ManualClock } from '../../test/support/manual-clock.ts'
import {
  openTestRuntime,
  operationsFrame,
  TestChannel,
  TestPeer,
  testHello,
} from '../../test/support/server-harness.ts'
import { evenTopology } from '../cluster/topology.ts'
import { KIND_OPERATIONS, writeFrameHeader } from '../protocol/frame.ts'
import { FRAME_BYTES_MAX } from '../protocol/limits.ts'
import { seededRandom } from '../util/random.ts'
import { inputBytesMax, READ_BYTES_MAX, SERVER_LIMITS } from './limits.ts'
import type { ShardRuntime } from './shard-runtime.ts'
import type { Siblings } from './siblings.ts'

const KIB = 1024
const MIB = 1024 * KIB

function setFrame(valueBytes: number): Uint8Array {
  return operationsFrame(1, [{ operations: [{ kind: 'set', key: 'key', value: 'v'.repeat(valueBytes) }] }])
}

function held(runtime: ShardRuntime): number {
  return runtime.stats().inputBytesHeld
}

describe('bytes that were received', () => {
  it('are counted until their frame is executed', () => {
    const { runtime } = openTestRuntime()
    const [first, second] = [TestPeer.open(runtime), TestPeer.open(runtime)]
    const frame = setFrame(1_000)
    first.send(frame.subarray(0, 700))
    expect(held(runtime)).toBe(700)
    for (let at = 0; at < 30; at++) second.send(frame.subarray(at, at + 1))
    expect(held(runtime)).toBe(730)
    first.send(frame.subarray(700), frame, frame.subarray(0, 5))
    expect(held(runtime)).toBe(35)
    second.channel.destroy()
    expect(held(runtime)).toBe(5)
    first.channel.destroy()
    expect(held(runtime)).toBe(0)
  })

  it('are counted of hellos too, and not of connections that were refused', () => {
    const { runtime } = openTestRuntime({ password: 'open sesame' })
    const hello = testHello({ credentials: Buffer.from('guess') })
    const channels = [new TestChannel(), new TestChannel()]
    for (const channel of channels) {
      runtime.accept(channel)
      channel.deliver(hello.subarray(0, 50))
    }
    expect(held(runtime)).toBe(100)
    channels[0]?.deliver(new Uint8Array([...hello.subarray(50), ...setFrame(1_000)]))
    expect(held(runtime)).toBe(50)
    channels[1]?.destroy()
    expect(held(runtime)).toBe(0)
  })

  it('are counted while their frames wait for the peer to read', () => {
    const { runtime } = openTestRuntime({ limits: { heldBytesMax: 100 } })
    const peer = TestPeer.open(runtime)
    const frames = Array.from({ length: 10 }, () => setFrame(50))
    peer.send(...frames)
    const waiting = frames.length - runtime.stats().frames
    expect(waiting).toBeGreaterThan(0)
    expect(held(runtime)).toBe(waiting * (frames[0]?.length ?? 0))
    expect(peer.replies()).toHaveLength(frames.length)
    expect(held(runtime)).toBe(0)
  })

  it('are let go of when the connection ends, though its channel lingers', () => {
    const { runtime, clock } = openTestRuntime({ limits: { lingerMs: 60_000, largeFrameMs: 1_000 } })
    const [late, malformed] = [TestPeer.open(runtime), TestPeer.open(runtime)]
    late.send(setFrame(MIB).subarray(0, MIB))
    malformed.send(setFrame(MIB).fill(0xff, 33))
    expect(held(runtime)).toBe(MIB)
    clock.advance(2_000)
    for (const { channel } of [late, malformed]) expect([channel.isEnded, channel.isClosed]).toEqual([true, false])
    expect(held(runtime)).toBe(0)
  })
})

describe('a place for a large frame', () => {
  it('is given up by who does not read replies, once its large frame is executed', () => {
    const { runtime } = openTestRuntime({ limits: { largeFramesMax: 1, heldBytesMax: 100 } })
    const [reader, other] = [TestPeer.open(runtime), TestPeer.open(runtime)]
    const frame = setFrame(MIB)
    const last = frame.length - 100
    reader.send(frame.subarray(0, last))
    other.send(frame.subarray(0, last))
    expect(other.channel.isPaused).toBe(true)
    reader.send(frame.subarray(last), ...Array.from({ length: 10 }, () => setFrame(1)))
    expect(reader.channel.isPaused).toBe(true)
    expect(other.channel.isPaused).toBe(false)
    other.send(frame.subarray(last))
    expect(other.replies()).toHaveLength(1)
  })
})

describe('the bound of all input', () => {
  it('is what its limits say', () => {
    const limits = { ...SERVER_LIMITS, connectionsMax: 10, partialBytesMax: 1_000, largeFramesMax: 3, strangersMax: 2 }
    expect(inputBytesMax(limits)).toBe(10 * (1_000 + READ_BYTES_MAX) + 3 * FRAME_BYTES_MAX + 2 * 2_048)
  })

  const limits = {
    ...{ connectionsMax: 24, strangersMax: 8, partialBytesMax: 8 * KIB, largeFramesMax: 2, heldBytesMax: 64 * KIB },
    ...{ handshakeMs: 1_000, largeFrameMs: 2_000, slowReaderMs: 2_000, lingerMs: 3_000 },
  }
  /** No frame of the peers is longer, so a place never holds more. */
  const frameBytesMax = MIB

  it('is never passed, and whoever behaves is served in the end', () => {
    let heldMost = 0
    const ends = new Set<string>()
    const property = fc.property(fc.nat(), (seed) => {
      const random = seededRandom(seed)
      const clock = new ManualClock()
      const tasks: (() => void)[] = []
      const runs: (() => void)[] = []
      const siblings: Siblings = {
        send: (_, __, answered) => runs.push(() => answered({ bytes: new Uint8Array(0), isFenceRaised: false })),
      }
      const topology = evenTopology({ nodes: [{ id: 'test', host: 'test', ports: [1, 2] }], shardCount: 2 })
      const { runtime, log } = openTestRuntime({ clock, limits, topology, siblings })
      const allLimits = { ...SERVER_LIMITS, ...limits }
      const bound = inputBytesMax(allLimits) - limits.largeFramesMax * (FRAME_BYTES_MAX - frameBytesMax)
      const settle = (): void => {
        for (let task = tasks.shift(); task !== undefined; task = tasks.shift()) {
          task()
          const bytes = held(runtime)
          expect(bytes).toBeLessThanOrEqual(bound)
          heldMost = Math.max(heldMost, bytes / bound)
        }
      }
      const honest = TestPeer.open(runtime)
      const peers: HostilePeer[] = []
      for (let step = 0; step < 1_500; step++) {
        const index = random.nextBelow(limits.connectionsMax + 8)
        const peer = peers[index]
        if (peer === undefined || peer.isClosed) {
          peers[index] = new HostilePeer(runtime, (task) => tasks.push(task), random, frameBytesMax)
        } else peer.step()
        if (random.nextBelow(4) === 0) runs.shift()?.()
        if (random.nextBelow(100) === 0) clock.advance(random.nextBelow(1_000))
        settle()
      }
      // Whatever holds places ends in time, or is answered; what is small may stay.
      while (runs.length > 0) {
        runs.shift()?.()
        settle()
      }
      for (let second = 0; second < 20; second++) {
        clock.advance(1_000)
        while (runs.length > 0) runs.shift()?.()
        settle()
      }
      const frame = setFrame(MIB)
      for (let at = 0; at < frame.length; at += READ_BYTES_MAX) {
        expect(honest.channel.isPaused).toBe(false)
        honest.send(frame.subarray(at, at + READ_BYTES_MAX))
      }
      expect(honest.replies()).toHaveLength(1)
      for (const { fields } of log.lines) ends.add(String(fields.code))
      runtime.destroy()
      settle()
      expect(held(runtime)).toBe(0)
    })
    fc.assert(property, { numRuns: 8, interruptAfterTimeLimit: 60_000 })
    // The peers did come near to it, and met all that ends one of them.
    expect(heldMost).toBeGreaterThan(0.4)
    expect(ends).toEqual(new Set(['connections', 'idle', 'malformed', 'slow-reader']))
  })
})

it('a frame declares its length and is not believed: the bytes that came are what is held', () => {
  const { runtime } = openTestRuntime()
  const header = new Uint8Array(16)
  writeFrameHeader(header, 0, FRAME_BYTES_MAX, KIND_OPERATIONS, 0, 1, 1)
  for (let count = 0; count < 100; count++) TestPeer.open(runtime).send(header)
  expect(held(runtime)).toBe(1_600)
  expect(runtime.stats().waitingForLargeFrames).toBe(0)
})
