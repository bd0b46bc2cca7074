import { describe, expect, it } from 'vitest'
import { evenTopology } from '../cluster/topology.ts'
import { settingsOf } from './options.ts'
import { routingOf } from './routing.ts'

const TOPOLOGY = evenTopology({
  nodes: [
    { id: 'one', host: 'one', ports: [1, 2], publicPort: 9 },
    { id: 'two', host: '::1', ports: [3, 4, 5] },
  ],
  shardCount: 10,
})

describe('routingOf', () => {
  it('leads directly to the thread of each shard', () => {
    const { targets, laneOfShard } = routingOf(TOPOLOGY, 'direct')
    expect(targets.map(({ address }) => address)).toEqual(['one:1', 'one:2', '[::1]:3', '[::1]:4', '[::1]:5'])
    expect(laneOfShard).toEqual([0, 1, 2, 3, 4, 0, 1, 2, 3, 4])
  })

  it('has one lane to each node by its public port, or the first port of a node without one', () => {
    const { targets, laneOfShard } = routingOf(TOPOLOGY, 'public')
    expect(targets).toEqual([
      { node: 'one', thread: 0, address: 'one:9' },
      { node: 'two', thread: 0, address: '[::1]:3' },
    ])
    expect(laneOfShard).toEqual([0, 0, 1, 1, 1, 0, 0, 1, 1, 1])
  })

  it('is direct unless the option says otherwise, and the option is checked', () => {
    expect([settingsOf({}).via, settingsOf({ via: 'public' }).via]).toEqual(['direct', 'public'])
    expect(() => settingsOf({ via: 'both' as 'public' })).toThrow('via')
  })
})
