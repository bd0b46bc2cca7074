// The client when connections are lost, servers hang and shards move: every operation has one outcome, and it is true.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { oneShard, open, sixShards, turns } from '../../test/support/client-harness.ts'
import type { FakeCluster } from '../../test/support/fake-cluster.ts'
import { ManualClock } from '../../test/support/manual-clock.ts'
import { evenTopology } from '../cluster/topology.ts'
import { OUTCOME_BEHIND, OUTCOME_NOT_READY, OUTCOME_STOPPED } from '../protocol/codes.ts'
import { seededRandom } from '../util/random.ts'
import type { Client } from './client.ts'
import { SluiceError } from './index.ts'

/** Lets time pass in small steps, in each of which everything on its way arrives. */
async function pass(clock: ManualClock, durationMs: number, stepMs = 10): Promise<void> {
  for (let elapsedMs = 0; elapsedMs < durationMs; elapsedMs += stepMs) {
    await turns(3)
    clock.advance(stepMs)
  }
  await turns(3)
}

function outcomeOf(call: Promise<unknown>): Promise<string> {
  return call.then(
    () => 'done',
    (error: unknown) => (error instanceof SluiceError ? `${error.code} ${error.fate}` : String(error)),
  )
}

describe('a lost connection', () => {
  it('is opened again, and what was not sent goes over the next one', async () => {
    const cluster = oneShard()
    const client = await open(cluster, { framesInFlightMax: 1 })
    cluster.isHolding = true
    const batches = ['a', 'b', 'c'].map((key) => {
      const batch = client.batch()
      batch.set(key, 'v')
      return outcomeOf(batch.send())
    })
    await turns()
    cluster.isHolding = false
    cluster.only().cut()
    expect(await Promise.all(batches)).toEqual(['DISCONNECTED unknown', 'done', 'done'])
    expect(cluster.executed).toEqual(['set b', 'set c'])
  })

  it('sends reads again that were in flight, but no write', async () => {
    const cluster = oneShard()
    const client = await open(cluster)
    await client.set('a', '1')
    cluster.isHolding = true
    const batch = client.batch()
    const reads = [batch.get('a'), batch.set('b', '2'), batch.exists('a'), batch.delete('c')]
    const sent = batch.send()
    await turns()
    cluster.isHolding = false
    cluster.only().cut()
    const error = await sent.catch((failure: unknown) => failure)
    expect(error).toMatchObject({ code: 'DISCONNECTED', fate: 'unknown' })
    const { results } = error as { results: Awaited<typeof sent> }
    expect(reads.map((index) => results.fate(index))).toEqual(['done', 'unknown', 'done', 'unknown'])
    expect(results.string(reads[0] as number)).toBe('1')
    expect(cluster.executed).toEqual(['set a', 'get a', 'exists a'])
  })

  it('sends writes again only when the client was told to', async () => {
    const cluster = oneShard()
    const client = await open(cluster, { resendUnknownWrites: true })
    cluster.isHolding = true
    const write = client.set('a', '1')
    await turns()
    cluster.isHolding = false
    cluster.only().cut()
    await write
    expect(cluster.executed).toEqual(['set a'])
  })

  it('is tried again ever later, within bounds, and not at all after the client is closed', async () => {
    const cluster = oneShard()
    const clock = new ManualClock()
    const client = await open(cluster, { clock, random: { ...seededRandom(1), nextFloat: () => 0.999 } })
    const attempts: number[] = []
    cluster.isReachable = () => {
      attempts.push(clock.monotonicMs())
      return false
    }
    cluster.only().cut()
    await pass(clock, 20_000, 5)
    const gaps = attempts.slice(1).map((atMs, index) => atMs - (attempts[index] as number))
    expect(Math.max(...gaps)).toBeLessThanOrEqual(2_010)
    expect(gaps.filter((gap) => gap > 1_900).length).toBeGreaterThan(4)
    await client.close()
    const count = attempts.length
    await pass(clock, 5_000, 50)
    expect(attempts).toHaveLength(count)
    expect(clock.timerCount).toBe(0)
  })

  it('fails calls at once when the client does not wait', async () => {
    const cluster = oneShard()
    const client = await open(cluster, { whenDisconnected: 'fail' })
    cluster.isReachable = () => false
    cluster.only().cut()
    await turns()
    expect(await outcomeOf(client.get('a'))).toBe('DISCONNECTED not-done')
  })

  it('makes calls wait no longer than their time limit', async () => {
    const cluster = oneShard()
    const clock = new ManualClock()
    const client = await open(cluster, { clock, timeoutMs: 1_000 })
    cluster.isReachable = () => false
    cluster.only().cut()
    await turns()
    const calls = [outcomeOf(client.get('a')), outcomeOf(client.set('a', '1'))]
    await pass(clock, 1_100)
    expect(await Promise.all(calls)).toEqual(['TIMEOUT not-done', 'TIMEOUT not-done'])
    cluster.isReachable = () => true
    await pass(clock, 2_000)
    expect(cluster.executed).toEqual([])
  })
})

describe('a time limit', () => {
  it('ends writes that were sent as unknown, reads as not done, and drops the late reply', async () => {
    const cluster = oneShard()
    const clock = new ManualClock()
    const client = await open(cluster, { clock, timeoutMs: 1_000 })
    cluster.isHolding = true
    const calls = [outcomeOf(client.get('a')), outcomeOf(client.set('a', '1'))]
    await pass(clock, 1_100)
    expect(await Promise.all(calls)).toEqual(['TIMEOUT not-done', 'TIMEOUT unknown'])
    cluster.isHolding = false
    cluster.only().answer()
    await turns()
    expect(await Promise.all([client.getString('a')])).toEqual(['1'])
    expect(cluster.connections.filter(({ isClosed }) => !isClosed)).toHaveLength(1)
  })

  it('never sends operations again whose late reply says that they were refused', async () => {
    const cluster = oneShard()
    const clock = new ManualClock()
    const client = await open(cluster, { clock, timeoutMs: 1_000 })
    cluster.isHolding = true
    const late = outcomeOf(client.set('late', '1'))
    await pass(clock, 1_100)
    expect(await late).toBe('TIMEOUT unknown')
    cluster.rule = ({ operations }) =>
      operations.some(({ key }) => Buffer.from(key).toString() === 'late')
        ? { outcome: OUTCOME_STOPPED, executed: 0 }
        : undefined
    cluster.isHolding = false
    cluster.only().answer()
    await turns()
    await client.set('next', '2')
    expect(cluster.executed).toEqual(['set next'])
  })

  it('ends a connection whose server says nothing for as long again', async () => {
    const cluster = oneShard()
    const clock = new ManualClock()
    const client = await open(cluster, { clock, timeoutMs: 1_000 })
    cluster.isHolding = true
    const hung = cluster.only()
    const call = outcomeOf(client.set('a', '1'))
    await pass(clock, 1_100)
    expect(await call).toBe('TIMEOUT unknown')
    expect(hung.isClosed).toBe(false)
    const next = client.set('b', '2')
    cluster.isHolding = false
    await pass(clock, 1_000)
    expect(hung.isClosed).toBe(true)
    await next
  })

  it('can be a batch its own, and a signal can end a batch sooner', async () => {
    const cluster = oneShard()
    const clock = new ManualClock()
    const client = await open(cluster, { clock, framesInFlightMax: 1 })
    cluster.isHolding = true
    const controller = new AbortController()
    const [sent, unsent, short] = ['sent', 'unsent', 'short'].map((key) => {
      const batch = client.batch()
      batch.set(key, 'v')
      return outcomeOf(batch.send(key === 'short' ? { timeoutMs: 100 } : { signal: controller.signal }))
    })
    await pass(clock, 150)
    expect(await short).toBe('TIMEOUT not-done')
    controller.abort()
    expect(await Promise.all([sent, unsent])).toEqual(['CANCELLED unknown', 'CANCELLED not-done'])
    cluster.isHolding = false
    cluster.only().answer()
    await turns()
    expect(cluster.executed).toEqual(['set sent'])
  })

  it('is not used up by a server that asks to wait a little', async () => {
    const cluster = oneShard()
    const clock = new ManualClock()
    const client = await open(cluster, { clock, timeoutMs: 1_000 })
    let refusals = 8
    cluster.rule = () => (refusals-- > 0 ? { outcome: OUTCOME_NOT_READY, executed: 0 } : undefined)
    const call = outcomeOf(client.set('a', '1'))
    await pass(clock, 900)
    expect(await call).toBe('done')
  })
})

describe('a full queue', () => {
  async function stuck(options: Parameters<typeof open>[1]): Promise<{ cluster: FakeCluster; client: Client }> {
    const cluster = oneShard()
    const client = await open(cluster, { queueBytesMax: 1_000, framesInFlightMax: 1, ...options })
    cluster.isHolding = true
    return { cluster, client }
  }

  function sendLarge(client: Client, key: string): Promise<string> {
    const batch = client.batch()
    batch.set(key, 'x'.repeat(900))
    return outcomeOf(batch.send())
  }

  it('lets calls go on that waited for room at a server which was gone', async () => {
    const cluster = oneShard()
    const clock = new ManualClock()
    // It tries again at once, every time: how long it waits is another test's matter.
    const random = { ...seededRandom(1), nextFloat: () => 0 }
    const client = await open(cluster, { clock, timeoutMs: 1_000, queueBytesMax: 1_000, random })
    cluster.isReachable = () => false
    cluster.only().cut()
    await turns()
    void sendLarge(client, 'a')
    void sendLarge(client, 'b')
    await pass(clock, 900)
    const calls = Array.from({ length: 5 }, (_, index) => outcomeOf(client.set(`k:${index}`, 'v')))
    // What filled the queue is given up; then the server is back, and nothing else happens that could wake the calls.
    await pass(clock, 200)
    cluster.isReachable = () => true
    await pass(clock, 700)
    expect(await Promise.all(calls)).toEqual(calls.map(() => 'done'))
    expect(await outcomeOf(client.get('k:0'))).toBe('done')
  })

  it('makes batches wait in order until there is room', async () => {
    const { cluster, client } = await stuck({})
    const keys = ['a', 'b', 'c', 'd', 'e']
    const batches = keys.map((key) => sendLarge(client, key))
    await turns()
    let isReady = false
    void client.ready().then(() => {
      isReady = true
    })
    await turns()
    expect(isReady).toBe(false)
    cluster.isHolding = false
    cluster.only().answer()
    expect(await Promise.all(batches)).toEqual(keys.map(() => 'done'))
    expect(cluster.executed).toEqual(keys.map((key) => `set ${key}`))
    await turns()
    expect(isReady).toBe(true)
  })

  it('fails batches when the client is not to wait', async () => {
    const { cluster, client } = await stuck({ whenFull: 'fail' })
    const batches = [sendLarge(client, 'a')]
    await turns()
    batches.push(...['b', 'c', 'd'].map((key) => sendLarge(client, key)))
    await turns()
    cluster.isHolding = false
    cluster.only().answer()
    expect(await Promise.all(batches)).toEqual(['done', 'done', 'done', 'QUEUE_FULL not-done'])
  })
})

describe('whatever happens', () => {
  it('each operation has one outcome, which is true, and the writes of a key keep their order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), async (seed) => {
        const random = seededRandom(seed)
        const cluster = sixShards()
        const clock = new ManualClock()
        const client = await open(cluster, { clock, timeoutMs: 2_000, framesInFlightMax: 2, random })
        const fates: { readonly key: string; fate: string }[] = []
        const pending: Promise<void>[] = []
        const write = (): void => {
          // Those of one tag lie in one slot, wherever that is.
          const key = `{${random.nextBelow(5)}}:${fates.length}`
          const entry = { key, fate: '' }
          fates.push(entry)
          const batch = client.batch()
          batch.set(key, 'v')
          const sent = random.nextBelow(2) === 0 ? client.set(key, 'v') : batch.send()
          pending.push(
            outcomeOf(sent).then((outcome) => {
              entry.fate = outcome.split(' ').at(-1) ?? ''
            }),
          )
        }
        for (let step = 0; step < 60; step++) {
          for (let count = random.nextBelow(4); count > 0; count--) write()
          disturb(cluster, random)
          await pass(clock, random.nextBelow(3) * 20, 10)
        }
        cluster.rule = () => undefined
        cluster.isReachable = () => true
        cluster.isHolding = false
        for (const connection of cluster.connections) if (!connection.isClosed) connection.answer()
        await pass(clock, 6_000, 100)
        await Promise.all(pending)
        check(cluster, fates)
        client.destroy()
      }),
      { numRuns: 25 },
    )
  })
})

function disturb(cluster: FakeCluster, random: ReturnType<typeof seededRandom>): void {
  const open_ = cluster.connections.filter(({ isClosed }) => !isClosed)
  const some = open_[random.nextBelow(Math.max(1, open_.length))]
  switch (random.nextBelow(9)) {
    case 0:
      some?.cut()
      break
    case 1:
      some?.goAway()
      break
    case 2:
      cluster.isHolding = true
      break
    case 3:
      cluster.isHolding = false
      for (const connection of open_) connection.answer()
      break
    case 4: {
      const dark = random.nextBelow(3)
      cluster.isReachable = (address) => address !== ['one:1', 'one:2', 'two:1'][dark]
      break
    }
    case 5:
      cluster.isReachable = () => true
      break
    case 6: {
      const { nodes, number } = cluster.topology
      const turned = random.nextBelow(2) === 0 ? nodes : nodes.toReversed()
      cluster.topology = evenTopology({ nodes: turned, shardCount: 6, number: number + 1, view: number + 1 })
      break
    }
    case 7: {
      const outcome = random.nextBelow(2) === 0 ? OUTCOME_STOPPED : OUTCOME_BEHIND
      let left = random.nextBelow(6)
      cluster.rule = ({ operations }) =>
        left-- > 0
          ? { outcome, executed: outcome === OUTCOME_STOPPED ? random.nextBelow(operations.length) : 0 }
          : undefined
      break
    }
    default:
      cluster.rule = () => undefined
  }
}

function check(cluster: FakeCluster, fates: readonly { readonly key: string; readonly fate: string }[]): void {
  const executed = new Map<string, number>()
  for (const name of cluster.executed) executed.set(name, (executed.get(name) ?? 0) + 1)
  for (const { key, fate } of fates) {
    const times = executed.get(`set ${key}`) ?? 0
    expect(['done', 'not-done', 'unknown']).toContain(fate)
    if (fate === 'done') expect(times).toBe(1)
    if (fate === 'not-done') expect(times).toBe(0)
    expect(times).toBeLessThanOrEqual(1)
  }
  for (let tag = 0; tag < 5; tag++) {
    const order = cluster.executed
      .filter((name) => name.startsWith(`set {${tag}}:`))
      .map((name) => Number(name.split(':')[1]))
    expect(order).toEqual(order.toSorted((left, right) => left - right))
  }
}
