// The sections of one frame's body, headers only: what is inside them is for the engine (operations) or for
// `readResults` (results). `open` walks all headers before it returns, so that a frame is known to be well formed
// before anything of it is executed, and `next` cannot fail.
//
// Invariant: a section's count is never larger than its bytes allow, so that it may size an allocation.

import { readU8, readU16, readU32 } from '../util/bytes.ts'
import { OUTCOME_END } from './codes.ts'
import { SECTION_HEADER_BYTES } from './frame.ts'
import { FRAME_SECTIONS_MAX } from './limits.ts'
import { OPERATION_BYTES_MIN } from './operation-walk.ts'
import { protocolError } from './protocol-error.ts'

/** The shortest result is its status alone. */
const RESULT_BYTES_MIN = 1

/**
 * Steps through the sections of a frame; the fields describe the section that `next` loaded last. One reader serves
 * any number of frames, one after the other.
 */
export class SectionReader {
  /** Operations of the section; 0 in a reply. */
  operationCount = 0
  /** Results of the section; 0 in a request. */
  resultCount = 0
  /** The sender's view of the shard. */
  view = 0
  /** The shard's number. */
  shard = 0
  /** Request only. */
  namespace = 0
  /** Reply only: an `OUTCOME_*`. */
  outcome = 0
  /** First byte of the operations or results. */
  start = 0
  /** One past their last byte. */
  end = 0
  /** Operations of all sections of the frame; 0 for a reply. */
  frameOperationCount = 0

  #bytes: Uint8Array = new Uint8Array(0)
  #position = 0
  #sectionsLeft = 0
  #isReply = false
  readonly #shards = new Set<number>()

  /** Opens the body `bytes[start, end)` of an OPERATIONS frame. Throws PROTOCOL unless its sections fill it exactly. */
  open(bytes: Uint8Array, start: number, end: number, sectionCount: number): void {
    this.#isReply = false
    this.#check(bytes, start, end, sectionCount)
  }

  /** As `open`, for an OPERATIONS_REPLY frame. */
  openReply(bytes: Uint8Array, start: number, end: number, sectionCount: number): void {
    this.#isReply = true
    this.#check(bytes, start, end, sectionCount)
  }

  /** Loads the next section; false when there is none. */
  next(): boolean {
    if (this.#sectionsLeft === 0) return false
    this.#sectionsLeft--
    this.#load()
    return true
  }

  #check(bytes: Uint8Array, start: number, end: number, sectionCount: number): void {
    this.#bytes = bytes
    this.#sectionsLeft = 0
    this.frameOperationCount = 0
    if (sectionCount > FRAME_SECTIONS_MAX) throw protocolError('a frame has more sections than allowed')
    this.#shards.clear()
    this.#position = start
    for (let index = 0; index < sectionCount; index++) {
      if (end - this.#position < SECTION_HEADER_BYTES)
        throw protocolError('a section header passes the end of its frame')
      this.#load()
      this.#checkLoaded(end)
      this.frameOperationCount += this.operationCount
    }
    if (this.#position !== end) throw protocolError('a frame has bytes behind its last section')
    this.#position = start
    this.#sectionsLeft = sectionCount
  }

  #load(): void {
    const at = this.#position
    const count = readU32(this.#bytes, at + 4)
    this.operationCount = this.#isReply ? 0 : count
    this.resultCount = this.#isReply ? count : 0
    this.view = readU32(this.#bytes, at + 8)
    this.shard = readU16(this.#bytes, at + 12)
    this.namespace = this.#isReply ? 0 : readU16(this.#bytes, at + 14)
    this.outcome = this.#isReply ? readU8(this.#bytes, at + 14) : 0
    this.start = at + SECTION_HEADER_BYTES
    this.end = this.start + readU32(this.#bytes, at)
    this.#position = this.end
  }

  #checkLoaded(frameEnd: number): void {
    const sectionBytes = this.end - this.start
    if (this.end > frameEnd) throw protocolError('a section passes the end of its frame')
    if (this.#shards.has(this.shard)) throw protocolError('a frame has two sections of one shard')
    this.#shards.add(this.shard)
    const count = this.#isReply ? this.resultCount : this.operationCount
    const itemBytesMin = this.#isReply ? RESULT_BYTES_MIN : OPERATION_BYTES_MIN
    if (count * itemBytesMin > sectionBytes) throw protocolError('a section counts more than its bytes can hold')
    if (count === 0 && sectionBytes > 0) throw protocolError('a section counts nothing but has bytes')
    if (!this.#isReply) return
    if (this.outcome >= OUTCOME_END) throw protocolError('a reply section has an unknown outcome')
    if (readU8(this.#bytes, this.start - 1) !== 0)
      throw protocolError('the last byte of a reply section header is not zero')
  }
}
