import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { openTestRuntime, operationsFrame, TestPeer, testHello } from '../../test/support/server-harness.ts'
import { METRICS, renderMetrics } from './metrics.ts'
import type { ThreadStats } from './thread-stats.ts'

const FACTS = {
  node: 'node "1"',
  version: '1.2.3',
  uptimeMs: 12_500,
  topologyNumber: 7,
  readiness: { isReady: true, reasons: [] },
}

const EVENT_LOOP_DELAY = { p50Ms: 0.5, p99Ms: 20, maxMs: 300 }

const FORWARDING = {
  framesForwarded: 4,
  runsForwarded: 5,
  runsExecutedForSiblings: 6,
  operationsForwarded: 70,
  operationsExecutedForSiblings: 80,
  mailboxBytes: 900,
  forwardedReplyBytes: 1_000,
  waitingForMailboxes: 2,
  waitingForForwardedReplies: 1,
}

/** A thread with two shards, of which the first has the keys `b` and `hello`, that has seen operations of every kind. */
function busyStats(): ThreadStats {
  const { runtime } = openTestRuntime({ shards: 2 })
  const peer = TestPeer.open(runtime)
  const get = { kind: 'get', key: 'b' } as const
  const set = { kind: 'set', key: 'b', value: 'value' } as const
  const rest = [
    { kind: 'delete', key: 'hello' } as const,
    { kind: 'exists', key: 'b' } as const,
    { kind: 'count' } as const,
  ]
  peer.send(
    operationsFrame(1, [
      { operations: [set, get, get, ...rest] },
      { operations: [{ kind: 'get', key: 'a' }], shard: 1 },
    ]),
    operationsFrame(2, [{ operations: [get], view: 9 }]),
  )
  return { ...runtime.stats(), ...FORWARDING, threadCpuNs: 1.5e9, eventLoopDelay: EVENT_LOOP_DELAY, waitingForSlabs: 3 }
}

/** Samples of the text, by name and labels. */
function parsed(text: string): Map<string, number> {
  const samples = new Map<string, number>()
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#')) continue
    const [, name = '', labels = '', value = ''] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? []
    expect(name).not.toBe('')
    const pairs = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, label, of]) => `${label}=${of}`)
    const sample = [name, ...pairs.filter((pair) => !pair.startsWith('node='))].join(' ')
    expect(samples).not.toContain(sample)
    samples.set(sample, Number(value))
    expect(pairs).toContain('node=node \\"1\\"')
  }
  return samples
}

describe('the text', () => {
  it('says what the stats say', async () => {
    const stats = busyStats()
    const samples = parsed(await renderMetrics(FACTS, [stats]))
    const [zero, one] = stats.shardStats
    expect([zero?.gets, zero?.sets, zero?.hits, one?.gets]).toEqual([2, 1, 2, 1])
    for (const { shard, ...shardStats } of stats.shardStats) {
      const value = (name: string) => samples.get(`sluice_${name} thread=0 shard=${shard}`)
      const operations = (kind: string) =>
        samples.get(`sluice_operations_total thread=0 shard=${shard} operation=${kind}`)
      const kinds = ['get', 'set', 'delete', 'exists', 'other'].map(operations)
      const { gets, sets, deletes, exists, others } = shardStats
      expect(kinds).toEqual([gets, sets, deletes, exists, others])
      expect(kinds.reduce<number>((sum, count) => sum + (count ?? 0), 0)).toBe(shardStats.operations)
      expect([value('hits_total'), value('repeats_total')]).toEqual([shardStats.hits, shardStats.repeats])
      expect([value('records'), value('key_bytes'), value('value_bytes')]).toEqual([
        shardStats.records,
        shardStats.keyBytes,
        shardStats.valueBytes,
      ])
      expect([value('heap_bytes'), value('heap_used_bytes'), value('memory_bytes'), value('free_slabs')]).toEqual([
        shardStats.heapBytes,
        shardStats.heapUsedBytes,
        shardStats.memoryBytes,
        shardStats.slabsFree,
      ])
      const removals = ['expired', 'evicted', 'discarded'] as const
      expect(removals.map((name) => value(`${name}_records_total`))).toEqual(removals.map((name) => shardStats[name]))
    }
    const value = (name: string) => samples.get(`sluice_${name} thread=0`)
    expect([value('frames_total'), value('connections')]).toEqual([stats.frames, 1])
    expect([value('received_bytes_total'), value('sent_bytes_total')]).toEqual([stats.bytesIn, stats.bytesOut])
    expect([value('sections_refused_total'), value('sections_stopped_total')]).toEqual([1, 0])
    expect(value('thread_cpu_seconds_total')).toBe(1.5)
    const waiting = (line: string) => samples.get(`sluice_waiting_connections thread=0 line=${line}`)
    expect(['slabs', 'large_frames', 'mailboxes', 'forwarded_replies'].map(waiting)).toEqual([3, 0, 2, 1])
    expect(samples.get('sluice_connections_total thread=0 outcome=accepted')).toBe(1)
    expect(samples.get('sluice_event_loop_delay_seconds thread=0 quantile=0.99')).toBe(0.02)
    expect(samples.get('sluice_event_loop_delay_seconds thread=0 quantile=1')).toBe(0.3)
    expect(samples.get('sluice_uptime_seconds')).toBe(12.5)
    expect(samples.get('sluice_topology_number')).toBe(7)
    expect(samples.get('sluice_build_info version=1.2.3')).toBe(1)
    expect(samples.get('sluice_ready')).toBe(1)
  })

  it('says what was forwarded, in both directions', async () => {
    const samples = parsed(await renderMetrics(FACTS, [busyStats()]))
    const value = (name: string) => samples.get(`sluice_${name}`)
    expect(value('forwarded_frames_total thread=0')).toBe(4)
    expect(value('forwarded_runs_total thread=0 direction=sent')).toBe(5)
    expect(value('forwarded_runs_total thread=0 direction=received')).toBe(6)
    expect(value('forwarded_operations_total thread=0 direction=sent')).toBe(70)
    expect(value('forwarded_operations_total thread=0 direction=received')).toBe(80)
    expect(value('mailbox_bytes thread=0')).toBe(900)
    expect(value('forwarded_reply_bytes thread=0')).toBe(1_000)
  })

  it('says why connections were refused', async () => {
    const { runtime } = openTestRuntime({ password: 'open sesame' })
    for (let guess = 0; guess < 3; guess++) {
      const peer = new TestPeer(runtime)
      peer.channel.deliver(testHello({ credentials: Buffer.from(`guess ${guess}`) }))
    }
    const samples = parsed(await renderMetrics(FACTS, [runtime.stats()]))
    const refused = (reason: string) => samples.get(`sluice_refused_connections_total thread=0 reason=${reason}`)
    expect(['wrong_password', 'no_password', 'remote_client'].map(refused)).toEqual([3, 0, 0])
  })

  it('has sizes of sections as a histogram', async () => {
    const samples = parsed(await renderMetrics(FACTS, [busyStats()]))
    const bucket = (le: string) => samples.get(`sluice_section_operations_bucket le=${le} thread=0`)
    // One of six operations and one of one; the third was refused.
    expect(['1', '2', '4', '8', '32768', '+Inf'].map(bucket)).toEqual([1, 1, 1, 2, 2, 2])
    expect(samples.get('sluice_section_operations_sum thread=0')).toBe(7)
    expect(samples.get('sluice_section_operations_count thread=0')).toBe(2)
  })

  it('has times of frames as a histogram', async () => {
    // At most 1 us, just over it, two doublings, and longer than all buckets.
    const frameTimes = Array.from({ length: 106 }, (_, place) =>
      [0, 1, 4, 5, 8, 105].includes(place) ? 10 + place : 0,
    )
    const samples = parsed(await renderMetrics(FACTS, [{ ...busyStats(), frameTimes, frameTotalMs: 2_500 }]))
    const bucket = (le: string) => samples.get(`sluice_frame_duration_seconds_bucket le=${le} thread=0`)
    expect(['0.000001', '0.000002', '0.000004', '67.108864', '+Inf'].map(bucket)).toEqual([10, 35, 68, 68, 183])
    expect(samples.get('sluice_frame_duration_seconds_sum thread=0')).toBe(2.5)
    expect(samples.get('sluice_frame_duration_seconds_count thread=0')).toBe(183)
  })

  it('says when the node is not ready, and leaves out what is not measured', async () => {
    const facts = { ...FACTS, readiness: { isReady: false, reasons: ['stopping'] } }
    const text = await renderMetrics(facts, [{ ...busyStats(), eventLoopDelay: null }])
    expect(parsed(text).get('sluice_ready')).toBe(0)
    expect(text).not.toContain('event_loop_delay_seconds{')
  })

  it('keeps threads apart, and never names a key', async () => {
    const stats = busyStats()
    const hotKeys = [{ key: 'secret', encoding: 'utf8', keyBytes: 6, share: 1, shareLeast: 1 } as const]
    const text = await renderMetrics(FACTS, [stats, { ...stats, thread: 1, frames: 99, hotKeys }])
    const samples = parsed(text)
    expect(samples.get('sluice_frames_total thread=0')).toBe(stats.frames)
    expect(samples.get('sluice_frames_total thread=1')).toBe(99)
    expect(samples.get('sluice_hot_key_share thread=1 rank=1')).toBe(1)
    expect(text).not.toContain('secret')
  })
})

describe('the table of metrics', () => {
  it('is the one that docs/METRICS.md shows', () => {
    const document = readFileSync(new URL('../../docs/METRICS.md', import.meta.url), 'utf8')
    const rows = document.split('\n').filter((line) => line.startsWith('| `sluice_'))
    const expected = METRICS.map(({ name, type, unit, labels, help }) => {
      return `| \`${name}\` | ${type} | ${labels.join(', ')} | ${unit} | ${help} |`
    })
    expect(rows).toEqual(expected)
  })

  it('is complete, and names units as Prometheus does', async () => {
    const text = await renderMetrics(FACTS, [busyStats()])
    const told = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => [name, type])
    expect(told).toEqual(METRICS.map(({ name, type }) => [name, type]))
    for (const { name, type, unit } of METRICS) {
      expect(name).toMatch(/^sluice_[a-z]+(_[a-z]+)*$/)
      expect(name.endsWith('_total')).toBe(type === 'counter')
      if (unit === 'bytes' || unit === 'seconds') expect(name).toContain(`_${unit}`)
    }
  })
})
