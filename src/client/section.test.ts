import { describe, expect, it } from 'vitest'
import { evenTopology } from '../cluster/topology.ts'
import { OP_ADD, OP_ATOMIC, OP_GET, OP_SET, STATUS_OK } from '../protocol/codes.ts'
import { decodeOperation } from '../protocol/operation-walk.ts'
import { OPERATIONS_START, type SectionWriter } from '../protocol/section-writer.ts'
import { FrameTerms } from './frame-terms.ts'
import { OutgoingFrame } from './outgoing-frame.ts'
import { PendingBatch } from './pending-batch.ts'
import { Pools } from './pools.ts'
import { reroute } from './reroute.ts'
import { routingOf } from './routing.ts'
import { Section } from './section.ts'

const ROUTING = routingOf(evenTopology({ nodes: [{ id: 'one', host: 'one', ports: [1] }], shardCount: 1 }), 'direct')

/** A section of its own batch, with what the function appends. */
function sectionOf(append: (writer: SectionWriter) => void): Section {
  const pools = new Pools()
  const writer = pools.takeWriter()
  append(writer)
  const { operationCount, buffer: bytes, end } = writer
  const batch = new PendingBatch(pools.columns.take(operationCount), operationCount, pools, () => {})
  batch.addSections(1)
  const place = { shard: 0, view: 0, start: OPERATIONS_START, indexes: undefined, firstIndex: 0 }
  return new Section(batch, { ...place, bytes, end, operationCount, writer })
}

describe('a section that was answered in part', () => {
  const group = () =>
    sectionOf((writer) => {
      writer.appendOperation(OP_ATOMIC, { count: 2 })
      writer.appendOperation(OP_ADD, { key: 'n', delta: 1n })
      writer.appendString(OP_GET, 'n')
      writer.appendString(OP_GET, 'last')
    })

  it('goes on with the operation behind an atomic group', () => {
    const section = group()
    section.answer(new Uint8Array(3).fill(STATUS_OK), 0, 3, 3, 0)
    expect(section.operationCount).toBe(1)
    expect(Buffer.from(decodeOperation(section.bytes, section.start, section.end).key).toString()).toBe('last')
  })

  it('refuses an answer that ends inside an atomic group', () => {
    for (const count of [1, 2]) {
      const section = group()
      const answer = () => section.answer(new Uint8Array(count).fill(STATUS_OK), 0, count, count, 0)
      expect(answer).toThrow(expect.objectContaining({ code: 'PROTOCOL' }))
      expect(section).toMatchObject({ start: OPERATIONS_START, operationCount: 4 })
    }
  })

  it('keeps options and arguments when it is routed anew', () => {
    const section = sectionOf((writer) => {
      writer.appendOperation(OP_SET, { key: 'a', value: '1', expiryMs: 5, previous: true, withVersion: true })
      writer.appendOperation(OP_ADD, { key: 'n', delta: -3n })
    })
    const before = section.bytes.slice(section.start, section.end)
    const [routed] = reroute([new OutgoingFrame(new FrameTerms(0, 1), [section])], ROUTING)
    const again = routed?.frame.sections[0]
    expect(again?.operationCount).toBe(2)
    expect(again?.bytes.slice(again.start, again.end)).toEqual(before)
  })
})
