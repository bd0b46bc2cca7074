import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { oneShard, open, sixShards, turns } from '../../test/support/client-harness.ts'
import type { FakeCluster } from '../../test/support/fake-cluster.ts'
import { ManualClock } from '../../test/support/manual-clock.ts'
import { evenTopology, frozenTopology, type Topology } from '../cluster/topology.ts'
import {
  OUTCOME_BEHIND,
  OUTCOME_EXECUTED,
  OUTCOME_NOT_READY,
  OUTCOME_STALE,
  OUTCOME_STOPPED,
  OUTCOME_TOO_MANY_OPERATIONS,
  OUTCOME_UNSUPPORTED,
  OUTCOME_WRONG_SLOT,
} from '../protocol/codes.ts'
import { FLAG_RESUME } from '../protocol/frame.ts'

const BIG = 'v'.repeat(100_000)

/** The next topology: the slots of each of the first shards go to its neighbour among them. */
function rotated(topology: Topology, count = topology.shards.length): Topology {
  const shards = topology.shards.map((shard, index) => {
    const neighbour = topology.shards[(index + 1) % count]
    return index < count ? { ...shard, view: shard.view + 1, slots: neighbour?.slots ?? [] } : shard
  })
  return frozenTopology({ ...topology, number: topology.number + 1, shards })
}

function setNumbers(cluster: FakeCluster): number[] {
  return cluster.executed.filter((line) => line.startsWith('set')).map((line) => Number(line.split(':')[1]))
}

describe('operations that were not executed', () => {
  it('are sent again from where the server stopped, with RESUME, before any later frame', async () => {
    const cluster = oneShard()
    let stops = 3
    cluster.rule = ({ operations }) =>
      stops-- > 0 ? { outcome: OUTCOME_STOPPED, executed: Math.min(2, operations.length) } : undefined
    const client = await open(cluster)
    const batch = client.batch()
    for (let index = 0; index < 10; index++) batch.set(`k:${index}`, BIG)
    for (let index = 0; index < 10; index++) batch.get(`k:${index}`)
    const results = await batch.send()
    expect(setNumbers(cluster)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    for (let index = 0; index < 10; index++) expect(results.string(10 + index)).toBe(BIG)
    const flags = cluster.only().received.map((frame) => frame.flags)
    expect(flags.filter((flag) => flag === FLAG_RESUME)).toHaveLength(3)
  })

  it('keep their order when frames behind them were fenced', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 30 }),
        fc.integer({ min: 1, max: 5 }),
        async (stops, window) => {
          const cluster = oneShard()
          cluster.rule = ({ operations }) => {
            const executed = stops.shift()
            return executed === undefined || executed >= operations.length
              ? undefined
              : { outcome: OUTCOME_STOPPED, executed }
          }
          const client = await open(cluster, { framesInFlightMax: window })
          const sent: Promise<unknown>[] = []
          for (let number = 0; number < 40; ) {
            const batch = client.batch()
            for (let count = 0; count < 5; count++) batch.set(`k:${number++}`, 'v')
            sent.push(batch.send())
            sent.push(client.set(`k:${number++}`, 'v'))
          }
          await Promise.all(sent)
          expect(setNumbers(cluster)).toEqual(Array.from({ length: 42 }, (_, number) => number))
          client.destroy()
        },
      ),
      { numRuns: 40 },
    )
  })

  it.each([
    ['behind', OUTCOME_BEHIND],
    ['not ready', OUTCOME_NOT_READY],
  ])('are sent again a little later: %s', async (_, outcome) => {
    const cluster = oneShard()
    let refusals = 3
    cluster.rule = () => (refusals-- > 0 ? { outcome, executed: 0 } : undefined)
    const client = await open(cluster)
    await client.set('a', '1')
    expect(cluster.only().received.map(({ flags }) => flags)).toEqual([0, FLAG_RESUME, FLAG_RESUME, FLAG_RESUME])
    expect(cluster.executed).toEqual(['set a'])
  })

  it.each([
    ['unsupported', OUTCOME_UNSUPPORTED],
    ['too many', OUTCOME_TOO_MANY_OPERATIONS],
  ])('fail at once: %s', async (_, outcome) => {
    const cluster = oneShard()
    let refusals = 1
    cluster.rule = () => (refusals-- > 0 ? { outcome, executed: 0 } : undefined)
    const client = await open(cluster)
    const refused = client.set('a', '1')
    await expect(refused).rejects.toMatchObject({ code: 'NOT_EXECUTED', fate: 'not-done' })
    await client.set('b', '2')
    expect(cluster.executed).toEqual(['set b'])
  })

  it('fail at their time limit when the server refuses without end, and say why', async () => {
    const cluster = oneShard()
    cluster.rule = ({ operations }) => (operations.length > 1 ? undefined : { outcome: OUTCOME_STOPPED, executed: 0 })
    const clock = new ManualClock()
    const client = await open(cluster, { clock, timeoutMs: 1_000 })
    const refused = client.set('a', '1').catch((error: unknown) => error)
    for (let elapsedMs = 0; elapsedMs < 1_100; elapsedMs += 10) {
      await turns(4)
      clock.advance(10)
    }
    expect(await refused).toMatchObject({
      code: 'NOT_EXECUTED',
      fate: 'not-done',
      message: expect.stringContaining('stopped'),
    })
    // It was tried ever more slowly.
    expect(cluster.only().received.length).toBeLessThan(30)
    await Promise.all([client.set('b', '2'), client.set('c', '3')])
    expect(cluster.executed).toEqual(['set b', 'set c'])
  })
})

describe('a newer topology', () => {
  it('is fetched when a section is stale, and the operations go where it says', async () => {
    const cluster = sixShards()
    const client = await open(cluster)
    const { topology } = client
    cluster.topology = rotated(topology)
    const batch = client.batch()
    for (let index = 0; index < 200; index++) batch.set(`k:${index}`, `${index}`)
    for (let index = 0; index < 200; index++) batch.get(`k:${index}`)
    const results = await batch.send()
    for (let index = 0; index < 200; index++) expect(results.string(200 + index)).toBe(`${index}`)
    expect(cluster.executed).toHaveLength(400)
    expect(client.topology.number).toBe(topology.number + 1)
  })

  it('keeps the order of each key, for calls before, during and after the change', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 30 }),
        fc.integer({ min: 2, max: 6 }),
        fc.integer({ min: 1, max: 4 }),
        async (changeAfter, count, window) => {
          const cluster = sixShards()
          const client = await open(cluster, { framesInFlightMax: window })
          const sent: Promise<unknown>[] = []
          for (let round = 0; round < 40; round++) {
            if (round === changeAfter) cluster.topology = rotated(cluster.topology, count)
            const batch = client.batch()
            for (let key = 0; key < 12; key++) batch.set(`${key}:${round}`.replace(/^(\d+)/, '{$1}'), `${round}`)
            sent.push(batch.send(), client.set(`{${round % 12}}:${round}.5`, `${round}`))
            if (round % 3 === 0) await turns(1)
          }
          await Promise.all(sent)
          expect(cluster.executed).toHaveLength(40 * 13)
          for (let key = 0; key < 12; key++) {
            const rounds = cluster.executed
              .filter((line) => line.startsWith(`set {${key}}`))
              .map((line) => Number(line.split(':')[1]))
            expect(rounds).toEqual(rounds.toSorted((a, b) => a - b))
          }
          client.destroy()
        },
      ),
      { numRuns: 30 },
    )
  })

  it('brings connections to new threads, and closes those to threads that are gone', async () => {
    const cluster = sixShards()
    const client = await open(cluster)
    const nodes = [{ id: 'three', host: 'three', ports: [1, 2] }, ...cluster.topology.nodes.slice(0, 1)]
    cluster.topology = evenTopology({ nodes, shardCount: 6, number: 2, view: 2 })
    await Promise.all(Array.from({ length: 50 }, (_, index) => client.set(`k:${index}`, 'v')))
    await turns()
    const open_ = cluster.connections.filter(({ isClosed }) => !isClosed).map(({ address }) => address)
    expect(open_.toSorted()).toEqual(['one:1', 'one:2', 'three:1', 'three:2'])
  })

  it('that names a thread nobody reaches fails the operations on that thread alone', async () => {
    const cluster = sixShards()
    const client = await open(cluster, { whenDisconnected: 'fail' })
    const nodes = [...cluster.topology.nodes, { id: 'four', host: 'four', ports: [1] }]
    cluster.isReachable = (address) => address !== 'four:1'
    cluster.topology = evenTopology({ nodes, shardCount: 8, number: 2, view: 2 })
    const settled = await Promise.allSettled(Array.from({ length: 100 }, (_, index) => client.set(`k:${index}`, 'v')))
    const failed = settled.filter(({ status }) => status === 'rejected')
    expect(failed.length).toBeGreaterThan(0)
    expect(failed.length + cluster.executed.length).toBe(100)
    expect(failed[0]).toMatchObject({ reason: { code: 'DISCONNECTED', fate: 'not-done' } })
  })

  it('is awaited when no server has it yet', async () => {
    const cluster = oneShard()
    let refusals = 3
    cluster.rule = () => (refusals-- > 0 ? { outcome: OUTCOME_STALE, executed: 0 } : undefined)
    const client = await open(cluster)
    await Promise.all([client.set('a', '1'), client.set('b', '2')])
    expect(cluster.executed).toEqual(['set a', 'set b'])
  })

  it('is fetched when a slot has moved, and the operations before it stand', async () => {
    const cluster = oneShard()
    let isMoved = false
    cluster.rule = ({ operations }) => {
      if (isMoved) return undefined
      isMoved = true
      return operations.length > 1
        ? { outcome: OUTCOME_WRONG_SLOT, executed: 1 }
        : { outcome: OUTCOME_EXECUTED, executed: 1 }
    }
    const client = await open(cluster)
    await Promise.all([client.set('a', '1'), client.set('b', '2'), client.set('c', '3')])
    expect(cluster.executed).toEqual(['set a', 'set b', 'set c'])
  })
})
