// What becomes of a frame that was sent and whose reply will not come, or not in time. Its reads have changed nothing:
// they can be sent again, or count as not done. Its writes may have taken effect.
//
// Rare, so it is written for clarity: it takes the operations apart one by one. An atomic group counts as a write.

import { OPERATIONS_START, type SectionWriter } from '../protocol/section-writer.ts'
import type { SluiceError } from '../util/errors.ts'
import { runsOf } from './operation-runs.ts'
import { OutgoingFrame } from './outgoing-frame.ts'
import { Section } from './section.ts'

/** Ends a frame: its writes get the error `unknown`, its reads `notDone`. */
export function abandonFrame(frame: OutgoingFrame, unknown: SluiceError, notDone: SluiceError): void {
  for (const section of frame.sections) {
    if (section.operationCount === 0) continue
    for (const { first, count, isWrite } of runsOf(section)) {
      section.failRange(first, count, isWrite ? unknown : notDone)
    }
    section.replace()
  }
}

/** Ends a frame: its writes get the error `unknown`; its reads are in the frame that is returned, if there are any. */
export function keepReads(frame: OutgoingFrame, unknown: SluiceError): OutgoingFrame | undefined {
  const kept: Section[] = []
  for (const section of frame.sections) {
    if (section.operationCount === 0) continue
    const reads = readsOf(section, unknown)
    if (reads !== undefined) kept.push(reads)
    section.replace()
  }
  return kept.length === 0 ? undefined : new OutgoingFrame(frame.terms, kept, frame.fruitlessTries)
}

function readsOf(section: Section, unknown: SluiceError): Section | undefined {
  let writer: SectionWriter | undefined
  const indexes: number[] = []
  for (const { first, count, isWrite, start, end } of runsOf(section)) {
    if (isWrite) {
      section.failRange(first, count, unknown)
    } else {
      writer ??= section.batch.pools.takeWriter()
      writer.appendEncoded(section.bytes, start, end)
      indexes.push(section.operationIndex(first))
    }
  }
  if (writer === undefined) return undefined
  section.batch.addSections(1)
  return new Section(section.batch, {
    shard: section.shard,
    view: section.view,
    bytes: writer.buffer,
    start: OPERATIONS_START,
    end: writer.end,
    operationCount: writer.operationCount,
    indexes: Uint32Array.from(indexes),
    firstIndex: 0,
    writer,
  })
}
