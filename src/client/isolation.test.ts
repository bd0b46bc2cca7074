// What goes wrong at one server holds up the calls to that server alone.

import { describe, expect, it } from 'vitest'
import { open, sixShards, turns } from '../../test/support/client-harness.ts'
import type { FakeCluster } from '../../test/support/fake-cluster.ts'
import { ManualClock } from '../../test/support/manual-clock.ts'
import { parseTopology } from '../cluster/parse-topology.ts'
import { slotOfString } from '../cluster/slot.ts'
import { OUTCOME_UNKNOWN_SHARD } from '../protocol/codes.ts'
import type { Client } from './client.ts'
import type { SluiceError } from './index.ts'

const BAD = 'two:1'

/** Keys by whether their shards are at the bad address. */
function keysOf(cluster: FakeCluster, client: Client): { readonly good: string[]; readonly bad: string[] } {
  const badShards = new Set(cluster.shardsAt(BAD).map(({ id }) => id))
  const keys = Array.from({ length: 60 }, (_, index) => `key:${index}`)
  const isBad = (key: string): boolean => badShards.has(shardOf(client, key))
  return { good: keys.filter((key) => !isBad(key)), bad: keys.filter(isBad) }
}

/** The shard by which the client's topology knows the key. */
function shardOf(client: Client, key: string): number {
  const slot = slotOfString(key)
  const shard = client.topology.shards.find(({ slots }) => slots.some(([first, last]) => slot >= first && slot <= last))
  return shard?.id ?? -1
}

async function setup(options: Parameters<typeof open>[1] = {}) {
  const cluster = sixShards()
  const clock = new ManualClock()
  const client = await open(cluster, { clock, timeoutMs: 1_000, ...options })
  return { cluster, clock, client, ...keysOf(cluster, client) }
}

async function pass(clock: ManualClock, durationMs: number): Promise<void> {
  for (let elapsedMs = 0; elapsedMs < durationMs; elapsedMs += 10) {
    await turns(3)
    clock.advance(10)
  }
}

function codeOf(call: Promise<unknown>): Promise<string> {
  return call.then(
    () => 'done',
    (error: SluiceError) => `${error.code} ${error.fate}`,
  )
}

describe('a server that does not know its shards yet', () => {
  it('is asked until the time limit, also by a lone call', async () => {
    const { cluster, clock, client, bad } = await setup()
    cluster.rule = (_, __, { address }) =>
      address === BAD ? { outcome: OUTCOME_UNKNOWN_SHARD, executed: 0 } : undefined
    const call = codeOf(client.get(bad[0] ?? ''))
    await pass(clock, 1_200)
    expect(await call).toBe('NOT_EXECUTED not-done')
  })

  it('holds up no call to another one', async () => {
    const { cluster, client, good, bad } = await setup()
    cluster.rule = (_, __, { address }) =>
      address === BAD ? { outcome: OUTCOME_UNKNOWN_SHARD, executed: 0 } : undefined
    const refused = codeOf(client.set(bad[0] ?? '', 'v'))
    await turns()
    // No time passes: whoever waited for the refused call would wait for ever.
    await Promise.all(good.map((key) => client.set(key, 'v')))
    cluster.rule = () => undefined
    client.destroy()
    expect(await refused).toBe('CLOSED not-done')
  })
})

describe('a server that hangs', () => {
  it('holds up no call to shards that do not change when the topology does', async () => {
    const { cluster, client, good, bad } = await setup()
    const hung = cluster.at(BAD)[0]
    cluster.isHolding = true
    const lost = codeOf(client.set(bad[0] ?? '', 'v'))
    await turns()
    cluster.isHolding = false
    const { topology } = cluster
    const [first, second] = topology.shards.filter((shard) => cluster.shardsAt(BAD).some(({ id }) => id === shard.id))
    const swapped = topology.shards.map((shard) => {
      const other = shard.id === first?.id ? second : shard.id === second?.id ? first : undefined
      return other === undefined ? shard : { ...shard, view: 2, slots: other.slots }
    })
    cluster.topology = parseTopology({ ...topology, number: 2, shards: swapped })
    // One of its shards tells the client of the new topology; the other one stays silent.
    await Promise.all(good.map((key) => client.set(key, 'v')))
    const late = bad.map((key) => codeOf(client.get(key)))
    await turns()
    await Promise.all(good.map((key) => client.set(key, 'w')))
    hung?.answer()
    expect(await lost).toBe('done')
    await Promise.all(late)
  })
})

describe('a full queue', () => {
  it('to a server that is gone makes nobody else wait', async () => {
    const { cluster, clock, client, good, bad } = await setup({ queueBytesMax: 2_000 })
    cluster.isReachable = (address) => address !== BAD
    cluster.at(BAD)[0]?.cut()
    await turns()
    const stuck: Promise<string>[] = []
    for (let round = 0; round < 10; round++) {
      stuck.push(...bad.map((key) => codeOf(client.set(key, 'v'.repeat(100)))))
      const batch = client.batch()
      batch.set(bad[0] ?? '', 'v'.repeat(1_000))
      stuck.push(codeOf(batch.send()))
      await turns(2)
    }
    await Promise.all(good.map((key) => client.set(key, 'v')))
    const batch = client.batch()
    for (const key of good) batch.get(key)
    expect((await batch.send()).length).toBe(good.length)
    await pass(clock, 1_200)
    expect(new Set(await Promise.all(stuck))).toEqual(new Set(['TIMEOUT not-done']))
  })
})
