import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { moveLines, tableOf } from '../cli/topology.ts'
import { parseTopology } from './parse-topology.ts'
import { planTopology } from './plan-topology.ts'
import { SLOT_COUNT } from './slot.ts'
import { SlotSet } from './slot-set.ts'
import type { Topology, TopologyNode } from './topology.ts'
import { checkSuccession, gainedSlots, movesBetween } from './topology-changes.ts'

function node(id: string, threads = 2): TopologyNode {
  return {
    id,
    host: `${id}.example.org`,
    ports: Array.from({ length: threads }, (_, thread) => 7101 + thread),
    publicPort: 7070,
  }
}

function sizes({ shards }: Topology): number[] {
  return shards.map(({ slots }) => SlotSet.of(slots).size)
}

function movedCount(current: Topology, next: Topology): number {
  return movesBetween(current, next).reduce((sum, { slots }) => sum + slots.size, 0)
}

describe('planTopology', () => {
  it('adds a node with the fewest slots moved', () => {
    const first = planTopology({ nodes: [node('a', 1), node('b', 1)] })
    const second = planTopology({ nodes: [node('a', 1), node('b', 1), node('c', 1)], current: first })
    expect(moveLines(first, second)).toEqual([
      '5461 slots of 16384 move; they start empty at their new owners:',
      '   2730 slots  a/0 shard 0 -> c/0 shard 2',
      '   2731 slots  b/0 shard 1 -> c/0 shard 2',
    ])
    expect(tableOf(second)).toEqual([
      'topology 2: 3 nodes, 3 shards',
      'a  a.example.org, public port 7070  5462 slots, 33.3 %',
      '  thread 0, port 7101',
      '    shard 0, view 2: 5462 slots, 33.3 %  0-5461',
      'b  b.example.org, public port 7070  5461 slots, 33.3 %',
      '  thread 0, port 7101',
      '    shard 1, view 2: 5461 slots, 33.3 %  8192-13652',
      'c  c.example.org, public port 7070  5461 slots, 33.3 %',
      '  thread 0, port 7101',
      '    shard 2, view 2: 5461 slots, 33.3 %  5462-8191 13653-16383',
    ])
  })

  it('keeps a node listed that has to give its slots up, until it is gone', () => {
    const first = planTopology({ nodes: [node('a'), node('b'), node('c')] })
    const second = planTopology({ nodes: [node('a'), node('c')], current: first })
    expect(second.nodes.map(({ id }) => id)).toEqual(['a', 'c', 'b'])
    expect(second.shards.every(({ node: owner }) => owner !== 'b')).toBe(true)
    const third = planTopology({ nodes: [node('a'), node('c')], current: second })
    expect(third.nodes.map(({ id }) => id)).toEqual(['a', 'c', 'b'])
    const fourth = planTopology({ nodes: [node('a'), node('c')], current: third, gone: ['b'] })
    expect(fourth.nodes.map(({ id }) => id)).toEqual(['a', 'c'])
    expect(moveLines(second, fourth)).toEqual(['no slot moves'])
  })

  it('changes nothing but the number when nothing changes', () => {
    const first = planTopology({ nodes: [node('a'), node('b')], shardsPerThread: 3 })
    const second = planTopology({ nodes: [node('a'), node('b')], current: first })
    expect(second).toEqual({ ...first, number: 2 })
  })

  it('makes good successors, even ones, with no more movement than it takes', () => {
    const step = fc.subarray(['a', 'b', 'c', 'd', 'e', 'f'], { minLength: 1 })
    fc.assert(
      fc.property(fc.array(step, { minLength: 2, maxLength: 8 }), fc.integer({ min: 1, max: 3 }), (steps, threads) => {
        let current = planTopology({ nodes: steps[0]?.map((id) => node(id, threads)) ?? [] })
        for (const ids of steps.slice(1)) {
          const next = planTopology({ nodes: ids.map((id) => node(id, threads)), current })
          expect(parseTopology(structuredClone(next))).toEqual(next)
          checkSuccession(current, next)
          const counts = sizes(next)
          expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1)
          // What has to move: slots of shards that are gone, and what the others have too many of.
          const least = Math.floor(SLOT_COUNT / next.shards.length)
          const kept = new Set(next.shards.map(({ id }) => id))
          let bound = 0
          for (const { id, slots } of current.shards) {
            const size = SlotSet.of(slots).size
            bound += kept.has(id) ? Math.max(0, size - least) : size
          }
          expect(movedCount(current, next)).toBeLessThanOrEqual(bound)
          expect(next.shards.every(({ view }) => view <= next.number)).toBe(true)
          current = next
        }
      }),
      { numRuns: 40 },
    )
  })
})

describe('gainedSlots', () => {
  it('are those that a shard did not own on the same thread', () => {
    const first = planTopology({ nodes: [node('a', 1), node('b', 1)] })
    const second = planTopology({ nodes: [node('a', 1)], current: first })
    expect([...gainedSlots(first, second, 'a').keys()]).toEqual([0])
    expect(gainedSlots(first, second, 'a').get(0)?.toRanges()).toEqual([[8_192, 16_383]])
    expect(gainedSlots(first, second, 'b').size).toBe(0)
    expect(gainedSlots(undefined, first, 'b').get(1)?.size).toBe(8_192)
    expect(gainedSlots(first, { ...first, number: 2 }, 'a').size).toBe(0)
  })
})

describe('checkSuccession', () => {
  const first = planTopology({ nodes: [node('a'), node('b')] })
  const next = planTopology({ nodes: [node('a')], current: first })

  it.each<[string, Topology, string]>([
    ['an older number', { ...next, number: 1 }, 'not larger'],
    [
      'a view that does not rise',
      { ...next, shards: next.shards.map((shard) => ({ ...shard, view: 1 })) },
      'must be larger',
    ],
    [
      'a view that rises for nothing',
      { ...first, number: 2, shards: first.shards.map((shard) => ({ ...shard, view: 2 })) },
      'must stay 1',
    ],
    [
      'other addresses',
      { ...next, nodes: next.nodes.map((each) => ({ ...each, host: 'elsewhere' })) },
      'other addresses',
    ],
  ])('refuses %s', (_, wrong, problem) => {
    expect(() => checkSuccession(first, wrong)).toThrow(problem)
  })
})
