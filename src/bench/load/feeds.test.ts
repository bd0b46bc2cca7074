import { describe, expect, it } from 'vitest'
import { ManualClock } from '../../../test/support/manual-clock.ts'
import { entriesOf } from '../../../test/support/operation-blocks.ts'
import { KIND_INSERT, KIND_READ } from '../workload/kinds.ts'
import { resolveWorkload } from '../workload/resolve-workload.ts'
import { type OperationBlock, OperationSource } from '../workload/workload.ts'
import type { OperationFeed } from './drive.ts'
import { drawnFeed, loadFeed, verifyFeed } from './feeds.ts'

const RECORDS = 1_000
const CAPACITY = 64

function open(): { readonly source: OperationSource; readonly block: OperationBlock } {
  const workload = resolveWorkload({ workload: 'a', records: RECORDS })
  const source = new OperationSource({
    workload,
    seed: 1,
    client: 0,
    clientCount: 1,
    blockCount: 1,
    blockCapacity: CAPACITY,
  })
  const [block] = source.blocks
  if (block === undefined) throw new Error('a source has a block')
  return { source, block }
}

const never = (): boolean => false

/** Ranks and kinds of everything that the feed still gives. */
function drain(feed: OperationFeed, block: OperationBlock): { ranks: number[]; kinds: Set<number> } {
  const entries = []
  while (!feed.isOver()) {
    expect(feed.fill(block)).toBe(true)
    entries.push(...entriesOf(block))
  }
  expect(feed.fill(block)).toBe(false)
  return { ranks: entries.map(({ rank }) => rank), kinds: new Set(entries.map(({ kind }) => kind)) }
}

describe.each([
  { name: 'the load', feedOf: loadFeed, kind: KIND_INSERT },
  { name: 'the verification', feedOf: verifyFeed, kind: KIND_READ },
])('$name', ({ feedOf, kind }) => {
  it.each([
    [0, RECORDS],
    [17, 17 + CAPACITY],
    [400, 401],
  ])('has each record from %d to %d once, in order', (first, end) => {
    const { source, block } = open()
    const ranks = Array.from({ length: end - first }, (_, index) => first + index)
    expect(drain(feedOf(source, first, end, never), block)).toEqual({ ranks, kinds: new Set([kind]) })
  })

  it('of no records is over at once', () => {
    const { source, block } = open()
    expect(drain(feedOf(source, 5, 5, never), block).ranks).toEqual([])
  })

  it('ends when it is stopped', () => {
    const { source, block } = open()
    let isStopped = false
    const feed = feedOf(source, 0, RECORDS, () => isStopped)
    expect(feed.fill(block)).toBe(true)
    isStopped = true
    expect([feed.isOver(), feed.fill(block)]).toEqual([true, false])
  })
})

describe('drawn operations', () => {
  it('go on until the deadline, a batch at a time', () => {
    const { source, block } = open()
    const clock = new ManualClock(0)
    const feed = drawnFeed(source, 10, 1_000, clock, never)
    for (let count = 0; count < 50; count++) {
      expect(feed.fill(block)).toBe(true)
      expect(block.count).toBe(10)
    }
    clock.advance(999.5)
    expect([feed.isOver(), feed.fill(block)]).toEqual([false, true])
    clock.advance(0.5)
    expect([feed.isOver(), feed.fill(block)]).toEqual([true, false])
  })

  it('end when they are stopped', () => {
    const { source, block } = open()
    let isStopped = false
    const feed = drawnFeed(source, 10, 1_000, new ManualClock(0), () => isStopped)
    expect(feed.fill(block)).toBe(true)
    isStopped = true
    expect([feed.isOver(), feed.fill(block)]).toEqual([true, false])
  })
})
