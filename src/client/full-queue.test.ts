// One queue that is full, and what goes on around it.

import { describe, expect, it } from 'vitest'
import { oneShard, open, sixShards, turns } from '../../test/support/client-harness.ts'
import { FakeCluster } from '../../test/support/fake-cluster.ts'
import { ManualClock } from '../../test/support/manual-clock.ts'
import { slotOfString } from '../cluster/slot.ts'
import { evenTopology, frozenTopology, type Topology } from '../cluster/topology.ts'
import type { SluiceError } from '../util/errors.ts'
import type { Client } from './client.ts'
import type { ClientOptions } from './options.ts'

/** Fills a frame, so that a call with it is put into the queue at once. */
const LARGE = 'x'.repeat(300_000)

const SMALL_QUEUE = { queueBytesMax: 1_000, framesInFlightMax: 1 } as const

function keyAt(topology: Topology, address: string, name: string): string {
  for (let number = 0; ; number++) {
    const key = `{${number}}:${name}`
    const slot = slotOfString(key)
    const shard = topology.shards.find(({ slots }) => slots.some(([first, last]) => slot >= first && slot <= last))
    const node = topology.nodes.find(({ id }) => id === shard?.node)
    if (`${node?.host}:${node?.ports[shard?.thread ?? 0]}` === address) return key
  }
}

/** A client whose queue to `one:2` is full; the cluster answers nothing there until `release`. */
async function stuck(
  options: ClientOptions = {},
): Promise<{ cluster: FakeCluster; client: Client; slow: string; quick: string; release: () => Promise<void> }> {
  const cluster = sixShards()
  const client = await open(cluster, { ...SMALL_QUEUE, ...options })
  const slow = keyAt(client.topology, 'one:2', 'slow')
  const quick = keyAt(client.topology, 'two:1', 'quick')
  cluster.isHolding = true
  const calls = [client.set(slow, LARGE), client.set(slow, LARGE)]
  for (const call of calls) call.catch(() => {})
  await turns()
  cluster.isHolding = false
  const release = async (): Promise<void> => {
    cluster.at('one:2')[0]?.answer()
    await Promise.all(calls)
  }
  return { cluster, client, slow, quick, release }
}

/** Lets time pass in small steps, in each of which everything on its way arrives. */
async function pass(clock: ManualClock, durationMs: number): Promise<void> {
  for (let elapsedMs = 0; elapsedMs < durationMs; elapsedMs += 10) {
    await turns(3)
    clock.advance(10)
  }
  await turns(3)
}

function outcome(call: Promise<unknown>): Promise<string> {
  return call.then(
    () => 'done',
    (error: SluiceError) => `${error.code} ${error.fate}`,
  )
}

/** The writes that were executed, as the numbers at the end of their keys. */
function numbers(cluster: FakeCluster): number[] {
  return cluster.executed.filter((line) => /^set .*#/.test(line)).map((line) => Number(line.split('#')[1]))
}

const COUNTING = Array.from({ length: 30 }, (_, number) => number)

describe('a full queue', () => {
  it('holds up its own calls and nobody else', async () => {
    const { client, slow, quick, release } = await stuck()
    const waiting = [outcome(client.set(slow, '1')), outcome(client.getMany([quick, slow]))]
    const batch = client.batch()
    batch.get(slow)
    waiting.push(outcome(batch.send()))
    await client.set(quick, '2')
    expect(await client.getManyStrings([quick])).toEqual(['2'])
    const other = client.batch()
    other.get(quick)
    expect((await other.send()).string(0)).toBe('2')
    await release()
    expect(await Promise.all(waiting)).toEqual(['done', 'done', 'done'])
  })

  it('is joined by getMany where its keys are, in the order of the calls', async () => {
    const { client, slow, quick, release } = await stuck()
    const write = client.set(slow, '1')
    const read = client.getManyStrings([quick, slow, 'nobody', slow])
    const later = client.set(slow, '2')
    await release()
    await Promise.all([write, later])
    expect(await read).toEqual([undefined, '1', undefined, '1'])
  })

  it('lets no batch overtake the calls that wait', async () => {
    const { cluster, client, slow, release } = await stuck()
    const calls: Promise<unknown>[] = []
    for (const number of COUNTING) {
      if (number % 7 === 6) {
        const batch = client.batch()
        batch.set(`${slow}#${number}`, 'v')
        calls.push(batch.send())
      } else {
        calls.push(client.set(`${slow}#${number}`, 'v'))
      }
    }
    await release()
    await Promise.all(calls)
    expect(numbers(cluster)).toEqual(COUNTING)
  })

  it('lets no call overtake those that wait, whenever it is made', async () => {
    const cluster = oneShard()
    const client = await open(cluster, SMALL_QUEUE)
    cluster.isHolding = true
    const calls: Promise<unknown>[] = []
    const set = (value: string): void => void calls.push(client.set(`k#${calls.length}`, value))
    for (let count = 0; count < 4; count++) set(LARGE)
    await turns()
    cluster.isHolding = false
    cluster.only().answer()
    for (let turn = 0; turn < 20; turn++) {
      await turns(0)
      for (let job = 0; job < 50; job++) {
        await null
        set(job % 10 === 0 ? LARGE : 'v')
      }
    }
    await Promise.all(calls)
    expect(numbers(cluster)).toEqual(calls.map((_, number) => number))
  })

  it('makes calls fail at once when the client is not to wait', async () => {
    const { client, slow, quick, release } = await stuck({ whenFull: 'fail' })
    expect(await outcome(client.set(slow, '1'))).toBe('QUEUE_FULL not-done')
    expect(await outcome(client.add(slow, 1))).toBe('QUEUE_FULL not-done')
    expect(await outcome(client.getMany([quick, slow]))).toBe('QUEUE_FULL not-done')
    expect(await outcome(client.getMany([slow, quick]))).toBe('QUEUE_FULL not-done')
    expect(await outcome(client.set(quick, '1'))).toBe('done')
    await release()
    expect(await outcome(client.set(slow, '1'))).toBe('done')
  })
})

describe('calls that are being gathered', () => {
  const VALUE = 'x'.repeat(1_000)
  const OPTIONS = { queueBytesMax: 100_000, framesInFlightMax: 1 }
  /** The limit, and one operation. */
  const CALLS_MAX = 100

  /** Forty shards on one thread: all of them are gathered into one batch. */
  async function openWide(options: ClientOptions): Promise<{ cluster: FakeCluster; client: Client }> {
    const nodes = [{ id: 'one', host: 'one', ports: [1] }]
    const cluster = new FakeCluster(evenTopology({ nodes, shardCount: 40 }))
    return { cluster, client: await open(cluster, { ...OPTIONS, ...options }) }
  }

  it('fill the queue, and those beyond fail when the client is not to wait', async () => {
    const { client } = await openWide({ whenFull: 'fail' })
    const calls = Array.from({ length: 300 }, (_, number) => outcome(client.set(`k${number}`, VALUE)))
    const many = outcome(client.getMany(['k1', 'k2']))
    const outcomes = await Promise.all(calls)
    const taken = outcomes.filter((each) => each === 'done').length
    expect(taken).toBeGreaterThan(90)
    expect(taken).toBeLessThanOrEqual(CALLS_MAX)
    expect(outcomes.slice(taken)).toEqual(Array.from({ length: 300 - taken }, () => 'QUEUE_FULL not-done'))
    expect(await many).toBe('QUEUE_FULL not-done')
  })

  it('fill the queue, and those beyond wait for their turn', async () => {
    const { cluster, client } = await openWide({})
    cluster.isHolding = true
    const calls = Array.from({ length: 300 }, (_, number) => client.set(`{k}#${number}`, VALUE))
    let isReady = false
    void client.ready().then(() => {
      isReady = true
    })
    await turns()
    const sent = cluster.only().waiting.flatMap(({ sections }) => sections.flatMap(({ operations }) => operations))
    expect(sent.length).toBeLessThanOrEqual(CALLS_MAX)
    expect(isReady).toBe(false)
    cluster.isHolding = false
    cluster.only().answer()
    await Promise.all(calls)
    expect(numbers(cluster)).toEqual(calls.map((_, number) => number))
    expect(isReady).toBe(true)
  })

  it('let those that wait go when their server cannot be reached', async () => {
    const { cluster, client } = await openWide({ whenDisconnected: 'fail' })
    cluster.isReachable = () => false
    cluster.only().cut()
    await turns()
    const calls = Array.from({ length: 300 }, (_, number) => outcome(client.set(`k${number}`, VALUE)))
    const ready = client.ready()
    expect(new Set(await Promise.all(calls))).toEqual(new Set(['DISCONNECTED not-done']))
    await ready
  })
})

describe('a call that waits for room', () => {
  it('ends at its time limit or by its signal, and then is never sent', async () => {
    const clock = new ManualClock()
    const { cluster, client, slow, quick, release } = await stuck({ clock, timeoutMs: 1_000 })
    const controller = new AbortController()
    const { signal } = controller
    const calls = [
      client.set(`${slow}#1`, 'v', { timeoutMs: 100 }),
      client.getMany([quick, slow], { timeoutMs: 100 }),
      client.set(`${slow}#2`, 'v', { signal }),
      client.append(`${slow}#3`, 'v', { signal, timeoutMs: 500 }),
    ].map(outcome)
    clock.advance(100)
    controller.abort()
    const [set, many, ...aborted] = await Promise.all(calls)
    expect([set, many]).toEqual(['TIMEOUT not-done', 'TIMEOUT not-done'])
    expect(aborted).toEqual(['CANCELLED not-done', 'CANCELLED not-done'])
    const last = client.set(`${slow}#4`, 'v')
    await release()
    await last
    expect(numbers(cluster)).toEqual([4])
    clock.advance(1_000)
    expect(clock.timerCount).toBe(0)
  })

  it('keeps its time limit from when it was made, and shares it with none that was made much later', async () => {
    const clock = new ManualClock()
    const { cluster, client, slow } = await stuck({ clock, timeoutMs: 1_000 })
    const ended: string[] = []
    const call = (name: string): void => {
      void outcome(client.set(`${slow}#${name}`, 'v')).then((is) => ended.push(`${name}: ${is}`))
    }
    await pass(clock, 100)
    call('a')
    await pass(clock, 800)
    call('b')
    // There is room, but what fills the window now is not answered.
    cluster.isHolding = true
    cluster.at('one:2')[0]?.answer()
    await pass(clock, 50)
    call('c')
    await pass(clock, 100)
    expect(ended).toEqual([])
    await pass(clock, 150)
    expect(ended).toEqual(['a: TIMEOUT not-done'])
    await pass(clock, 600)
    expect(ended).toHaveLength(1)
    await pass(clock, 300)
    expect(ended.toSorted()).toEqual(['a: TIMEOUT not-done', 'b: TIMEOUT not-done', 'c: TIMEOUT not-done'])
  })

  it('can be aborted when it was sent', async () => {
    const { cluster, client, slow } = await stuck()
    const controller = new AbortController()
    const call = outcome(client.set(slow, 'v', { signal: controller.signal }))
    cluster.isHolding = true
    const connection = cluster.at('one:2')[0]
    for (let frames = 0; frames < 2; frames++) {
      connection?.answer(1)
      await turns()
    }
    expect(connection?.waiting).toHaveLength(1)
    controller.abort()
    expect(await call).toBe('CANCELLED unknown')
  })

  it('is done by close, and not done by destroy', async () => {
    const first = await stuck()
    const closed = outcome(first.client.set(first.slow, 'v'))
    const closing = first.client.close()
    await first.release()
    expect(await closed).toBe('done')
    await closing
    const second = await stuck()
    const destroyed = outcome(second.client.set(second.slow, 'v'))
    second.client.destroy()
    expect(await destroyed).toBe('CLOSED not-done')
  })

  it('has copied what it was given', async () => {
    const { client, slow, release } = await stuck()
    const key = Buffer.from(slow)
    const value = Buffer.from('value')
    const calls = [client.set(key, value), client.getManyStrings([key])]
    key.fill(0)
    value.fill(0)
    await release()
    expect(await Promise.all(calls)).toEqual([true, ['value']])
  })

  it('goes to the new owner when its slot moves meanwhile, in the order of the calls', async () => {
    const { cluster, client, slow } = await stuck()
    const calls = COUNTING.slice(0, 10).map((number) => client.set(`${slow}#${number}`, 'v'))
    const { topology } = client
    const shards = topology.shards.map((shard) => ({ ...shard, view: shard.view + 1, node: 'two', thread: 0 }))
    cluster.topology = frozenTopology({ ...topology, number: topology.number + 1, shards })
    cluster.at('one:2')[0]?.answer()
    await turns()
    calls.push(...COUNTING.slice(10).map((number) => client.set(`${slow}#${number}`, 'v')))
    await Promise.all(calls)
    expect(numbers(cluster)).toEqual(COUNTING)
    expect(client.topology.number).toBe(topology.number + 1)
  })
})
