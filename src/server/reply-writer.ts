// Builds the replies of one read, where they are sent from: the engine writes its results into reply slabs, and the
// headers go into the same slabs, reserved first and filled when their counts are known.
//
//   slab 7   | frame header | section header | results ......... |      a part ends where the writing moves on to
//   slab 2   | ... results | frame header | section header | ... |      another slab; parts leave in order
//
// Each engine writes into its own memory only, so a reply to several shards alternates between their slabs. Text that
// many replies share (the topology) is a part of its own and never copied.
//
//   invariants: the parts, then the piece [start, position) of the current slab, are in order all that was written, and
//   their bytes sum to `totalBytes`; one frame is open at a time, and one section inside it; every slab that was taken
//   is held once by the writer until `take`, and once by each of its parts until that part's write is released.
//
// A thread answers one connection at a time, so it has one writer, which is empty between two reads.

import {
  FRAME_HEADER_BYTES,
  SECTION_HEADER_BYTES,
  writeFrameHeader,
  writeReplySectionHeader,
} from '../protocol/frame.ts'
import { assert } from '../util/assert.ts'
import { COPIED_REPLY_BYTES_MAX, WRITE_BYTES_TARGET } from './limits.ts'
import type { Slab, SlabPool } from './slab-pool.ts'

/** What one `channel.write` sends, and the slabs to drop, once each, when the channel has released it. */
export interface ReplyWrite {
  readonly parts: Uint8Array[]
  readonly slabs: Slab[]
  bytes: number
}

/** The replies in the making. */
export class ReplyWriter {
  #parts: Uint8Array[] = []
  /** The slab of each part; undefined for bytes that lie elsewhere. */
  #partSlabs: (Slab | undefined)[] = []
  /** Every slab taken since the last `take`. */
  #taken: Slab[] = []
  /** Where each engine's results go on, while those of another are written. */
  readonly #openSlabs = new Map<SlabPool, Slab>()
  #pool: SlabPool | undefined
  #slab: Slab | undefined
  #start = 0
  #position = 0
  #partBytes = 0

  #frameHeader: Slab | undefined
  #frameHeaderAt = 0
  #frameStart = 0
  #kind = 0
  #sectionCount = 0
  #sequence = 0

  #sectionHeader: Slab | undefined
  #sectionHeaderAt = 0
  #sectionStart = 0
  #shard = 0
  #view = 0

  /** Bytes written since the last `take`. */
  get totalBytes(): number {
    return this.#partBytes + this.#position - this.#start
  }

  /** Bytes of the open frame so far. */
  get frameBytes(): number {
    return this.totalBytes - this.#frameStart
  }

  /** Slabs taken since the last `take`. */
  get slabCount(): number {
    return this.#taken.length
  }

  /** The engine's number of the slab that its results go to. */
  get slab(): number {
    assert(this.#slab !== undefined, 'results go to a slab')
    return this.#slab.index
  }

  /** Where in the slab they go. */
  get position(): number {
    return this.#position
  }

  /** Starts a frame, with its header in a slab of `pool`. */
  beginFrame(pool: SlabPool, kind: number, sectionCount: number, sequence: number): void {
    assert(this.#frameHeader === undefined, 'one frame is open at a time')
    this.#frameStart = this.totalBytes
    this.#frameHeaderAt = this.#reserve(pool, FRAME_HEADER_BYTES)
    this.#frameHeader = this.#slab
    this.#kind = kind
    this.#sectionCount = sectionCount
    this.#sequence = sequence
  }

  /** Ends the open frame: its length is known now. */
  endFrame(): void {
    assert(this.#frameHeader !== undefined && this.#sectionHeader === undefined, 'a frame ends behind its last section')
    const { bytes } = this.#frameHeader
    writeFrameHeader(bytes, this.#frameHeaderAt, this.frameBytes, this.#kind, 0, this.#sectionCount, this.#sequence)
    this.#frameHeader = undefined
  }

  /** Starts a section whose results the engine of `pool` writes to `slab` from `position` on. */
  beginSection(pool: SlabPool, shard: number, view: number): void {
    assert(this.#frameHeader !== undefined && this.#sectionHeader === undefined, 'a section lies in a frame')
    this.#sectionHeaderAt = this.#reserve(pool, SECTION_HEADER_BYTES)
    this.#sectionHeader = this.#slab
    this.#sectionStart = this.totalBytes
    this.#shard = shard
    this.#view = view
  }

  /** The engine wrote up to `position` of the current slab. */
  advance(position: number): void {
    assert(position >= this.#position && position <= (this.#pool?.slabBytes ?? 0), 'results end inside their slab')
    this.#position = position
  }

  /** The engine found the slab full: its results go on at the start of a fresh one. */
  nextSlab(): void {
    assert(this.#pool !== undefined, 'a full slab has a pool')
    this.#seal()
    this.#open(this.#pool.take())
  }

  /** Ends the open section. */
  endSection(resultCount: number, outcome: number): void {
    assert(this.#sectionHeader !== undefined, 'a section ends once')
    const { bytes } = this.#sectionHeader
    const sectionBytes = this.totalBytes - this.#sectionStart
    writeReplySectionHeader(bytes, this.#sectionHeaderAt, sectionBytes, resultCount, this.#view, this.#shard, outcome)
    this.#sectionHeader = undefined
  }

  /** Appends bytes that lie elsewhere and never change. */
  append(bytes: Uint8Array): void {
    this.#seal()
    if (bytes.length > 0) this.#addPart(bytes, undefined)
  }

  /**
   * Hands over all that was written, as one write or, where it is much, several. Then the writer is empty.
   * @param sparesSlabs Whether also what is much is copied, so that all slabs are free again at once.
   */
  take(sparesSlabs: boolean): ReplyWrite[] {
    this.#close()
    const isCopied = sparesSlabs || this.#partBytes <= COPIED_REPLY_BYTES_MAX
    const writes = isCopied ? this.#grouped().map(copied) : this.#grouped()
    this.#empty()
    return writes
  }

  /** A copy of all that was written but its first `skippedBytes`, in a buffer of its own. Then the writer is empty. */
  takeCopy(skippedBytes: number): Uint8Array<ArrayBuffer> {
    this.#close()
    const copy = joined(this.#parts, this.#partBytes, skippedBytes)
    for (const slab of this.#partSlabs) slab?.drop()
    this.#empty()
    return copy
  }

  #close(): void {
    assert(this.#frameHeader === undefined, 'only whole frames are sent')
    this.#seal()
  }

  #empty(): void {
    for (const slab of this.#taken) slab.drop()
    this.#parts = []
    this.#partSlabs = []
    this.#taken = []
    if (this.#openSlabs.size > 0) this.#openSlabs.clear()
    this.#pool = undefined
    this.#slab = undefined
    this.#start = 0
    this.#position = 0
    this.#partBytes = 0
  }

  /** Room for a header, which never spans two slabs. */
  #reserve(pool: SlabPool, bytes: number): number {
    if (pool !== this.#pool) this.#switchTo(pool)
    else if (this.#position + bytes > pool.slabBytes) this.nextSlab()
    const at = this.#position
    this.#position += bytes
    assert(this.#position <= pool.slabBytes, 'a header lies inside its slab')
    return at
  }

  /** Goes on in a slab of another engine: where its last results ended, when there is room for a header. */
  #switchTo(pool: SlabPool): void {
    this.#seal()
    if (this.#pool !== undefined && this.#slab !== undefined) {
      this.#slab.position = this.#position
      this.#openSlabs.set(this.#pool, this.#slab)
    }
    this.#pool = pool
    const open = this.#openSlabs.get(pool)
    const hasRoom = open !== undefined && open.position + SECTION_HEADER_BYTES <= pool.slabBytes
    if (hasRoom) this.#goOn(open)
    else this.#open(pool.take())
  }

  #open(slab: Slab): void {
    this.#taken.push(slab)
    this.#goOn(slab)
  }

  #goOn(slab: Slab): void {
    this.#slab = slab
    this.#start = slab.position
    this.#position = slab.position
  }

  /** Makes a part of the open piece. */
  #seal(): void {
    const slab = this.#slab
    if (slab === undefined || this.#position === this.#start) return
    slab.hold()
    this.#addPart(slab.bytes.subarray(this.#start, this.#position), slab)
    this.#start = this.#position
  }

  #addPart(part: Uint8Array, slab: Slab | undefined): void {
    this.#parts.push(part)
    this.#partSlabs.push(slab)
    this.#partBytes += part.length
  }

  /** All parts, in order, in writes of about the same size. */
  #grouped(): ReplyWrite[] {
    const writes: ReplyWrite[] = []
    let write: ReplyWrite | undefined
    for (let index = 0; index < this.#parts.length; index++) {
      const part = this.#parts[index] as Uint8Array
      const slab = this.#partSlabs[index]
      if (write === undefined || write.bytes + part.length > WRITE_BYTES_TARGET) {
        write = { parts: [], slabs: [], bytes: 0 }
        writes.push(write)
      }
      write.parts.push(part)
      if (slab !== undefined) write.slabs.push(slab)
      write.bytes += part.length
    }
    return writes
  }
}

/** The same bytes in a buffer of their own; the slabs are free of them. */
function copied({ parts, slabs, bytes }: ReplyWrite): ReplyWrite {
  const copy = joined(parts, bytes, 0)
  for (const slab of slabs) slab.drop()
  return { parts: [copy], slabs: [], bytes }
}

/** The parts, of so many bytes, without their first `skippedBytes`, which lie in the first part. */
function joined(parts: readonly Uint8Array[], bytes: number, skippedBytes: number): Uint8Array<ArrayBuffer> {
  const copy = new Uint8Array(bytes - skippedBytes)
  let at = 0
  for (const [index, part] of parts.entries()) {
    const rest = index === 0 && skippedBytes > 0 ? part.subarray(skippedBytes) : part
    copy.set(rest, at)
    at += rest.length
  }
  assert(at === copy.length, 'what is left out lies in the first part')
  return copy
}
