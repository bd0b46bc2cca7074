import fc from 'fast-check'
import { expect, it } from 'vitest'
import { slotOfString } from '../cluster/slot.ts'
import { evenTopology } from '../cluster/topology.ts'
import { OP_ATOMIC, OP_GET, OP_SET } from '../protocol/codes.ts'
import { decodeOperation } from '../protocol/operation-walk.ts'
import { OPERATIONS_START, SectionWriter } from '../protocol/section-writer.ts'
import { BatchBuilder } from './batch-builder.ts'
import type { BatchResults } from './batch-results.ts'
import { FrameTerms } from './frame-terms.ts'
import { Pools } from './pools.ts'
import { reroute } from './reroute.ts'
import { type Routing, routingOf } from './routing.ts'

function routing(shardCount: number): Routing {
  return routingOf(evenTopology({ nodes: [{ id: 'one', host: 'one', ports: [1, 2] }], shardCount }), 'direct')
}

const WHOLE = routing(2)
const DIVIDED = routing(7)
const TERMS = new FrameTerms(0, 1)

/** Group members of one shard of `WHOLE`, encoded as an atomic batch has them. */
function encoded(keys: readonly string[]): { bytes: Uint8Array; ends: number[] } {
  const writer = new SectionWriter()
  const ends = keys.map((key) => {
    writer.appendOperation(OP_SET, { key, value: 'v' })
    return writer.end
  })
  return { bytes: writer.buffer, ends }
}

it('keeps the order of each shard and each index once, over any number of sections', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 1, maxLength: 60 }), (numbers) => {
      const builder = new BatchBuilder(WHOLE, 10, new Pools())
      for (const number of numbers) {
        const key = `k:${number}`
        builder.append(OP_GET, WHOLE.slots[slotOfString(key)] as number, key)
      }
      const frames = builder.finish(TERMS, () => {}).map(({ frame }) => frame)
      const seen: number[] = []
      const lastOfShard = new Map<number, number>()
      for (const { lane, frame } of reroute(frames, DIVIDED)) {
        for (const section of frame.sections) {
          expect(DIVIDED.laneOfShard[section.shard]).toBe(lane)
          let at = section.start
          for (let position = 0; position < section.operationCount; position++) {
            const { key, end } = decodeOperation(section.bytes, at, section.end)
            const index = section.operationIndex(position)
            const text = Buffer.from(key).toString()
            expect(text).toBe(`k:${numbers[index]}`)
            expect(DIVIDED.slots[slotOfString(text)]).toBe(section.shard)
            expect(index).toBeGreaterThan(lastOfShard.get(section.shard) ?? -1)
            lastOfShard.set(section.shard, index)
            seen.push(index)
            at = end
          }
        }
      }
      expect(seen.sort((a, b) => a - b)).toEqual(numbers.map((_, index) => index))
    }),
  )
})

it('keeps an atomic group together that still has one shard', () => {
  const keys = ['{t}:1', '{t}:2', '{t}:3']
  const builder = new BatchBuilder(WHOLE, 10, new Pools())
  const { bytes, ends } = encoded(keys)
  builder.appendGroup(WHOLE.slots[slotOfString('{t}')] as number, bytes, ends)
  const [first] = builder.finish(TERMS, () => {})
  const before = first?.frame.sections[0]
  const original = before?.bytes.slice(OPERATIONS_START, before.end)
  const routed = reroute(first === undefined ? [] : [first.frame], DIVIDED)
  const [section, ...others] = routed.flatMap(({ frame }) => frame.sections)
  expect(others).toEqual([])
  expect(section).toMatchObject({ operationCount: 4, shard: DIVIDED.slots[slotOfString('{t}')] })
  expect(section?.bytes.slice(OPERATIONS_START, section.end)).toEqual(original)
  expect(original?.[0]).toBe(OP_ATOMIC)
})

it('fails an atomic group as not done whose keys are apart now', () => {
  // One shard has both keys while there are two, and not when there are seven.
  const numbers = Array.from({ length: 50 }, (_, number) => `k:${number}`)
  const [first = ''] = numbers
  const other = numbers.find((key) => {
    const isTogether = WHOLE.slots[slotOfString(key)] === WHOLE.slots[slotOfString(first)]
    return isTogether && DIVIDED.slots[slotOfString(key)] !== DIVIDED.slots[slotOfString(first)]
  })
  const { bytes, ends } = encoded([first, other ?? ''])
  const builder = new BatchBuilder(WHOLE, 10, new Pools())
  builder.appendGroup(WHOLE.slots[slotOfString(first)] as number, bytes, ends)
  const settled: BatchResults[] = []
  const frames = builder.finish(TERMS, (results) => settled.push(results)).map(({ frame }) => frame)
  expect(reroute(frames, DIVIDED)).toEqual([])
  const [results] = settled
  expect(settled).toHaveLength(1)
  for (const index of [0, 1, 2]) {
    expect(results?.error(index)).toMatchObject({ code: 'NOT_EXECUTED', fate: 'not-done' })
  }
})
