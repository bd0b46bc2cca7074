// What follows when a server did not execute a frame to its end. The operations that it did execute are answered; the
// others are certainly not done, so sending them again, in their order, keeps every promise.
//
// After such a frame the server refuses every later frame of the connection (FENCED) until one carries RESUME. So the
// connection sends nothing more, collects the replies of all its frames in flight, and then begins again with what
// they left over.

import {
  OUTCOME_BEHIND,
  OUTCOME_EXECUTED,
  OUTCOME_FENCED,
  OUTCOME_NOT_READY,
  OUTCOME_STOPPED,
  OUTCOME_TOO_MANY_OPERATIONS,
  OUTCOME_UNSUPPORTED,
} from '../protocol/codes.ts'
import type { FrameDecoder } from '../protocol/frame-decoder.ts'
import { protocolError } from '../protocol/protocol-error.ts'
import type { SectionReader } from '../protocol/section-reader.ts'
import { OUTCOME_NAMES } from '../protocol/statuses.ts'
import { SluiceError } from '../util/errors.ts'
import { OutgoingFrame } from './outgoing-frame.ts'
import type { Section } from './section.ts'
import type { MemoryReuse } from './transport.ts'

const DELAY_MS_MIN = 1
const DELAY_MS_MAX = 64

/** What must happen before the operations are sent again. A larger number includes the smaller ones. */
export type Remedy = typeof REMEDY_RESUME | typeof REMEDY_WAIT | typeof REMEDY_REROUTE
/** Nothing: the server stopped at a limit, or at its fence. */
export const REMEDY_RESUME = 0
/** A little time: the server does not have the topology yet, or may not serve a slot yet. */
const REMEDY_WAIT = 1
/** A newer topology: the shard has moved or changed. */
export const REMEDY_REROUTE = 2

/** What a reply left over. */
export interface Refusal {
  /** The operations to send again; without sections when they were all given up. */
  readonly frame: OutgoingFrame
  readonly remedy: Remedy
}

/** How long to wait before a frame is tried again: doubles with every fruitless try, from 1 ms to 64 ms. */
export function resendDelayMs(fruitlessTries: number): number {
  return Math.min(DELAY_MS_MIN * 2 ** fruitlessTries, DELAY_MS_MAX)
}

/**
 * Takes the reply that the decoder has loaded into the frame's batch. Returns what was not executed; undefined when
 * everything was. Throws PROTOCOL when it is no reply to this frame: the sections not answered by then stay open.
 */
export function answerFrame(
  frame: OutgoingFrame,
  reply: FrameDecoder,
  reader: SectionReader,
  reuse: MemoryReuse | undefined,
): Refusal | undefined {
  reader.openReply(reply.bytes, reply.start, reply.end, reply.sectionCount)
  if (reply.sectionCount !== frame.sections.length) throw protocolError('a reply has other sections than its request')
  if (frame.isSettled && frame.sections.length > 0) return refusalOfAbandoned(frame, reader)
  let source = -1
  let isExecuted = true
  let isFenced = true
  let remedy: Remedy = REMEDY_RESUME
  const refused: Section[] = []
  for (const section of frame.sections) {
    reader.next()
    checkReplySection(section, reader)
    const { outcome, resultCount } = reader
    if (resultCount > 0) {
      if (source < 0) source = section.batch.addSource(reply.bytes, reuse)
      section.answer(reply.bytes, reader.start, reader.end, resultCount, source)
    }
    if (outcome === OUTCOME_EXECUTED) continue
    isExecuted = false
    isFenced &&= outcome === OUTCOME_FENCED
    if (section.operationCount === 0) continue
    if (outcome === OUTCOME_UNSUPPORTED || outcome === OUTCOME_TOO_MANY_OPERATIONS) section.fail(refusedFor(outcome))
    else refused.push(section)
    if (outcome !== OUTCOME_FENCED) frame.terms.refusal = OUTCOME_NAMES[outcome] ?? String(outcome)
    remedy = Math.max(remedy, remedyOf(outcome)) as Remedy
  }
  if (isExecuted) return undefined
  const hasProgress = source >= 0
  // The fence speaks of an earlier frame. A server that refuses the same frame again and again is not to be hurried.
  if (!hasProgress && !isFenced && frame.fruitlessTries > 0) remedy = Math.max(remedy, REMEDY_WAIT) as Remedy
  return { frame: leftOver(frame, refused, hasProgress, isFenced), remedy }
}

function checkReplySection(section: Section, reader: SectionReader): void {
  if (reader.shard !== section.shard) throw protocolError('a reply has other sections than its request')
  if (reader.resultCount > section.operationCount) throw protocolError('a reply has more results than operations')
  if (reader.outcome === OUTCOME_EXECUTED && reader.resultCount < section.operationCount) {
    throw protocolError('an executed section lacks results')
  }
}

function leftOver(frame: OutgoingFrame, refused: Section[], hasProgress: boolean, isFenced: boolean): OutgoingFrame {
  if (hasProgress) return new OutgoingFrame(frame.terms, refused)
  return new OutgoingFrame(frame.terms, refused, isFenced ? frame.fruitlessTries : frame.fruitlessTries + 1)
}

/** The reply comes too late for anybody to read it; it may have raised the fence all the same. */
function refusalOfAbandoned(frame: OutgoingFrame, reader: SectionReader): Refusal | undefined {
  let isExecuted = true
  while (reader.next()) isExecuted &&= reader.outcome === OUTCOME_EXECUTED
  return isExecuted ? undefined : { frame: new OutgoingFrame(frame.terms), remedy: REMEDY_RESUME }
}

function remedyOf(outcome: number): Remedy {
  if (outcome === OUTCOME_STOPPED || outcome === OUTCOME_FENCED) return REMEDY_RESUME
  if (outcome === OUTCOME_UNSUPPORTED || outcome === OUTCOME_TOO_MANY_OPERATIONS) return REMEDY_RESUME
  if (outcome === OUTCOME_BEHIND || outcome === OUTCOME_NOT_READY) return REMEDY_WAIT
  return REMEDY_REROUTE
}

function refusedFor(outcome: number): SluiceError {
  return new SluiceError('NOT_EXECUTED', `the server refused the operations: ${OUTCOME_NAMES[outcome] ?? outcome}`)
}
