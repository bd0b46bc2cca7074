import { expect, it } from 'vitest'
import { keysOfShard, TestNode } from '../../test/support/node-harness.ts'
import { openTestRuntime, operationsFrame, TestPeer } from '../../test/support/server-harness.ts'
import { parseTopology } from '../cluster/parse-topology.ts'
import { frameSlabsMax } from './limits.ts'

const MIB = 1024 * 1024
const SLAB_BYTES = 256 * 1024

it('a thread tells each of its shards, and their sums', () => {
  const { runtime } = openTestRuntime({ shards: 2 })
  const peer = TestPeer.open(runtime)
  // Slots 3300 and 15495, of which each shard has one half.
  const sets = ['b', 'a'].map((key) => ({ kind: 'set', key, value: 'four' }) as const)
  const sections = sets.map((set, shard) => ({ operations: shard === 0 ? [set, set] : [set], shard }))
  peer.send(operationsFrame(1, sections))
  const { shardStats, ...thread } = runtime.stats()
  expect(shardStats).toMatchObject([
    { shard: 0, view: 1, operations: 2, sets: 2, gets: 0, records: 1, keyBytes: 1, valueBytes: 4, evicted: 0 },
    { shard: 1, view: 1, operations: 1, sets: 1, gets: 0, records: 1, keyBytes: 1, valueBytes: 4, expired: 0 },
  ])
  expect(thread).toMatchObject({ shards: [0, 1], operations: 3, sets: 3, records: 2, keyBytes: 2, valueBytes: 8 })
  for (const name of ['heapBytes', 'heapUsedBytes', 'memoryBytes', 'slabsFree'] as const) {
    expect(thread[name]).toBe(shardStats.reduce((sum, stats) => sum + stats[name], 0))
  }
  expect(thread).toMatchObject({ threadCpuNs: 0, eventLoopDelay: null, hotKeys: [] })
})

it('a thread tells how many connections wait for slabs', () => {
  const replySlabsMax = frameSlabsMax(SLAB_BYTES) + 8
  const { runtime } = openTestRuntime({ replySlabsMax, limits: { heldBytesMax: 1, heldBytesOfAllMax: 1 } })
  const holder = TestPeer.open(runtime)
  holder.send(operationsFrame(1, [{ operations: [{ kind: 'set', key: 'key', value: 'v'.repeat(4 * MIB) }] }]))
  holder.replies()
  const get = operationsFrame(2, [{ operations: [{ kind: 'get', key: 'key' }] }])
  holder.send(get)
  const waiting = [TestPeer.open(runtime), TestPeer.open(runtime)]
  for (const peer of waiting) peer.send(get)
  expect(runtime.stats().waitingForSlabs).toBe(2)
  holder.replies()
  for (const peer of waiting) peer.replies()
  expect(runtime.stats().waitingForSlabs).toBe(0)
})

it('a thread tells how many connections wait to send a large frame', () => {
  const { runtime } = openTestRuntime({ limits: { largeFramesMax: 1 } })
  const large = operationsFrame(1, [{ operations: [{ kind: 'set', key: 'key', value: 'v'.repeat(MIB) }] }])
  const peers = [TestPeer.open(runtime), TestPeer.open(runtime), TestPeer.open(runtime)]
  for (const peer of peers) peer.send(large.subarray(0, MIB / 2))
  expect(runtime.stats().waitingForLargeFrames).toBe(2)
  peers[0]?.send(large.subarray(MIB / 2))
  expect(runtime.stats().waitingForLargeFrames).toBe(1)
})

it('threads tell what they forward, each operation once where it came from and once where it was executed', () => {
  const node = new TestNode({ threads: 3, limits: { mailboxBytesMax: 1 } })
  const sets = node.topology.shards.map(({ id }) => ({
    shard: id,
    operations: keysOfShard(node.topology, id, 10).map((key) => ({ kind: 'set', key, value: 'v' }) as const),
  }))
  const [first, second] = [TestPeer.open(node.runtime(0)), TestPeer.open(node.runtime(0))]
  const refused = { shard: 2, operations: [{ kind: 'get', key: 'k' } as const], view: 9 }
  first.send(operationsFrame(1, sets))
  second.send(operationsFrame(1, [...sets.slice(1, 2), refused]))
  const sentBytes = node.runtime(0).stats().mailboxBytes
  expect(sentBytes).toBeGreaterThan(0)
  expect(node.runtime(0).stats()).toMatchObject({
    waitingForMailboxes: 1,
    waitingForForwardedReplies: 0,
    mailboxBytes: sentBytes,
  })
  expect(node.runtime(0).stats().forwardedReplyBytes).toBeGreaterThan(0)
  node.deliver()
  for (const peer of [first, second]) expect(peer.replies()).toHaveLength(1)
  // What was sent and refused is forwarded, but not executed.
  expect(node.runtime(0).stats()).toMatchObject({
    ...{ framesForwarded: 2, runsForwarded: 4, operationsForwarded: 31 },
    ...{ runsExecutedForSiblings: 0, operationsExecutedForSiblings: 0 },
    ...{ waitingForMailboxes: 0, mailboxBytes: 0, forwardedReplyBytes: 0 },
  })
  const executed = [1, 2].map((thread) => node.runtime(thread).stats())
  expect(executed).toMatchObject([
    { framesForwarded: 0, runsForwarded: 0, runsExecutedForSiblings: 2, operationsExecutedForSiblings: 20 },
    { framesForwarded: 0, runsForwarded: 0, runsExecutedForSiblings: 2, operationsExecutedForSiblings: 10 },
  ])
})

it('a thread tells how many records it discarded, since their slots moved away', () => {
  const { runtime, clock } = openTestRuntime()
  const [lost, kept] = [1_234, 766]
  const next = parseTopology({
    number: 2,
    nodes: [{ id: 'test', host: 'test', ports: [1, 2] }],
    shards: [
      { id: 0, node: 'test', thread: 0, view: 2, slots: [[0, 8_191]] },
      { id: 1, node: 'test', thread: 1, view: 1, slots: [[8_192, 16_383]] },
    ],
  })
  const keys = [...keysOfShard(next, 1, lost), ...keysOfShard(next, 0, kept)]
  TestPeer.open(runtime).send(operationsFrame(1, [{ operations: keys.map((key) => ({ kind: 'set', key }) as const) }]))
  expect(runtime.stats()).toMatchObject({ records: lost + kept, discarded: 0 })
  runtime.adopt(next)
  clock.advance(1_000)
  expect(runtime.stats()).toMatchObject({ records: kept, discarded: lost, evicted: 0, expired: 0 })
  expect(runtime.stats().shardStats).toMatchObject([{ shard: 0, records: kept, discarded: lost }])
})
