import { describe, expect, it } from 'vitest'
import { oneShard, open, sixShards, turns } from '../../test/support/client-harness.ts'
import { ManualClock } from '../../test/support/manual-clock.ts'
import { encodeError } from '../protocol/control.ts'
import { WIRE_ERROR_IDLE, WIRE_ERROR_MALFORMED } from '../protocol/frame.ts'
import { encodeAnswer } from '../protocol/hello.ts'
import { FRAME_BYTES_MAX, FRAME_OPS_MAX, KEY_BYTES_MAX, REPLY_BYTES_MAX, VALUE_BYTES_MAX } from '../protocol/limits.ts'
import type { ByteChannel } from '../util/byte-channel.ts'
import { connect } from './connect.ts'
import { memoryTransport } from './memory-transport.ts'
import type { Transport } from './transport.ts'

const ANSWER = {
  version: 1,
  refusal: 0,
  features: 0,
  incarnation: 1n,
  serverTimeMs: 0,
  topologyNumber: 1,
  frameBytesMax: FRAME_BYTES_MAX,
  frameOpsMax: FRAME_OPS_MAX,
  replyBytesMax: REPLY_BYTES_MAX,
  valueBytesMax: VALUE_BYTES_MAX,
  keyBytesMax: KEY_BYTES_MAX,
  shards: [],
}

/** A transport to something that answers every hello with the same bytes; empty bytes are no answer. */
function answering(bytes: Uint8Array, onClosed = (): void => {}): Transport {
  const accept = (channel: ByteChannel): void => {
    channel.open({
      onBytes: () => void (bytes.length > 0 && channel.write([bytes])),
      onDrain: () => {},
      onClose: onClosed,
    })
  }
  return memoryTransport(() => ({ accept }))
}

describe('connect', () => {
  it('opens one connection to each shard thread, and closes the one that it asked first', async () => {
    const cluster = sixShards()
    const client = await open(cluster)
    await turns()
    const addresses = cluster.connections.filter(({ isClosed }) => !isClosed).map(({ address }) => address)
    expect(addresses.toSorted()).toEqual(['one:1', 'one:2', 'two:1'])
    expect(client.topology).toEqual(cluster.topology)
    expect(await client.stats()).toEqual([{ address: 'one:1' }, { address: 'one:2' }, { address: 'two:1' }])
  })

  it('tries the addresses in turn', async () => {
    const client = await connect(['nobody:1', 'one:1'], { transport: oneShard().transport })
    await client.close()
  })

  it('does not wait long for an address, or a thread, that never answers', async () => {
    const cluster = sixShards()
    const isHung = (address: string): boolean => address === 'hung:1' || address === 'two:1'
    const transport: Transport = {
      connect: (address, signal) =>
        isHung(address) ? new Promise(() => {}) : cluster.transport.connect(address, signal),
    }
    const client = await connect(['hung:1', 'one:1'], { transport, connectTimeoutMs: 50 })
    const calls = Array.from({ length: 30 }, (_, index) => client.set(`k:${index}`, 'v').catch(() => {}))
    await turns()
    expect(cluster.executed.length).toBeGreaterThan(5)
    client.destroy()
    await Promise.all(calls)
  })

  it('fails when nobody answers', async () => {
    const { transport } = oneShard()
    await expect(connect('nobody:1', { transport })).rejects.toMatchObject({ code: 'CONNECT_FAILED', fate: 'not-done' })
    await expect(connect([], { transport })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  })

  it('goes on trying a shard thread that cannot be reached', async () => {
    const cluster = sixShards()
    cluster.isReachable = (address) => address !== 'two:1'
    const client = await open(cluster)
    const calls = Array.from({ length: 60 }, (_, index) => client.set(`k:${index}`, 'v'))
    await turns()
    expect(cluster.executed.length).toBeGreaterThan(20)
    expect(cluster.executed.length).toBeLessThan(60)
    cluster.isReachable = () => true
    await Promise.all(calls)
    expect(cluster.executed.toSorted()).toEqual(calls.map((_, index) => `set k:${index}`).toSorted())
  })

  it('fails when no shard thread can be reached, and leaves no connection open', async () => {
    const cluster = sixShards()
    let attempts = 0
    cluster.isReachable = () => attempts++ === 0
    await expect(connect('one:1', { transport: cluster.transport })).rejects.toMatchObject({ code: 'CONNECT_FAILED' })
    await turns()
    expect(cluster.connections.every(({ isClosed }) => isClosed)).toBe(true)
  })

  it.each([
    ['says no', encodeAnswer({ ...ANSWER, version: 0, refusal: 5 }), 'REFUSED'],
    ['has too many connections', encodeAnswer({ ...ANSWER, version: 0, refusal: 3 }), 'CONNECT_FAILED'],
    ['takes smaller values', encodeAnswer({ ...ANSWER, valueBytesMax: 10 }), 'REFUSED'],
    ['is no Sluice server', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'), 'PROTOCOL'],
    ['found no sense in the hello', encodeError(WIRE_ERROR_MALFORMED, 'no sense'), 'PROTOCOL'],
  ])('fails when the server %s', async (_, bytes, code) => {
    let closed = 0
    const transport = answering(bytes, () => {
      closed += 1
    })
    await expect(connect('any:1', { transport })).rejects.toMatchObject({ code })
    await turns()
    expect(closed).toBe(1)
  })

  it('passes on what the server says in place of an answer', async () => {
    const transport = answering(encodeError(WIRE_ERROR_IDLE, 'no whole hello came in time'))
    await expect(connect('any:1', { transport })).rejects.toMatchObject({
      code: 'CONNECT_FAILED',
      message: expect.stringContaining('no whole hello came in time'),
    })
  })

  it('gives up after the time limit, with no timer left', async () => {
    const clock = new ManualClock()
    const connecting = connect('any:1', { transport: answering(new Uint8Array(0)), clock, connectTimeoutMs: 100 })
    await turns()
    clock.advance(99)
    expect(clock.timerCount).toBe(1)
    clock.advance(1)
    await expect(connecting).rejects.toMatchObject({ code: 'CONNECT_FAILED' })
    expect(clock.timerCount).toBe(0)
  })

  it('gives up when its signal aborts, also when the transport does not listen', async () => {
    const controller = new AbortController()
    const deaf: Transport = { connect: () => new Promise(() => {}) }
    const connecting = [deaf, answering(new Uint8Array(0))].map((transport) =>
      connect('any:1', { transport, signal: controller.signal }),
    )
    await turns()
    controller.abort(new Error('changed my mind'))
    for (const attempt of connecting) {
      await expect(attempt).rejects.toMatchObject({ code: 'CONNECT_FAILED', cause: { message: 'changed my mind' } })
    }
    const late = connect('any:1', { transport: deaf, signal: controller.signal })
    await expect(late).rejects.toMatchObject({ code: 'CONNECT_FAILED' })
  })

  it('leaves no timer behind a closed client', async () => {
    const clock = new ManualClock()
    const client = await open(oneShard(), { clock })
    await client.set('a', '1')
    clock.advance(1_000)
    expect(clock.timerCount).toBe(0)
    await client.set('b', '2')
    await client.close()
    expect(clock.timerCount).toBe(0)
  })

  it.each([
    ['connectTimeoutMs', 0],
    ['framesInFlightMax', 65],
    ['framesInFlightMax', 1.5],
    ['queueBytesMax', -1],
    ['password', 'x'.repeat(1_025)],
  ])('checks its options: %s = %s', async (name, value) => {
    const attempt = connect('one:1', { transport: oneShard().transport, [name]: value })
    await expect(attempt).rejects.toMatchObject({ code: 'INVALID_ARGUMENT', message: expect.stringContaining(name) })
  })
})

describe('a full queue', () => {
  it('makes `ready` wait until there is room', async () => {
    const cluster = oneShard()
    const client = await open(cluster, { framesInFlightMax: 1, queueBytesMax: 1_000 })
    cluster.isHolding = true
    const sent = [0, 1, 2].map((number) => {
      const batch = client.batch()
      batch.set(`k${number}`, 'v'.repeat(600))
      return batch.send()
    })
    let isReady = false
    const ready = client.ready().then(() => {
      isReady = true
    })
    await turns()
    expect(isReady).toBe(false)
    cluster.only().answer(1)
    await ready
    await turns()
    expect(cluster.only().received).toHaveLength(2)
    cluster.isHolding = false
    cluster.only().answer()
    await Promise.all(sent)
    await client.ready()
  })
})
