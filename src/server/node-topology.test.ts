// A node's topology with everything around it by hand: its threads are a list of the steps that they took, the other
// nodes answer what the test says.

import { describe, expect, it } from 'vitest'
import { ManualClock } from '../../test/support/manual-clock.ts'
import { LogRecorder } from '../../test/support/server-harness.ts'
import { parseTopology } from '../cluster/parse-topology.ts'
import type { SlotRange, Topology } from '../cluster/topology.ts'
import { SluiceError } from '../util/errors.ts'
import { NodeTopology } from './node-topology.ts'

const NODES = ['a', 'b', 'c'].map((id) => ({ id, host: id, ports: [1] }))

/** Three nodes with a shard each; the slots of all but the first two are the third one's. */
function topologyOf(number: number, first: number, second: number, views: readonly number[]): Topology {
  const ranges: SlotRange[] = [
    [0, first - 1],
    [first, first + second - 1],
    [first + second, 16_383],
  ]
  const shards = ranges.map((range, id) => ({ id, node: NODES[id]?.id, thread: 0, view: views[id], slots: [range] }))
  return parseTopology({ number, nodes: NODES, shards })
}

const FIRST = topologyOf(1, 100, 100, [1, 1, 1])
/** Node a gains what b loses. */
const SECOND = topologyOf(2, 150, 50, [2, 2, 1])
/** Back again, and a gains nothing. */
const THIRD = topologyOf(3, 100, 100, [3, 3, 1])

function openNode() {
  const clock = new ManualClock()
  const log = new LogRecorder()
  const steps: string[] = []
  /** What each node answers; a node that is not here does not answer. */
  const answers = new Map<string, Topology>()
  const topology = new NodeTopology({
    nodeId: 'a',
    shardsMax: 1,
    threads: {
      adopt: async ({ number }) => steps.push(`adopt ${number}`),
      publish: async () => steps.push('publish'),
      serveGained: async (number) => steps.push(`serve ${number}`),
    },
    askNode: async ({ id }) => {
      const answer = answers.get(id)
      if (answer === undefined) throw new SluiceError('CONNECT_FAILED', `${id} is down`)
      return answer
    },
    clock,
    logger: log,
  })
  const answer = (answered: Topology, ...ids: string[]): void => {
    for (const id of ids) answers.set(id, answered)
  }
  const silence = (id: string): void => void answers.delete(id)
  /** Lets a time pass in which every node is asked again, and all that follows from the answers happen. */
  const wait = async (): Promise<void> => {
    for (let turn = 0; turn < 20; turn++) await Promise.resolve()
    clock.advance(1_000)
    for (let turn = 0; turn < 20; turn++) await Promise.resolve()
  }
  return { topology, steps, log, answer, silence, wait }
}

describe('NodeTopology', () => {
  it('serves at once when there is nobody to ask', async () => {
    const { topology, steps } = openNode()
    await topology.adopt(
      parseTopology({
        number: 1,
        nodes: [NODES[0]],
        shards: [{ id: 0, node: 'a', thread: 0, view: 1, slots: [[0, 16_383]] }],
      }),
    )
    expect(steps).toEqual(['adopt 1', 'publish', 'serve 1'])
    topology.close()
  })

  it('serves gained slots only when all other nodes run the same topology', async () => {
    const { topology, steps, answer, wait } = openNode()
    await topology.adopt(FIRST)
    expect(topology.unconfirmed).toEqual(['b', 'c'])
    answer(FIRST, 'b')
    await wait()
    expect(topology.unconfirmed).toEqual(['c'])
    expect(steps).toEqual(['adopt 1', 'publish'])
    answer(FIRST, 'c')
    await wait()
    expect(steps).toEqual(['adopt 1', 'publish', 'serve 1'])

    steps.length = 0
    await topology.adopt(SECOND)
    await wait()
    expect(topology.unconfirmed).toEqual(['b', 'c'])
    answer(SECOND, 'b', 'c')
    await wait()
    expect(steps).toEqual(['adopt 2', 'publish', 'serve 2'])
    topology.close()
  })

  it('asks nobody when it gains nothing, and does not forget whom it waits for', async () => {
    const { topology, steps, answer, wait } = openNode()
    answer(FIRST, 'b', 'c')
    await topology.adopt(FIRST)
    await wait()
    await topology.adopt(SECOND)
    answer(SECOND, 'b')
    await wait()
    expect(topology.unconfirmed).toEqual(['c'])
    steps.length = 0
    await topology.adopt(THIRD)
    expect(topology.unconfirmed).toEqual(['c'])
    expect(steps).toEqual(['adopt 3', 'publish'])
    answer(THIRD, 'c')
    await wait()
    expect(steps).toEqual(['adopt 3', 'publish', 'serve 3'])
    topology.close()
  })

  it('adopts a newer topology that it learns of, before it serves anything', async () => {
    const { topology, steps, answer, wait } = openNode()
    answer(THIRD, 'b', 'c')
    await topology.adopt(SECOND)
    await wait()
    await wait()
    expect(topology.current.number).toBe(3)
    expect(steps).toEqual(['adopt 2', 'publish', 'adopt 3', 'publish', 'serve 3'])
    topology.close()
  })

  it('takes no topology in which it is not itself, and serves nothing meanwhile', async () => {
    const { topology, steps, answer, wait } = openNode()
    const others = NODES.map((node) => (node.id === 'a' ? { ...node, host: 'elsewhere' } : node))
    const shards = THIRD.shards
    answer(parseTopology({ number: 9, nodes: others, shards }), 'b')
    answer(
      parseTopology({ number: 9, nodes: [NODES[1]], shards: shards.map((shard) => ({ ...shard, node: 'b' })) }),
      'c',
    )
    await topology.adopt(FIRST)
    for (let turn = 0; turn < 5; turn++) await wait()
    expect(topology.current.number).toBe(1)
    expect(steps).toEqual(['adopt 1', 'publish'])
    topology.close()
  })

  it('refuses more shards than it has memory for', async () => {
    const { topology } = openNode()
    const shards = FIRST.shards.map((shard) => ({ ...shard, node: 'a' }))
    const greedy = parseTopology({ number: 1, nodes: NODES, shards })
    await expect(topology.adopt(greedy)).rejects.toThrow('3 shards, and it was started with memory for 1')
    topology.close()
  })

  it('serves by force, also what it waits for already, and says whom it did not wait for', async () => {
    const { topology, steps, log } = openNode()
    await topology.adopt(FIRST)
    await topology.adopt(FIRST, true)
    expect(steps).toEqual(['adopt 1', 'publish', 'serve 1'])
    expect(log.lines.at(-1)).toMatchObject({ level: 'warn', fields: { topology: 1, unasked: 'b c' } })
    await topology.adopt(SECOND, true)
    expect(steps.slice(3)).toEqual(['adopt 2', 'publish', 'serve 2'])
    topology.close()
  })

  it('refuses what does not follow, and stays as it was', async () => {
    const { topology, steps } = openNode()
    await topology.adopt(SECOND)
    const count = steps.length
    for (const wrong of [
      FIRST,
      topologyOf(2, 150, 50, [2, 3, 1]),
      topologyOf(3, 100, 100, [2, 3, 1]),
      topologyOf(3, 150, 50, [2, 2, 2]),
    ]) {
      await expect(topology.adopt(wrong)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    }
    expect(steps).toHaveLength(count)
    await topology.adopt(SECOND)
    expect(steps).toHaveLength(count)
    expect(topology.current.number).toBe(2)
    topology.close()
  })

  it('does not take another topology of the same number for an answer, and logs what it waits for', async () => {
    const { topology, log, answer, wait } = openNode()
    answer(topologyOf(1, 101, 99, [1, 1, 1]), 'b')
    answer(FIRST, 'c')
    await topology.adopt(FIRST)
    for (let turn = 0; turn < 10; turn++) await wait()
    expect(topology.unconfirmed).toEqual(['b'])
    expect(log.lines.at(-1)?.fields).toEqual({ node: 'b', answer: 'it runs another topology of this number' })
    topology.close()
  })

  it('asks nobody once it is closed', async () => {
    const { topology, steps, answer, wait } = openNode()
    await topology.adopt(FIRST)
    topology.close()
    answer(FIRST, 'b', 'c')
    await wait()
    expect(steps).toEqual(['adopt 1', 'publish'])
  })
})
