import { describe, expect, it } from 'vitest'
import type { TestOperation } from '../../test/support/engine-harness.ts'
import { openTestRuntime, operationsFrame, TestChannel, TestPeer } from '../../test/support/server-harness.ts'
import { encodeControl } from '../protocol/control.ts'
import { KIND_ERROR, KIND_PING, KIND_PONG } from '../protocol/frame.ts'
import { COPIED_REPLY_BYTES_MAX, frameSlabsMax, WRITE_BYTES_TARGET } from './limits.ts'

const MIB = 1024 * 1024
const SLAB_BYTES = 256 * 1024

function get(key: string): TestOperation {
  return { kind: 'get', key }
}

/** A peer, and a record of so many bytes under `key`. */
function peerWithRecord(options: Parameters<typeof openTestRuntime>[0], valueBytes: number) {
  const opened = openTestRuntime(options)
  const peer = TestPeer.open(opened.runtime)
  peer.send(operationsFrame(0, [{ operations: [{ kind: 'set', key: 'key', value: 'v'.repeat(valueBytes) }] }]))
  peer.replies()
  return { ...opened, peer, slabsAtRest: opened.runtime.stats().slabsFree }
}

const GET_FRAMES = Array.from({ length: 100 }, (_, index) => operationsFrame(index, [{ operations: [get('key')] }]))

describe('slabs', () => {
  it('copies small replies out of their slab, so that a reader of few bytes holds none', () => {
    const { runtime, peer, slabsAtRest } = peerWithRecord({}, 100)
    peer.send(...GET_FRAMES.slice(0, 50))
    expect(peer.channel.heldBytes).toBeGreaterThan(0)
    expect(peer.channel.heldBytes).toBeLessThan(COPIED_REPLY_BYTES_MAX)
    expect(runtime.stats().slabsFree).toBe(slabsAtRest)
  })

  it('sends large replies from their slabs, which return as the writes are released', () => {
    const { runtime, peer, slabsAtRest } = peerWithRecord({}, 5 * MIB)
    const writesBefore = peer.channel.writeCount
    peer.send(operationsFrame(1, [{ operations: [get('key')] }]))
    const slabsTaken = Math.ceil((5 * MIB) / SLAB_BYTES) + 1
    expect(runtime.stats().slabsFree).toBe(slabsAtRest - slabsTaken)
    expect(peer.channel.writeCount - writesBefore).toBe(Math.ceil(slabsTaken / (WRITE_BYTES_TARGET / SLAB_BYTES)))
    peer.channel.read(1)
    expect(runtime.stats().slabsFree).toBe(slabsAtRest - slabsTaken + WRITE_BYTES_TARGET / SLAB_BYTES)
    expect(peer.replies()[0]?.sections[0]?.results[0]?.value.length).toBe(5 * MIB)
    expect(runtime.stats().slabsFree).toBe(slabsAtRest)
  })

  it('returns them when the connection is lost', () => {
    const { runtime, peer, slabsAtRest } = peerWithRecord({}, 5 * MIB)
    peer.send(...GET_FRAMES)
    expect(runtime.stats().slabsFree).toBeLessThan(slabsAtRest)
    peer.channel.destroy()
    expect(runtime.stats()).toMatchObject({ slabsFree: slabsAtRest, connections: 0 })
  })
})

describe('a reader that stops', () => {
  it('makes its own frames wait at the limit of slabs, pauses, and goes on where it was', () => {
    const { runtime, peer, slabsAtRest } = peerWithRecord({ limits: { slabsPerConnectionMax: 8 } }, SLAB_BYTES)
    peer.send(...GET_FRAMES)
    expect(slabsAtRest - runtime.stats().slabsFree).toBeLessThanOrEqual(8 + 2)
    expect(runtime.stats().frames).toBeLessThan(10)
    expect(peer.channel.isPaused).toBe(true)
    const other = TestPeer.open(runtime)
    other.send(encodeControl(KIND_PING, 1, ''))
    expect(other.replies()).toMatchObject([{ kind: KIND_PONG }])
    const replies = peer.replies()
    expect(replies.map(({ sequence }) => sequence)).toEqual(GET_FRAMES.map((_, index) => index))
    expect(peer.channel.isPaused).toBe(false)
    expect(runtime.stats().slabsFree).toBe(slabsAtRest)
  })

  it('waits when its channel is full, however small the replies', () => {
    const { runtime } = openTestRuntime()
    const peer = TestPeer.open(runtime, new TestChannel(1_000))
    const ping = encodeControl(KIND_PING, 1, '')
    for (let count = 0; count < 1_000; count++) if (!peer.channel.isPaused) peer.send(ping)
    expect(peer.channel.isPaused).toBe(true)
    expect(peer.channel.heldBytes).toBeLessThan(1_100)
    const framesAnswered = runtime.stats().frames
    expect(peer.replies().length).toBeGreaterThanOrEqual(framesAnswered)
    expect(peer.channel.isPaused).toBe(false)
  })

  it('waits at the limit of bytes that are not released', () => {
    const { runtime } = openTestRuntime({ limits: { heldBytesMax: 1_600 } })
    const peer = TestPeer.open(runtime)
    peer.send(...Array.from({ length: 1_000 }, (_, index) => encodeControl(KIND_PING, index, '')))
    expect(peer.channel.heldBytes).toBe(1_600)
    expect(peer.replies()).toHaveLength(1_000)
  })

  it('is closed when it makes no progress for too long, with one line', () => {
    const { runtime, peer, clock, log, slabsAtRest } = peerWithRecord({ limits: { slowReaderMs: 5_000 } }, MIB)
    peer.send(...GET_FRAMES)
    clock.advance(4_000)
    peer.channel.read(1)
    clock.advance(4_000)
    expect(peer.channel.isClosed).toBe(false)
    clock.advance(2_000)
    expect(peer.channel.isClosed).toBe(true)
    expect(log.lines.map(({ level, fields }) => [level, fields.code])).toEqual([['warn', 'slow-reader']])
    expect(runtime.stats()).toMatchObject({ slabsFree: slabsAtRest, connections: 0 })
  })

  it('may take as long as it likes while it has nothing to read', () => {
    const { peer, clock } = peerWithRecord({}, 100)
    clock.advance(10_000_000)
    peer.send(encodeControl(KIND_PING, 1, ''))
    clock.advance(1_000)
    expect(peer.replies()).toMatchObject([{ kind: KIND_PONG }])
  })
})

describe('scarce slabs', () => {
  const replySlabsMax = frameSlabsMax(SLAB_BYTES) + 8
  /** No memory for copies. */
  const noCopies = { heldBytesMax: 1, heldBytesOfAllMax: 1 }

  it('are left to others: who takes the last ones is sent copies, and nobody waits for it to read', () => {
    const limits = { heldBytesMax: MIB, heldBytesOfAllMax: 20 * MIB }
    const { runtime, peer: first } = peerWithRecord({ replySlabsMax, limits }, 4 * MIB)
    const holders = [first, ...Array.from({ length: 3 }, () => TestPeer.open(runtime))]
    for (const holder of holders) holder.send(...GET_FRAMES.slice(0, 2))
    expect(holders.map(({ channel }) => Math.floor(channel.heldBytes / MIB))).toEqual([4, 4, 4, 4])
    expect(runtime.stats()).toMatchObject({ slabsFree: replySlabsMax, waitingForSlabs: 0 })
    const calm = TestPeer.open(runtime)
    calm.send(operationsFrame(1, [{ operations: [get('missing')] }]))
    expect(calm.replies()).toHaveLength(1)
    for (const holder of holders) {
      const values = holder.replies().map(({ sections }) => sections[0]?.results[0]?.value)
      expect(values.map((value) => value?.every((byte) => byte === 'v'.charCodeAt(0)))).toEqual([true, true])
    }
    expect(runtime.stats()).toMatchObject({ slabsFree: replySlabsMax, bytesHeld: 0 })
  })

  it('are taken again when there is no memory for more copies', () => {
    const limits = { heldBytesMax: MIB, heldBytesOfAllMax: 10 * MIB }
    const { runtime, peer: first } = peerWithRecord({ replySlabsMax, limits }, 4 * MIB)
    const holders = [first, ...Array.from({ length: 4 }, () => TestPeer.open(runtime))]
    for (const holder of holders) holder.send(...GET_FRAMES.slice(0, 2))
    // Two copies, one reply in slabs, and those behind wait.
    expect(holders.map(({ channel }) => Math.floor(channel.heldBytes / MIB))).toEqual([4, 4, 4, 0, 0])
    expect(runtime.stats()).toMatchObject({ waitingForSlabs: 2 })
    expect(runtime.stats().slabsFree).toBeLessThan(replySlabsMax)
    for (let round = 0; round < 2; round++) for (const holder of holders) holder.channel.read()
    expect(holders.map((holder) => holder.decode().length)).toEqual([2, 2, 2, 2, 2])
    expect(runtime.stats()).toMatchObject({ slabsFree: replySlabsMax, bytesHeld: 0, waitingForSlabs: 0 })
  })

  it('makes frames of all connections wait, and serves them in the order of their waiting', () => {
    const { runtime, peer: holder } = peerWithRecord({ replySlabsMax, limits: noCopies }, 4 * MIB)
    holder.send(operationsFrame(1, [{ operations: [get('key')] }]))
    const served: number[] = []
    const waiting = [0, 1, 2].map((number) => {
      const peer = TestPeer.open(runtime)
      peer.send(operationsFrame(1, [{ operations: [get('missing')] }]))
      return { number, peer }
    })
    const noteServed = () => {
      for (const { number, peer } of waiting)
        if (peer.channel.heldBytes > 0 && !served.includes(number)) served.push(number)
    }
    noteServed()
    expect(served).toEqual([])
    // A later arrival does not overtake, and one that leaves is forgotten.
    waiting[0]?.peer.channel.destroy()
    holder.replies()
    noteServed()
    expect(served).toEqual([1, 2])
    const { slabsFree, frames } = runtime.stats()
    expect({ slabsFree, frames }).toEqual({ slabsFree: replySlabsMax, frames: 4 })
  })

  it('closes a stopped reader much sooner when others wait for its slabs', () => {
    const limits = { ...noCopies, slowReaderMs: 30_000, slowReaderStarvingMs: 1_000 }
    const { runtime, peer: holder, clock } = peerWithRecord({ replySlabsMax, limits }, 4 * MIB)
    holder.send(operationsFrame(1, [{ operations: [get('key')] }]))
    clock.advance(10_000)
    expect(holder.channel.isClosed).toBe(false)
    const waiting = TestPeer.open(runtime)
    waiting.send(encodeControl(KIND_PING, 1, ''))
    clock.advance(1_000)
    expect(holder.channel.isClosed).toBe(true)
    expect(waiting.replies()).toMatchObject([{ kind: KIND_PONG }])
  })
})

describe('large incomplete frames', () => {
  const limits = { largeFramesMax: 2, partialBytesMax: 1_000, largeFrameMs: 5_000 }

  function largeSet(sequence: number): Uint8Array {
    return operationsFrame(sequence, [{ operations: [{ kind: 'set', key: 'key', value: 'v'.repeat(10_000) }] }])
  }

  it('are taken from a few connections at once; the others pause until a place is free', () => {
    const { runtime } = openTestRuntime({ limits })
    const peers = [0, 1, 2, 3].map(() => TestPeer.open(runtime))
    for (const peer of peers) peer.send(largeSet(1).subarray(0, 2_000))
    expect(peers.map(({ channel }) => channel.isPaused)).toEqual([false, false, true, true])
    peers[2]?.channel.destroy()
    peers[0]?.send(largeSet(1).subarray(2_000))
    expect(peers.map(({ channel }) => channel.isPaused)).toEqual([false, false, true, false])
    for (const number of [1, 3]) peers[number]?.send(largeSet(1).subarray(2_000))
    expect([0, 1, 3].map((number) => peers[number]?.replies().length)).toEqual([1, 1, 1])
  })

  it('must arrive in time', () => {
    const { runtime, clock, log } = openTestRuntime({ limits })
    const slow = TestPeer.open(runtime)
    const waiting = [TestPeer.open(runtime), TestPeer.open(runtime)]
    for (const peer of [slow, ...waiting]) peer.send(largeSet(1).subarray(0, 2_000))
    waiting[0]?.send(largeSet(1).subarray(2_000))
    for (let second = 0; second < 6; second++) {
      clock.advance(1_000)
      if (!slow.channel.isEnded) slow.send(Uint8Array.of(0))
    }
    expect(slow.replies()).toMatchObject([{ kind: KIND_ERROR }])
    expect(log.lines.map(({ fields }) => fields.code)).toContain('idle')
    expect(waiting[0]?.replies()).toHaveLength(1)
  })

  it('that are small may stay incomplete', () => {
    const { runtime, clock } = openTestRuntime({ limits })
    const peer = TestPeer.open(runtime)
    peer.send(largeSet(1).subarray(0, 900))
    clock.advance(1_000_000)
    peer.send(largeSet(1).subarray(900))
    expect(peer.replies()).toHaveLength(1)
  })
})
