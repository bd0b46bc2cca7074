// Whose answer counts: servers that know topologies of different age, answer late, or are gone when they do.

import { describe, expect, it } from 'vitest'
import { open, sixShards, turns } from '../../test/support/client-harness.ts'
import type { FakeCluster, FakeConnection } from '../../test/support/fake-cluster.ts'
import { ManualClock } from '../../test/support/manual-clock.ts'
import { slotOfString } from '../cluster/slot.ts'
import { frozenTopology, type Topology } from '../cluster/topology.ts'
import { OUTCOME_STALE } from '../protocol/codes.ts'
import { seededRandom } from '../util/random.ts'
import type { Client } from './client.ts'

const ASKED = 'one:1'

function addressesOf({ nodes, shards }: Topology): string[] {
  return shards.map(({ node, thread }) => {
    const owner = nodes.find(({ id }) => id === node)
    return `${owner?.host}:${owner?.ports[thread]}`
  })
}

/** A key of a shard at the address. */
function keyAt(topology: Topology, address: string): string {
  const addresses = addressesOf(topology)
  for (let number = 0; ; number++) {
    const slot = slotOfString(`k${number}`)
    const shard = topology.shards.findIndex(({ slots }) => slots.some(([first, last]) => slot >= first && slot <= last))
    if (addresses[shard] === address) return `k${number}`
  }
}

/** A later topology, in which the shards at the address have another view. */
function changedAt(topology: Topology, address: string, by = 1): Topology {
  const addresses = addressesOf(topology)
  const shards = topology.shards.map((shard, index) =>
    addresses[index] === address ? { ...shard, view: shard.view + 1 } : shard,
  )
  return frozenTopology({ ...topology, number: topology.number + by, shards })
}

async function pass(clock: ManualClock, durationMs: number): Promise<void> {
  for (let elapsedMs = 0; elapsedMs < durationMs; elapsedMs += 10) {
    await turns(3)
    clock.advance(10)
  }
  await turns(3)
}

/** A client whose server at ASKED does not say which topology it has. */
async function reticent(): Promise<{
  cluster: FakeCluster
  clock: ManualClock
  client: Client
  asked: FakeConnection
  key: string
}> {
  const cluster = sixShards()
  const clock = new ManualClock()
  // Reconnects and retries at once: how long it waits is another test's matter.
  const random = { ...seededRandom(1), nextFloat: () => 0 }
  const client = await open(cluster, { clock, random, timeoutMs: 10_000 })
  await turns()
  cluster.isReticent = (address) => address === ASKED
  return { cluster, clock, client, asked: cluster.at(ASKED)[0] as FakeConnection, key: keyAt(client.topology, ASKED) }
}

describe('a server that refuses operations and does not say why', () => {
  it('is tried again when what others tell does not concern it', async () => {
    const { cluster, clock, client, key } = await reticent()
    let refusals = 1
    cluster.rule = (_, __, { address }) =>
      address === ASKED && refusals-- > 0 ? { outcome: OUTCOME_STALE, executed: 0 } : undefined
    cluster.topology = changedAt(client.topology, 'two:1')
    const call = client.set(key, 'v')
    let isDone = false
    void call.then(() => {
      isDone = true
    })
    await pass(clock, 700)
    expect(client.topology.number).toBe(cluster.topology.number)
    expect(isDone).toBe(true)
  })

  it('is believed when it tells late', async () => {
    const { cluster, clock, client, asked, key } = await reticent()
    const later = changedAt(client.topology, ASKED)
    cluster.rule = ({ view, shard }, _, { address }) => {
      const current = later.shards.find(({ id }) => id === shard)
      return address === ASKED && view < (current?.view ?? 0) ? { outcome: OUTCOME_STALE, executed: 0 } : undefined
    }
    const call = client.set(key, 'v')
    await pass(clock, 3_000)
    // It was asked once, however often the others were: the answer to that will do.
    expect(asked.questions).toHaveLength(1)
    cluster.topology = later
    cluster.isReticent = () => true
    asked.tell(later)
    await call
    expect(client.topology.number).toBe(later.number)
  })

  it.each([
    ['before', 2, 1],
    ['after', 1, 2],
  ])('gets the newest topology in force, told %s another one', async (_, first, second) => {
    const { cluster, clock, client, asked, key } = await reticent()
    const [told, toldNext] = [changedAt(client.topology, 'two:1', first), changedAt(client.topology, ASKED, second)]
    const newest = first > second ? told : toldNext
    let refusals = 1
    cluster.rule = (_, __, { address }) =>
      address === ASKED && refusals-- > 0 ? { outcome: OUTCOME_STALE, executed: 0 } : undefined
    cluster.isReticent = () => true
    const call = client.set(key, 'v')
    await turns()
    cluster.topology = newest
    asked.tell(told)
    cluster.at('two:1')[0]?.tell(toldNext)
    await pass(clock, 700)
    await call
    expect(client.topology.number).toBe(newest.number)
  })

  it('is not tried again for what was asked on a connection that is gone', async () => {
    const { cluster, clock, client, asked, key } = await reticent()
    cluster.rule = (_, __, { address }) => (address === ASKED ? { outcome: OUTCOME_STALE, executed: 0 } : undefined)
    // Another server that does not answer keeps the search going.
    cluster.isReticent = () => true
    client.set(key, 'v').catch(() => {})
    await pass(clock, 300)
    asked.cut()
    await pass(clock, 100)
    const next = cluster.at(ASKED).find(({ received }) => received.length > 0)
    // The first question ends 500 ms after it was asked, the next one 300 ms later.
    expect(next?.received).toHaveLength(1)
    await pass(clock, 200)
    expect(next?.received).toHaveLength(1)
    await pass(clock, 400)
    expect(next?.received.length).toBeGreaterThan(1)
  })

  it('does not keep the client from closing', async () => {
    const { cluster, clock, client, asked, key } = await reticent()
    let refusals = 1
    cluster.rule = (_, __, { address }) =>
      address === ASKED && refusals-- > 0 ? { outcome: OUTCOME_STALE, executed: 0 } : undefined
    await Promise.all([client.set(key, 'v'), pass(clock, 700)])
    expect(asked.questions).toHaveLength(1)
    await client.close()
    expect(clock.timerCount).toBe(0)
  })
})
