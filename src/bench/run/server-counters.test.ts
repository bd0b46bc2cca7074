import { describe, expect, it } from 'vitest'
import { ManualClock } from '../../../test/support/manual-clock.ts'
import { median, operationRates, readCounters, type ServerCounters } from './server-counters.ts'

function reading(atMs: number, operations: number): ServerCounters {
  return { atMs, operations, threads: 1, frames: 0, bytesIn: 0, bytesOut: 0, cpuNs: 0 }
}

it('counters are summed over the threads', async () => {
  const thread = { thread: 0, operations: 1, frames: 2, bytesIn: 3, bytesOut: 4, threadCpuNs: 5 }
  const client = { stats: async () => [thread, { ...thread, operations: 10 }] }
  const sums = { threads: 2, operations: 11, frames: 4, bytesIn: 6, bytesOut: 8, cpuNs: 10 }
  expect(await readCounters(client, new ManualClock(77))).toEqual({ atMs: 77, ...sums })
})

it('a server that does not report a counter is refused', async () => {
  const client = { stats: async () => [{ operations: 1, frames: '2' }] }
  const refusal = { code: 'PROTOCOL', message: 'the server reports no frames' }
  await expect(readCounters(client, new ManualClock())).rejects.toMatchObject(refusal)
})

describe('rates', () => {
  it('go by the time that really passed', () => {
    expect(operationRates([reading(0, 0), reading(1_000, 500), reading(2_500, 2_000)])).toEqual([500, 1_000])
  })

  it('leave out a short end', () => {
    expect(operationRates([reading(0, 0), reading(1_000, 500), reading(1_020, 501)])).toEqual([500])
    expect(operationRates([reading(0, 0)])).toEqual([])
  })
})

it('the median is the middle, or the mean of the two', () => {
  expect(median([5, 100, 1])).toBe(5)
  expect(median([4, 1, 100, 6])).toBe(5)
  expect(median([7])).toBe(7)
  expect(median([])).toBeUndefined()
})
