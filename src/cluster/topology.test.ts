import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseTopology } from './parse-topology.ts'
import { SLOT_COUNT } from './slot.ts'
import { evenTopology, isNewer, slotTable, type Topology } from './topology.ts'

const NODES = [
  { id: 'a', host: '10.0.0.1', ports: [7000, 7001] },
  { id: 'b', host: '10.0.0.2', ports: [7000] },
]

type Path = readonly (string | number)[]

/** A valid topology as JSON gives it, with one place changed. */
function jsonWith(path: Path, value: unknown): unknown {
  const topology: unknown = JSON.parse(JSON.stringify(evenTopology({ number: 5, nodes: NODES })))
  let parent = topology
  for (const key of path.slice(0, -1)) parent = (parent as Record<string | number, unknown>)[key]
  Object.assign(parent as object, { [path.at(-1) ?? '']: value })
  return topology
}

describe('an even topology', () => {
  it('gives every thread one shard unless told otherwise', () => {
    const topology = evenTopology({ nodes: NODES })
    expect(topology.shards).toEqual([
      { id: 0, node: 'a', thread: 0, view: 1, slots: [[0, 5460]] },
      { id: 1, node: 'a', thread: 1, view: 1, slots: [[5461, 10921]] },
      { id: 2, node: 'b', thread: 0, view: 1, slots: [[10922, 16383]] },
    ])
  })

  it('is valid, owns every slot and differs by at most one slot between shards, for any counts', () => {
    fc.assert(
      fc.property(fc.integer({ min: 3, max: 2_000 }), fc.nat(0xffff), (shardCount, view) => {
        const topology = evenTopology({ nodes: NODES, shardCount, view })
        expect(parseTopology(JSON.parse(JSON.stringify(topology)))).toEqual(topology)
        const sizes = topology.shards.map(({ slots }) =>
          slots.reduce((sum, [first, last]) => sum + last - first + 1, 0),
        )
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1)
      }),
      { numRuns: 30 },
    )
  })

  it('refuses fewer shards than threads and more than slots', () => {
    expect(() => evenTopology({ nodes: NODES, shardCount: 2 })).toThrow('every thread has a shard')
    expect(() => evenTopology({ nodes: NODES, shardCount: SLOT_COUNT + 1 })).toThrow('every shard a slot')
    expect(() => evenTopology({ nodes: [] })).toThrow('a topology has a thread')
  })

  it('is frozen throughout', () => {
    const isDeepFrozen = (value: unknown): boolean =>
      typeof value !== 'object' || (Object.isFrozen(value) && Object.values(value ?? {}).every(isDeepFrozen))
    expect(isDeepFrozen(evenTopology({ nodes: NODES }))).toBe(true)
  })
})

describe('the slot table', () => {
  it('maps every slot to the index of its shard', () => {
    const { number, nodes, shards } = evenTopology({ nodes: NODES })
    const table = slotTable({ number, nodes, shards: shards.toReversed() })
    expect([table[0], table[5460], table[5461], table[16383]]).toEqual([2, 2, 1, 0])
    expect(table).toHaveLength(SLOT_COUNT)
  })
})

describe('the newer topology', () => {
  it('is the one with the larger number', () => {
    const numbered = (number: number): Topology => evenTopology({ number, nodes: NODES })
    expect(isNewer(numbered(2), numbered(1))).toBe(true)
    expect(isNewer(numbered(1), numbered(1))).toBe(false)
    expect(isNewer(numbered(1), numbered(2))).toBe(false)
    expect(isNewer(numbered(1), undefined)).toBe(true)
  })
})

describe('parsing', () => {
  it('leaves unknown fields out', () => {
    const topology = evenTopology({ number: 5, nodes: NODES })
    expect(parseTopology(jsonWith(['colour'], 'blue'))).toEqual(topology)
    expect(parseTopology(jsonWith(['nodes', 0, 'rack'], 4))).toEqual(topology)
  })

  it('allows a shard without slots', () => {
    const empty = { id: 9, node: 'b', thread: 0, view: 0, slots: [] }
    expect(parseTopology(jsonWith(['shards', 3], empty)).shards).toHaveLength(4)
  })

  const broken: readonly [message: string, path: Path, value: unknown][] = [
    ['topology.number: must be an integer', ['number'], undefined],
    ['topology.number: must be from 0', ['number'], -1],
    ['topology.nodes: must be an array', ['nodes'], {}],
    ['topology.nodes: must have 1 to', ['nodes'], []],
    ['topology.nodes[0]: must be an object', ['nodes', 0], null],
    ['topology.nodes[1].id: "a" is used twice', ['nodes', 1, 'id'], 'a'],
    ['topology.nodes[0].host: must have 1 to', ['nodes', 0, 'host'], ''],
    ['topology.nodes[0].host: must be a string', ['nodes', 0, 'host'], 4],
    ['topology.nodes[0].ports[1]: must be from 1', ['nodes', 0, 'ports', 1], 0],
    ['topology.nodes[0].ports[1]: must be an integer', ['nodes', 0, 'ports', 1], 1.5],
    ['topology.shards[1].id: 0 is used twice', ['shards', 1, 'id'], 0],
    ['topology.shards[1].id: must be from 0 to 65535', ['shards', 1, 'id'], 65_536],
    ['topology.shards[2].node: there is no node "c"', ['shards', 2, 'node'], 'c'],
    ['topology.shards[2].thread: node "b" has 1', ['shards', 2, 'thread'], 1],
    ['topology.shards[0].view: must be an integer', ['shards', 0, 'view'], '1'],
    ['topology.shards[0].slots[0]: must have 2 items', ['shards', 0, 'slots', 0], [1]],
    ['topology.shards[0].slots[0][1]: must be from 5', ['shards', 0, 'slots', 0], [5, 4]],
    ['topology.shards[2].slots[0][1]: must be from', ['shards', 2, 'slots', 0, 1], SLOT_COUNT],
    ['topology.shards[1].slots: slot 5460 is owned twice', ['shards', 1, 'slots', 0, 0], 5460],
    ['topology.shards: slot 5461 is not owned', ['shards', 1, 'slots', 0, 0], 5462],
  ]
  it.each(broken)('says %j', (message, path, value) => {
    const parse = (): Topology => parseTopology(jsonWith(path, value))
    expect(parse).toThrow(message)
    expect(parse).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }))
  })

  it('throws nothing else for any JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (json) => {
        expect(() => parseTopology(json)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }))
      }),
    )
  })
})
