import { expect, it } from 'vitest'
import { openTestRuntime, operationsFrame, TestPeer } from '../../test/support/server-harness.ts'
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
