import { describe, expect, it } from 'vitest'
import { SLOT_COUNT, slotOfString } from '../../cluster/slot.ts'
import { seededRandom } from '../../util/random.ts'
import { zipfParameters } from '../workload/zipf.ts'
import { type BatchShape, type ShardLoad, shardLoads } from './shard-loads.ts'

const WORKLOAD = { records: 1_000_000, theta: 0.99, readShare: 0.95, valueBytes: 128 }

function loadsOf(shape: Partial<BatchShape>): ShardLoad[] {
  return shardLoads({ workload: WORKLOAD, batch: 8_192, hasRepeats: true, nodes: 1, threads: 1, ...shape })
}

function perOperation(loads: readonly ShardLoad[], name: 'requestBytes' | 'replyBytes', batch: number): number {
  return loads.reduce((sum, load) => sum + load[name], 0) / batch
}

describe('the shares of shards', () => {
  it.each([
    [1, 1],
    [1, 4],
    [2, 7],
    [4, 8],
    [3, 5],
  ])('of %i nodes with %i threads are together 1', (nodes, threads) => {
    const loads = loadsOf({ nodes, threads })
    expect(loads.map(({ node }) => node)).toEqual(
      Array.from({ length: nodes * threads }, (_, index) => Math.floor(index / threads)),
    )
    expect(loads.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 10)
  })

  it('are those of operations that are drawn and routed', () => {
    const { zeta, secondBound, eta, alpha, records } = zipfParameters(WORKLOAD.records, WORKLOAD.theta)
    const random = seededRandom(3)
    const threads = 28
    const draws = 400_000
    const counts = new Array<number>(threads).fill(0)
    for (let index = 0; index < draws; index++) {
      const u = random.nextFloat()
      const curve = Math.min(records - 1, Math.floor(records * (eta * u - eta + 1) ** alpha))
      const rank = u * zeta < 1 ? 0 : u * zeta < secondBound ? 1 : curve
      const slot = slotOfString(String(rank))
      // The shards of a new topology have neighbouring slots, as many each.
      let shard = Math.floor((slot * threads) / SLOT_COUNT)
      if (slot >= Math.floor(((shard + 1) * SLOT_COUNT) / threads)) shard++
      counts[shard] = (counts[shard] ?? 0) + 1
    }
    const loads = loadsOf({ nodes: 4, threads: 7 })
    for (const [shard, { share }] of loads.entries()) {
      // Five standard deviations are 0.0025 for the hottest; the evenly spread ranks add less.
      expect(Math.abs(share - (counts[shard] ?? 0) / draws)).toBeLessThan(0.0025)
    }
    const hottest = loads.reduce((best, load, shard) => (load.share > (loads[best]?.share ?? 0) ? shard : best), 0)
    expect(counts[hottest]).toBe(Math.max(...counts))
  })

  it('never grow when every thread becomes two', () => {
    for (const theta of [0, 0.5, 0.99]) {
      let before = 1
      for (const threads of [1, 2, 4, 8, 16]) {
        const loads = loadsOf({ workload: { ...WORKLOAD, records: 50_000, theta }, nodes: 2, threads })
        const hottest = Math.max(...loads.map(({ share }) => share))
        expect(hottest).toBeLessThanOrEqual(before)
        before = hottest
      }
    }
  })
})

describe('bytes', () => {
  // `sluice bench --threads 1 --clients 1 --batch N`, which has decimal keys as the model.
  it.each([
    { batch: 16, request: 13.89, reply: 120.3 },
    { batch: 64, request: 12.4, reply: 110.4 },
    { batch: 256, request: 12.01, reply: 99.6 },
    { batch: 1_024, request: 11.91, reply: 89.1 },
    { batch: 8_192, request: 11.88, reply: 75.0 },
  ])('of batches of $batch are those measured', ({ batch, request, reply }) => {
    const loads = loadsOf({ batch })
    expect(perOperation(loads, 'requestBytes', batch)).toBeCloseTo(request, 1)
    expect(Math.abs(perOperation(loads, 'replyBytes', batch) / reply - 1)).toBeLessThan(0.015)
  })

  it('of plain replies are 123.5, and with references of four servers 69 to 76 as measured', () => {
    expect(perOperation(loadsOf({ hasRepeats: false }), 'replyBytes', 8_192)).toBeCloseTo(123.55, 2)
    // The engine's benchmark looks at the first of four servers, which gets 8,192 operations of a batch of 32,768.
    const [first] = loadsOf({ batch: 32_768, nodes: 4 })
    const reply = (first?.replyBytes ?? 0) / (32_768 * (first?.share ?? 1))
    expect(reply).toBeGreaterThan(69)
    expect(reply).toBeLessThan(76)
  })

  it('do not depend on how many shards a batch is for, but for headers and the tables of more engines', () => {
    const one = perOperation(loadsOf({}), 'replyBytes', 8_192)
    const many = perOperation(loadsOf({ nodes: 4, threads: 7 }), 'replyBytes', 8_192)
    expect(many / one).toBeGreaterThan(0.94)
    expect(many).toBeLessThan(one)
  })

  it('are never more with references, also where a value is shorter than one', () => {
    for (const valueBytes of [0, 1, 2, 3, 128, 300]) {
      const workload = { ...WORKLOAD, records: 1_000, valueBytes }
      const plain = perOperation(loadsOf({ workload, hasRepeats: false }), 'replyBytes', 8_192)
      expect(perOperation(loadsOf({ workload }), 'replyBytes', 8_192)).toBeLessThanOrEqual(plain)
    }
  })

  it('come in several frames where one would be too large', () => {
    const [large] = loadsOf({ batch: 500_000 })
    expect(large?.frames).toBeGreaterThan(15)
    const frames = loadsOf({ batch: 10, nodes: 4, threads: 8 }).reduce((sum, load) => sum + load.frames, 0)
    expect(frames).toBeLessThan(10)
    expect(frames).toBeGreaterThan(5)
  })
})
