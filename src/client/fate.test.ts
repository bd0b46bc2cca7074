import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { oneShard, open, sixShards, turns } from '../../test/support/client-harness.ts'
import type { FakeCluster, FakeConnection } from '../../test/support/fake-cluster.ts'
import { OUTCOME_STOPPED } from '../protocol/codes.ts'
import { encodeControl, encodeError } from '../protocol/control.ts'
import { KIND_PING, KIND_TOPOLOGY, WIRE_ERROR_IDLE, WIRE_ERROR_MALFORMED } from '../protocol/frame.ts'
import { BatchError } from './batch-error.ts'
import type { Client } from './client.ts'

/** Sends one batch for each key; the outcome of each in words. */
function sendEach(client: Client, keys: readonly string[]): Promise<string>[] {
  return keys.map(async (key) => {
    const batch = client.batch()
    batch.set(key, 'v')
    try {
      await batch.send()
      return 'done'
    } catch (error) {
      return (error as { fate: string }).fate
    }
  })
}

async function holding(options = {}): Promise<{ cluster: FakeCluster; client: Client; connection: FakeConnection }> {
  const cluster = oneShard()
  const client = await open(cluster, { whenDisconnected: 'fail', ...options })
  cluster.isHolding = true
  return { cluster, client, connection: cluster.only() }
}

describe('a lost connection', () => {
  it('leaves sent operations unknown and unsent ones not done', async () => {
    const { client, connection } = await holding({ framesInFlightMax: 2 })
    const fates = sendEach(client, ['a', 'b', 'c', 'd'])
    await turns()
    connection.answer(1)
    await turns()
    connection.cut()
    expect(await Promise.all(fates)).toEqual(['done', 'unknown', 'unknown', 'not-done'])
  })

  it('leaves operations behind a refused frame not done, whether the reply came or not', async () => {
    const { cluster, client, connection } = await holding({ framesInFlightMax: 3 })
    cluster.rule = () => ({ outcome: OUTCOME_STOPPED, executed: 0 })
    const fates = sendEach(client, ['a', 'b', 'c', 'd'])
    await turns()
    connection.answer(1)
    await turns()
    connection.cut()
    expect(await Promise.all(fates)).toEqual(['not-done', 'not-done', 'not-done', 'not-done'])
  })

  it('fails later calls as not done', async () => {
    const { cluster, client, connection } = await holding()
    cluster.isReachable = () => false
    connection.cut()
    await turns()
    await expect(client.set('a', '1')).rejects.toMatchObject({
      code: 'DISCONNECTED',
      fate: 'not-done',
      retryable: true,
    })
    await expect(client.stats()).rejects.toMatchObject({ code: 'DISCONNECTED' })
    await client.ready()
    await client.close()
  })

  it('fails only the operations of its own shards', async () => {
    const cluster = sixShards()
    const client = await open(cluster, { whenDisconnected: 'fail' })
    cluster.isReachable = (address) => address !== 'one:2'
    cluster.at('one:2')[0]?.cut()
    await turns()
    const settled = await Promise.allSettled(Array.from({ length: 60 }, (_, index) => client.set(`k:${index}`, 'v')))
    const done = settled.filter(({ status }) => status === 'fulfilled')
    expect(done).toHaveLength(cluster.executed.length)
    expect(done.length).toBeGreaterThan(20)
    expect(done.length).toBeLessThan(60)
  })

  it('never lies, wherever it is cut', async () => {
    const step = fc.constantFrom('send', 'answer', 'turn')
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), fc.integer({ min: 1, max: 4 }), async (steps, window) => {
        const { cluster, client, connection } = await holding({ framesInFlightMax: window })
        const fates: Promise<string>[] = []
        for (const name of steps) {
          if (name === 'send') fates.push(...sendEach(client, [`k${fates.length}`]))
          else if (name === 'answer') connection.answer(1)
          else await turns(2)
        }
        cluster.isReachable = () => false
        connection.cut()
        for (const [index, fate] of (await Promise.all(fates)).entries()) {
          const isExecuted = cluster.executed.includes(`set k${index}`)
          if (fate === 'done') expect(isExecuted).toBe(true)
          if (fate === 'not-done') expect(isExecuted).toBe(false)
        }
        client.destroy()
      }),
      { numRuns: 60 },
    )
  })
})

describe('a server that is about to stop', () => {
  it('is sent nothing more: what is in flight finishes, the rest goes over the next connection', async () => {
    const { cluster, client, connection } = await holding({ framesInFlightMax: 2, whenDisconnected: 'wait' })
    const fates = sendEach(client, ['a', 'b', 'c'])
    await turns()
    connection.goAway()
    await turns()
    const late = client.set('late', 'v')
    await turns()
    expect(cluster.connections).toHaveLength(2)
    cluster.isHolding = false
    connection.answer()
    await turns()
    expect(connection.isClosed).toBe(true)
    expect(await Promise.all(fates)).toEqual(['done', 'done', 'done'])
    await late
    expect(connection.received).toHaveLength(2)
    expect(cluster.executed).toEqual(['set a', 'set b', 'set c', 'set late'])
  })

  it('ends an idle connection', async () => {
    const { client, connection } = await holding()
    connection.goAway()
    await turns()
    expect(connection.isClosed).toBe(true)
    await client.close()
  })
})

describe('a server that breaks the protocol', () => {
  const PROTOCOL = { code: 'PROTOCOL', fate: 'unknown' }

  it.each([
    ['garbage', Uint8Array.from({ length: 64 }, (_, index) => index)],
    ['a reply to nothing', encodeControl(4, 77, '{}')],
    ['a request', encodeControl(KIND_TOPOLOGY, 0, '')],
    ['word of an error of ours', encodeError(WIRE_ERROR_MALFORMED, 'malformed')],
  ])('is disconnected: %s', async (_, bytes) => {
    const { client, connection } = await holding()
    const call = client.set('a', '1')
    await turns()
    connection.send(bytes)
    await expect(call).rejects.toMatchObject(PROTOCOL)
    await turns()
    expect(connection.isClosed).toBe(true)
  })

  it('is disconnected when a result is cut off', async () => {
    const { cluster, client } = await holding()
    cluster.isHolding = false
    cluster.corrupt = (reply) => reply.fill(0xff, reply.length - 1)
    const batch = client.batch()
    const [written, read] = [batch.set('a', '1'), batch.get('b')]
    const error = await batch.send().catch((reason: unknown) => reason)
    if (!(error instanceof BatchError)) return expect.unreachable()
    expect(error).toMatchObject(PROTOCOL)
    expect(error.results.error(written)).toMatchObject(PROTOCOL)
    // A read has no effect, so it is not done, whatever the server did.
    expect(error.results.error(read)).toMatchObject({ code: 'PROTOCOL', fate: 'not-done' })
  })

  it('may close a connection for reasons of its own', async () => {
    const { client, connection } = await holding()
    const call = client.set('a', '1')
    await turns()
    connection.send(encodeError(WIRE_ERROR_IDLE, 'idle'))
    await expect(call).rejects.toMatchObject({ code: 'DISCONNECTED', fate: 'unknown' })
  })

  it('may ask whether the client is there', async () => {
    const { cluster, client, connection } = await holding()
    cluster.isHolding = false
    connection.send(encodeControl(KIND_PING, 5, ''))
    await client.set('a', '1')
    expect(connection.pongs).toEqual([5])
  })
})
