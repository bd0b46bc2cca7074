// One frame of operations on its way to one connection: sections of one batch, at most one for each shard. The frame
// is encoded when it is sent, since only then its sequence number and its flags are known.

import {
  KIND_OPERATIONS,
  SECTION_HEADER_BYTES,
  writeFrameHeader,
  writeRequestSectionHeader,
} from '../protocol/frame.ts'
import { FRAME_BYTES_TARGET, FRAME_SECTIONS_MAX } from '../protocol/limits.ts'
import { OPERATIONS_START } from '../protocol/section-writer.ts'
import type { SluiceError } from '../util/errors.ts'
import type { FrameTerms } from './frame-terms.ts'
import type { Section } from './section.ts'

/** Bytes before a frame's first section header. */
const FRAME_START_BYTES = OPERATIONS_START - SECTION_HEADER_BYTES

/** The only namespace there is. */
const NAMESPACE = 0

/** A frame of operations, not yet answered. */
export class OutgoingFrame {
  readonly sections: Section[]
  readonly terms: FrameTerms
  /** Times in a row that the frame was refused without one operation executed. */
  readonly fruitlessTries: number
  /** The number under which it was sent last. */
  sequence = 0
  #bytes = FRAME_START_BYTES
  #operationCount = 0

  constructor(terms: FrameTerms, sections: readonly Section[] = [], fruitlessTries = 0) {
    this.terms = terms
    this.sections = []
    this.fruitlessTries = fruitlessTries
    for (const section of sections) this.add(section)
  }

  /** Bytes of the frame, headers included. */
  get bytes(): number {
    return this.#bytes
  }

  /** Whether the frame stays a good size with the section. An empty frame takes any section. */
  hasRoomFor(section: Section, frameOpsMax: number): boolean {
    if (this.sections.length === 0) return true
    return (
      this.sections.length < FRAME_SECTIONS_MAX &&
      this.#bytes + sectionBytes(section) <= FRAME_BYTES_TARGET &&
      this.#operationCount + section.operationCount <= frameOpsMax
    )
  }

  /** Adds a section of a shard that the frame has no section of. */
  add(section: Section): void {
    this.sections.push(section)
    this.#bytes += sectionBytes(section)
    this.#operationCount += section.operationCount
  }

  /** The frame as parts of one write. `released` must follow when the write has ended. */
  encode(sequence: number, flags: number): Uint8Array[] {
    this.sequence = sequence
    const parts: Uint8Array[] = []
    for (const [index, section] of this.sections.entries()) {
      const isInPlace = section.hasRoomForHeaders
      const head = isInPlace ? section.bytes : new Uint8Array(OPERATIONS_START)
      const headStart = index === 0 ? 0 : FRAME_START_BYTES
      if (index === 0) writeFrameHeader(head, 0, this.#bytes, KIND_OPERATIONS, flags, this.sections.length, sequence)
      const { start, end, operationCount, view, shard } = section
      writeRequestSectionHeader(head, FRAME_START_BYTES, end - start, operationCount, view, shard, NAMESPACE)
      if (isInPlace) parts.push(head.subarray(headStart, end))
      else parts.push(head.subarray(headStart), section.bytes.subarray(start, end))
      section.use()
    }
    return parts
  }

  /** The write that `encode` was for has ended. Sections that came later do not count. */
  released(): void {
    for (const section of this.sections) section.release()
  }

  /** Whether none of its operations waits for a reply any more. */
  get isSettled(): boolean {
    return this.sections.every(({ operationCount }) => operationCount === 0)
  }

  /** Gives up: the unanswered operations of all its sections get the error's fate. */
  fail(error: SluiceError): void {
    for (const section of this.sections) {
      if (section.operationCount > 0) section.fail(error)
    }
  }
}

function sectionBytes(section: Section): number {
  return SECTION_HEADER_BYTES + section.end - section.start
}
