// Routes operations again that another topology had routed: a section's operations may belong to several shards now.
// This happens when slots move, so it is written for clarity: it takes the operations apart to find their keys.

import { slotOfBytes } from '../cluster/slot.ts'
import { decodeOperation } from '../protocol/operation-walk.ts'
import { OPERATIONS_START, type SectionWriter } from '../protocol/section-writer.ts'
import { assert } from '../util/assert.ts'
import type { RoutedFrame } from './batch-builder.ts'
import { OutgoingFrame } from './outgoing-frame.ts'
import type { Routing } from './routing.ts'
import { Section } from './section.ts'

/** A section in the making. */
interface Part {
  readonly writer: SectionWriter
  readonly indexes: number[]
}

/**
 * The unanswered operations of the frames, in frames for another routing; the given frames end. Operations that go to
 * one shard keep their order.
 */
export function reroute(frames: readonly OutgoingFrame[], routing: Routing): RoutedFrame[] {
  const routed: RoutedFrame[] = []
  for (const frame of frames) {
    for (const section of frame.sections) {
      if (section.operationCount === 0) continue
      for (const [shard, part] of splitByShard(section, routing)) {
        const lane = routing.laneOfShard[shard]
        assert(lane !== undefined, 'every shard has a lane')
        // A frame of its own: two sections of one frame may have parts for one shard.
        routed.push({
          lane,
          frame: new OutgoingFrame(frame.terms, [sectionOf(section, shard, part, routing)], frame.fruitlessTries),
        })
      }
      section.replace()
    }
  }
  return routed
}

function splitByShard(section: Section, routing: Routing): Map<number, Part> {
  const parts = new Map<number, Part>()
  let at = section.start
  for (let position = 0; position < section.operationCount; position++) {
    const { key, end } = decodeOperation(section.bytes, at, section.end)
    assert(key.length > 0, 'the client sends operations on keys')
    const shard = routing.slots[slotOfBytes(key, 0, key.length)] as number
    const part = parts.get(shard) ?? { writer: section.batch.pools.takeWriter(), indexes: [] }
    parts.set(shard, part)
    part.writer.appendEncoded(section.bytes, at, end)
    part.indexes.push(section.operationIndex(position))
    at = end
  }
  section.batch.addSections(parts.size)
  return parts
}

function sectionOf(from: Section, shard: number, part: Part, routing: Routing): Section {
  const row = routing.topology.shards[shard]
  assert(row !== undefined, 'a slot belongs to a shard of its topology')
  return new Section(from.batch, {
    shard: row.id,
    view: row.view,
    bytes: part.writer.buffer,
    start: OPERATIONS_START,
    end: part.writer.end,
    operationCount: part.writer.operationCount,
    indexes: Uint32Array.from(part.indexes),
    firstIndex: 0,
    writer: part.writer,
  })
}
