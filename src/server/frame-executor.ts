// Executes one OPERATIONS frame and writes its reply: all of it is checked before anything of it is executed.
//
//   1. malformed anywhere               -> the caller closes the connection; nothing was executed or written
//   2. fence, too many, unsupported     -> every section is refused alike
//   3. per section: shard, view         -> that section is refused
//   4. per section: the engine          -> executed, or stopped at a limit or a slot of another shard
//
// A section that was not executed to its end raises the fence: until a frame with RESUME arrives, every later frame of
// the connection is refused. Otherwise the sender, who sends the rest again, would see its operations reordered.

import { CHECK_MALFORMED, CHECK_OK, type Engine, EXECUTED, SLAB_FULL, STOPPED, WRONG_SLOT } from '../engine/index.ts'
import {
  OUTCOME_BEHIND,
  OUTCOME_EXECUTED,
  OUTCOME_FENCED,
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
import type { ReplyWriter } from './reply-writer.ts'
import type { SectionWatch } from './section-watch.ts'

/** Executes the frames of all connections of one thread, one after the other. */
export class FrameExecutor {
  /** Sections of which nothing was executed, and those that met a limit or a slot of another shard. */
  sectionsRefused = 0
  sectionsStopped = 0
  readonly #shards: OwnedShards
  readonly #writer: ReplyWriter
  readonly #watch: SectionWatch
  readonly #sections = new SectionReader()
  /** Whether a section of an unknown shard was staged over one that is to be executed. */
  #mustStageAgain = false

  constructor(shards: OwnedShards, writer: ReplyWriter, watch: SectionWatch) {
    this.#shards = shards
    this.#writer = writer
    this.#watch = watch
    for (const { pool } of shards.all) {
      assert(pool.slabCount >= frameSlabsMax(pool.slabBytes), 'the slabs of a shard hold the largest reply')
    }
  }

  /** Whether the reply to any frame finds the slabs that it may need. */
  hasRoom(): boolean {
    for (const { pool } of this.#shards.all) {
      if (pool.freeCount < frameSlabsMax(pool.slabBytes)) return false
    }
    return true
  }

  /**
   * Answers the frame that `frame` has loaded, with at most `replyFrameBytesMax` bytes. Returns whether the
   * connection's fence is up after it. Throws PROTOCOL when the frame is malformed: then nothing was executed or
   * written.
   */
  execute(frame: FrameDecoder, isFenced: boolean, replyFrameBytesMax: number, nowMs: number): boolean {
    const refusal = this.#check(frame)
    const isFencedNow = isFenced && (frame.flags & FLAG_RESUME) === 0
    const refusalForAll = isFencedNow ? OUTCOME_FENCED : refusal

    this.#writer.beginFrame(this.#shards.first.pool, KIND_OPERATIONS_REPLY, frame.sectionCount, frame.sequence)
    const sections = this.#sections
    sections.open(frame.bytes, frame.start, frame.end, frame.sectionCount)
    let raisesFence = isFencedNow
    let headerBytes = frame.sectionCount * SECTION_HEADER_BYTES
    while (sections.next()) {
      const bytesMax = replyFrameBytesMax - headerBytes
      const outcome =
        refusalForAll === OUTCOME_EXECUTED ? this.#section(frame, bytesMax, nowMs) : this.#refuse(refusalForAll)
      if (outcome !== OUTCOME_EXECUTED) raisesFence = true
      headerBytes -= SECTION_HEADER_BYTES
    }
    this.#writer.endFrame()
    return raisesFence
  }

  /** Checks every byte of the frame. Returns EXECUTED, or the outcome that refuses all of its sections. */
  #check(frame: FrameDecoder): number {
    const sections = this.#sections
    sections.open(frame.bytes, frame.start, frame.end, frame.sectionCount)
    this.#mustStageAgain = false
    let isUnsupported = (frame.flags & FLAGS_REQUIRED_MASK & ~FLAGS_KNOWN) !== 0
    let operationCount = 0
    while (sections.next()) {
      operationCount += sections.operationCount
      const owned = this.#shards.find(sections.shard)
      // Operations for a shard of another thread are checked too; any engine can.
      if (owned === undefined) this.#mustStageAgain = true
      const check = this.#stage((owned ?? this.#shards.first).engine, frame)
      if (check === CHECK_MALFORMED)
        throw new SluiceError('PROTOCOL', 'a section is not the operations that it announces')
      if (check !== CHECK_OK || sections.namespace !== 0) isUnsupported = true
    }
    if (operationCount > FRAME_OPS_MAX) return OUTCOME_TOO_MANY_OPERATIONS
    return isUnsupported ? OUTCOME_UNSUPPORTED : OUTCOME_EXECUTED
  }

  #stage(engine: Engine, frame: FrameDecoder): number {
    const { start, end, operationCount } = this.#sections
    return engine.stage(frame.bytes.subarray(start, end), operationCount)
  }

  /** Answers the loaded section. Returns its outcome. */
  #section(frame: FrameDecoder, bytesMax: number, nowMs: number): number {
    const { shard, view } = this.#sections
    const owned = this.#shards.find(shard)
    if (owned === undefined) return this.#refuse(OUTCOME_UNKNOWN_SHARD)
    if (view !== owned.view) return this.#refuse(view < owned.view ? OUTCOME_STALE : OUTCOME_BEHIND)
    // Every engine may write its share; a section whose share might not fit any more is sent again. The first one fits.
    if (this.#writer.frameBytes + REPLY_BYTES_MAX > bytesMax) return this.#refuse(OUTCOME_STOPPED)
    if (this.#mustStageAgain) this.#stage(owned.engine, frame)
    return this.#run(owned, nowMs)
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
    const outcome = outcomeOf(state)
    writer.endSection(engine.resultCount, outcome)
    if (outcome !== OUTCOME_EXECUTED) this.sectionsStopped++
    return outcome
  }
}

function outcomeOf(state: number): number {
  if (state === EXECUTED) return OUTCOME_EXECUTED
  if (state === STOPPED) return OUTCOME_STOPPED
  assert(state === WRONG_SLOT, 'an engine stops for a limit or a slot')
  return OUTCOME_WRONG_SLOT
}

assert(REPLY_BYTES_MAX < FRAME_BYTES_MAX, 'the results of one section fit a frame')
