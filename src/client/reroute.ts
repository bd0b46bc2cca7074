// Routes operations again that another topology had routed: a section's operations may belong to several shards now.
// This happens when slots move, so it is written for clarity: it takes the operations apart to find their keys.

import { slotOfBytes } from '../cluster/slot.ts'
import { operationEnd } from '../protocol/operation-walk.ts'
import { OPERATIONS_START, type SectionWriter } from '../protocol/section-writer.ts'
import { assert } from '../util/assert.ts'
import { SluiceError } from '../util/errors.ts'
import type { RoutedFrame } from './batch-builder.ts'
import { runsOf } from './operation-runs.ts'
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
 * one shard keep their order; a group stays together, or fails when its keys are on several shards now.
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
  for (const { first, count, start, end, keys } of runsOf(section)) {
    const shard = shardOf(keys, section, routing)
    if (typeof shard !== 'number') {
      section.failRange(first, count, shard)
      continue
    }
    const part = parts.get(shard) ?? { writer: section.batch.pools.takeWriter(), indexes: [] }
    parts.set(shard, part)
    appendRun(part.writer, section.bytes, start, end, count)
    for (let position = first; position < first + count; position++) part.indexes.push(section.operationIndex(position))
  }
  section.batch.addSections(parts.size)
  return parts
}

/** The one shard that operations are for now, or why there is none. */
function shardOf(keys: readonly Uint8Array[], section: Section, routing: Routing): number | SluiceError {
  if (keys.length === 0) {
    const shard = routing.topology.shards.findIndex(({ id }) => id === section.shard)
    return shard === -1 ? new SluiceError('NOT_EXECUTED', 'the shard is gone') : shard
  }
  const shards = new Set(keys.map((key) => routing.slots[slotOfBytes(key, 0, key.length)] as number))
  const [shard] = shards
  assert(shard !== undefined, 'there is a key')
  return shards.size === 1 ? shard : new SluiceError('NOT_EXECUTED', 'the keys of the group are on several shards now')
}

/** `appendEncoded` takes one operation at a time. */
function appendRun(writer: SectionWriter, bytes: Uint8Array, start: number, end: number, count: number): void {
  let at = start
  for (let left = count; left > 0; left--) {
    const next = operationEnd(bytes, at, end)
    writer.appendEncoded(bytes, at, next)
    at = next
  }
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
