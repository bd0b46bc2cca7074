import { describe, expect, it } from 'vitest'
import { openTestRuntime, operationsFrame, TestPeer } from '../../test/support/server-harness.ts'
import { FrameTimes } from './frame-times.ts'
import { frameSlabsMax } from './limits.ts'

const MIB = 1024 * 1024
const SLAB_BYTES = 256 * 1024

/** Places that have frames, and how many. */
function countsOf(counts: readonly number[]): number[][] {
  return [...counts.entries()].filter(([, count]) => count > 0)
}

describe('frame times', () => {
  it.each([
    ['none', 0, 0],
    ['1 us', 0.001, 0],
    ['just more', 0.00101, 1],
    ['2 us', 0.002, 4],
    ['1.024 ms', 1.024, 40],
    ['as long as any place but the last', 67_108.864, 104],
    ['longer', 68_000, 105],
    ['much longer', 1e9, 105],
  ])('are counted by their logarithm: %s', (_, durationMs, place) => {
    const times = new FrameTimes()
    times.note(3, durationMs)
    expect(countsOf(times.counts())).toEqual([[place, 3]])
    expect(times.totalMs).toBe(3 * durationMs)
  })

  it('go from the read that completed the frame to its reply, also when it had to wait', () => {
    const replySlabsMax = frameSlabsMax(SLAB_BYTES) + 8
    const { runtime, clock } = openTestRuntime({ replySlabsMax, limits: { heldBytesOfAllMax: 1, heldBytesMax: 1 } })
    const holder = TestPeer.open(runtime)
    const value = 'v'.repeat(4 * MIB)
    holder.send(operationsFrame(1, [{ operations: [{ kind: 'set', key: 'key', value }] }]))
    holder.replies()
    const get = operationsFrame(2, [{ operations: [{ kind: 'get', key: 'key' }] }])
    holder.send(get)
    expect(countsOf(runtime.stats().frameTimes)).toEqual([[0, 2]])
    const waiting = TestPeer.open(runtime)
    waiting.send(get.subarray(0, 20))
    clock.advance(500)
    // Counted from here.
    waiting.send(get.subarray(20), get)
    clock.advance(1)
    waiting.send(get)
    clock.advance(7)
    holder.replies()
    expect(waiting.replies()).toHaveLength(3)
    const { frameTimes, frameTotalMs, frames } = runtime.stats()
    // 8 ms is between 2^12.75 and 2^13 us.
    expect(countsOf(frameTimes)).toEqual([
      [0, 2],
      [52, 3],
    ])
    expect([frames, frameTotalMs]).toEqual([5, 24])
  })
})
