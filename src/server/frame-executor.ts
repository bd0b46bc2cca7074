// Executes one OPERATIONS frame and writes its reply: all of it is checked before anything of it is executed.
//
//   1. malformed anywhere               -> the caller closes the connection; nothing was executed or written
//   2. fence, too many, unsupported     -> every section is refused alike; too many are not even looked at
//   3. per section: shard, view, slots  -> that section is refused
//   4. per section: the engine          -> executed, or stopped at a limit or a slot of another shard
//
// A frame with sections for other threads of the node is checked here as a whole, then taken apart (`forwarded-frame.ts`):
// each thread executes its runs of sections, by steps 3 and 4.
//
// A section that was not executed to its end raises the fence: until a frame with RESUME arrives, every later frame of
// the connection is refused. Otherwise the sender, who sends the rest again, would see its operations reordered.

import { CHECK_MALFORMED, CHECK_OK, type Engine, EXECUTED, SLAB_FULL, STOPPED, WRONG_SLOT } from '../engine/index.ts'
import {
  OUTCOME_BEHIND,
  OUTCOME_EXECUTED,
  OUTCOME_FENCED,
  OUTCOME_NOT_READY,
  OUTCOME_STALE,
  OUTCOME_STOPPED,
  OUTCOME_TOO_MANY_OPERATIONS,
  OUTCOME_UNKNOWN_SHARD,
  OUTCOME_UNSUPPORTED,
  OUTCOME_WRONG_SLOT,
} from '../protocol/codes.ts'
import {
  FLAG_RESUME,
  FLAGS_KNOWN,
  FLAGS_REQUIRED_MASK,
  FRAME_HEADER_BYTES,
  KIND_OPERATIONS_REPLY,
  SECTION_HEADER_BYTES,
} from '../protocol/frame.ts'
import type { FrameDecoder } from '../protocol/frame-decoder.ts'
import { FRAME_BYTES_MAX, FRAME_OPS_MAX, REPLY_BYTES_MAX } from '../protocol/limits.ts'
import { SectionReader } from '../protocol/section-reader.ts'
import { assert } from '../util/assert.ts'
import { SluiceError } from '../util/errors.ts'
import { frameSlabsMax } from './limits.ts'
import type { OwnedShard, OwnedShards } from './owned-shard.ts'
import { touchesSlots } from './pending-slots.ts'
import type { ReplyWriter } from './reply-writer.ts'
import type { SectionWatch } from './section-watch.ts'
import type { ShardOwners } from './shard-owners.ts'

/** Sections of operations that fill a piece of memory: those of a frame, or some of them. */
export interface SectionRun {
  readonly bytes: Uint8Array
  readonly start: number
  readonly end: number
  readonly sectionCount: number
}

/** The reply to a run of sections: the reply sections as they stand in a frame. */
export interface RunReply {
  /** Alone in its buffer. */
  readonly bytes: Uint8Array<ArrayBuffer>
  /** Whether a section was not executed to its end. */
  readonly isFenceRaised: boolean
}

/** Executes the frames of all connections of one thread, one after the other. */
export class FrameExecutor {
  /** Sections of which nothing was executed, and those that met a limit or a slot of another shard. */
  sectionsRefused = 0
  sectionsStopped = 0
  /** Operations of all others, and those of a stopped section before it stopped. */
  operationsExecuted = 0
  /** Whether the frame that was checked last has sections for other threads of this node. */
  isForSiblings = false
  readonly #shards: OwnedShards
  readonly #writer: ReplyWriter
  readonly #watch: SectionWatch
  readonly #owners: ShardOwners | undefined
  readonly #sections = new SectionReader()
  /** Whether the engine of a section may hold other operations than this section's. */
  #mustStageAgain = false

  /** @param owners Which other thread a section may be for. Default: none is for another thread. */
  constructor(shards: OwnedShards, writer: ReplyWriter, watch: SectionWatch, owners?: ShardOwners) {
    this.#shards = shards
    this.#writer = writer
    this.#watch = watch
    this.#owners = owners
  }

  /** Whether the reply to any frame finds the slabs that it may need. */
  hasRoom(): boolean {
    const { all, first } = this.#shards
    // Without shards, what is no operation is still answered from slabs.
    if (all.length === 0) return hasSlabs(first)
    for (const owned of all) if (!hasSlabs(owned)) return false
    return true
  }

  /**
   * Checks every byte of the frame that `frame` has loaded, or its headers alone when it has too many operations.
   * Returns EXECUTED when its sections are to be executed, or the outcome that refuses all of them. Throws PROTOCOL when
   * the frame is malformed.
   */
  check(frame: FrameDecoder, isFenced: boolean): number {
    const refusal = this.#check(frame)
    return isFenced && (frame.flags & FLAG_RESUME) === 0 ? OUTCOME_FENCED : refusal
  }

  /**
   * Answers the frame that was just checked with that outcome, with at most `replyFrameBytesMax` bytes. Returns whether
   * the connection's fence is up after it. Sections for other threads are refused: a frame that has them and is not
   * refused as a whole goes run by run through `answerRun`.
   */
  answer(frame: FrameDecoder, refusal: number, replyFrameBytesMax: number, nowMs: number): boolean {
    this.#writer.beginFrame(this.#shards.first.pool, KIND_OPERATIONS_REPLY, frame.sectionCount, frame.sequence)
    const isFenceRaised = this.#answerSections(frame, refusal, replyFrameBytesMax, nowMs)
    this.#writer.endFrame()
    return isFenceRaised
  }

  /**
   * Executes a run of a frame that was checked, by this thread or another one, into a reply of at most `bytesMax` bytes
   * that lies in no slab. To be called while the writer is empty and `hasRoom`.
   */
  answerRun(run: SectionRun, bytesMax: number, nowMs: number): RunReply {
    assert(this.#writer.totalBytes === 0, 'a run is answered into an empty writer')
    this.#mustStageAgain = true
    // The frame's header is left out of the copy: whoever has all runs of the frame writes it.
    this.#writer.beginFrame(this.#shards.first.pool, KIND_OPERATIONS_REPLY, run.sectionCount, 0)
    const isFenceRaised = this.#answerSections(run, OUTCOME_EXECUTED, FRAME_HEADER_BYTES + bytesMax, nowMs)
    this.#writer.endFrame()
    return { bytes: this.#writer.takeCopy(FRAME_HEADER_BYTES), isFenceRaised }
  }

  /** Answers each section into the open frame, of at most `bytesMax` bytes. Returns whether they raise the fence. */
  #answerSections(run: SectionRun, refusal: number, bytesMax: number, nowMs: number): boolean {
    const sections = this.#sections
    sections.open(run.bytes, run.start, run.end, run.sectionCount)
    let isFenceRaised = refusal === OUTCOME_FENCED
    let headerBytes = run.sectionCount * SECTION_HEADER_BYTES
    while (sections.next()) {
      const outcome =
        refusal === OUTCOME_EXECUTED ? this.#answerSection(run, bytesMax - headerBytes, nowMs) : this.#refuse(refusal)
      if (outcome !== OUTCOME_EXECUTED) isFenceRaised = true
      headerBytes -= SECTION_HEADER_BYTES
    }
    return isFenceRaised
  }

  /** Returns EXECUTED, or the outcome that refuses all sections whether or not the connection is fenced. */
  #check(frame: FrameDecoder): number {
    const sections = this.#sections
    sections.open(frame.bytes, frame.start, frame.end, frame.sectionCount)
    this.#mustStageAgain = false
    this.isForSiblings = false
    let isUnsupported = (frame.flags & FLAGS_REQUIRED_MASK & ~FLAGS_KNOWN) !== 0
    // A walk over 16 million operations would hold the thread longer than any frame that is executed.
    if (sections.frameOperationCount > FRAME_OPS_MAX) return OUTCOME_TOO_MANY_OPERATIONS
    while (sections.next()) {
      const owned = this.#shards.find(sections.shard)
      if (owned === undefined) {
        // Operations for a shard of another thread are checked too; any engine can.
        this.#mustStageAgain = true
        if (this.#owners?.siblingOf(sections.shard) !== undefined) this.isForSiblings = true
      }
      const check = this.#stage((owned ?? this.#shards.first).engine, frame)
      if (check === CHECK_MALFORMED)
        throw new SluiceError('PROTOCOL', 'a section is not the operations that it announces')
      if (check !== CHECK_OK || sections.namespace !== 0) isUnsupported = true
    }
    return isUnsupported ? OUTCOME_UNSUPPORTED : OUTCOME_EXECUTED
  }

  #stage(engine: Engine, run: SectionRun): number {
    const { start, end, operationCount } = this.#sections
    return engine.stage(run.bytes.subarray(start, end), operationCount)
  }

  /** Answers the loaded section. Returns its outcome. */
  #answerSection(run: SectionRun, bytesMax: number, nowMs: number): number {
    const { shard, view } = this.#sections
    const owned = this.#shards.find(shard)
    if (owned === undefined) return this.#refuse(OUTCOME_UNKNOWN_SHARD)
    if (view !== owned.view) return this.#refuse(view < owned.view ? OUTCOME_STALE : OUTCOME_BEHIND)
    if (this.#touchesPending(owned, run)) return this.#refuse(OUTCOME_NOT_READY)
    // Every engine may write its share; a section whose share might not fit any more is sent again. The first one fits.
    if (this.#writer.frameBytes + REPLY_BYTES_MAX > bytesMax) return this.#refuse(OUTCOME_STOPPED)
    if (this.#mustStageAgain) assert(this.#stage(owned.engine, run) === CHECK_OK, 'a section was checked before')
    return this.#run(owned, nowMs)
  }

  /** Whether the section has operations on slots that may still have another owner. */
  #touchesPending({ pending }: OwnedShard, { bytes }: SectionRun): boolean {
    return pending !== undefined && touchesSlots(pending, bytes, this.#sections.start, this.#sections.end)
  }

  #refuse(outcome: number): number {
    const { shard } = this.#sections
    const owned = this.#shards.find(shard)
    this.#writer.beginSection((owned ?? this.#shards.first).pool, shard, owned?.view ?? 0)
    this.#writer.endSection(0, outcome)
    this.sectionsRefused++
    return outcome
  }

  #run(owned: OwnedShard, nowMs: number): number {
    const { engine, pool } = owned
    const writer = this.#writer
    writer.beginSection(pool, owned.shard, owned.view)
    let state = engine.execute(this.#sections.operationCount, nowMs, writer.slab, writer.position)
    writer.advance(engine.position)
    while (state === SLAB_FULL) {
      writer.nextSlab()
      state = engine.resume(writer.slab, writer.position)
      writer.advance(engine.position)
    }
    this.#watch.note(engine)
    this.operationsExecuted += engine.resultCount
    const outcome = outcomeOf(state)
    writer.endSection(engine.resultCount, outcome)
    if (outcome !== OUTCOME_EXECUTED) this.sectionsStopped++
    return outcome
  }
}

function hasSlabs({ pool }: OwnedShard): boolean {
  return pool.freeCount >= frameSlabsMax(pool.slabBytes)
}

function outcomeOf(state: number): number {
  if (state === EXECUTED) return OUTCOME_EXECUTED
  if (state === STOPPED) return OUTCOME_STOPPED
  assert(state === WRONG_SLOT, 'an engine stops for a limit or a slot')
  return OUTCOME_WRONG_SLOT
}

assert(REPLY_BYTES_MAX < FRAME_BYTES_MAX, 'the results of one section fit a frame')
