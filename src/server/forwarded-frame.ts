// A frame with sections for other threads of this node, on its way through all of them. Its sections are taken in order,
// in runs of neighbours with the same owner:
//
//   sections   | 3 | 7 | 7 | 7 | 2 | 3 | 3 |     each with the thread that owns its shard; this one is 3
//   runs       |   | ========= | = |       |     double lines: sent to a sibling; the others are executed here
//   reply      | header | run | run | run | run |
//
// One run goes after the other, since how much of the reply frame is left for a run is known only when those before it
// are answered. A connection has one such frame at a time and nothing of it is executed behind that, so its order per
// shard and its fence mean what they always do.
//
//   invariants: at any time the frame waits in one line, or for one sibling, or is done; it claims its largest reply
//   before its first run and owns that claim until it is answered, or abandoned and no sibling holds a run of it.

import { FRAME_HEADER_BYTES, KIND_OPERATIONS_REPLY, SECTION_HEADER_BYTES, writeFrameHeader } from '../protocol/frame.ts'
import type { FrameDecoder } from '../protocol/frame-decoder.ts'
import { SectionReader } from '../protocol/section-reader.ts'
import { assert } from '../util/assert.ts'
import type { ReplyClaimant, RunSender } from './forward-room.ts'
import type { Forwarding } from './forwarding.ts'
import type { RunReply, SectionRun } from './frame-executor.ts'
import type { ShardOwners } from './shard-owners.ts'

/**
 * Called once, never from inside the first `proceed`, and not at all after `abandon`. Takes the parts of the whole reply
 * frame, and whether the connection's fence is up after it. The bytes of the parts stay claimed of the thread's budget:
 * the receiver gives them back when they are sent.
 */
type FrameAnswered = (parts: readonly Uint8Array[], isFenceRaised: boolean) => void

/** A run, and who executes it. */
interface OwnedRun extends SectionRun {
  /** Undefined when it is this thread. */
  readonly sibling: number | undefined
  readonly operationCount: number
  /** Sections of the runs behind it. */
  readonly sectionsBehind: number
}

/**
 * One frame, from its check to its reply. To be made of the loaded frame, which was checked and is not refused, and
 * begun with `proceed` while the writer is empty.
 */
export class ForwardedFrame implements ReplyClaimant, RunSender {
  readonly replyBytesMax: number
  readonly #forwarding: Forwarding
  readonly #answered: FrameAnswered
  readonly #sequence: number
  readonly #sectionCount: number
  #runs: readonly OwnedRun[]
  readonly #parts: Uint8Array[]
  #replyBytes = FRAME_HEADER_BYTES
  #isFenceRaised = false
  #isAdmitted = false
  #isSent = false
  #isAbandoned = false
  /** Runs that are answered. */
  #runsDone = 0

  /** @param replyBytesMax Bytes of the largest reply frame that the client takes. */
  constructor(forwarding: Forwarding, frame: FrameDecoder, replyBytesMax: number, answered: FrameAnswered) {
    this.replyBytesMax = replyBytesMax
    this.#forwarding = forwarding
    this.#answered = answered
    this.#sequence = frame.sequence
    this.#sectionCount = frame.sectionCount
    this.#runs = runsOf(frame, forwarding.owners)
    this.#parts = [new Uint8Array(FRAME_HEADER_BYTES)]
  }

  get runBytes(): number {
    const run = this.#runs[this.#runsDone]
    return run === undefined ? 0 : run.end - run.start
  }

  /** Goes on as far as it can; called again when it is its turn in the line in which it waits. */
  proceed(): void {
    if (!this.#isAdmitted && !this.#admit()) return
    const run = this.#runs[this.#runsDone]
    if (run === undefined) this.#finish()
    else if (run.sibling === undefined) this.#executeHere(run)
    else this.#send(run, run.sibling)
  }

  /** Nobody wants the reply any more: no further run is executed. */
  abandon(): void {
    assert(!this.#isAbandoned, 'a frame is abandoned once')
    this.#isAbandoned = true
    const { budget, slabLine } = this.#forwarding
    budget.line.leave(this)
    slabLine.leave(this)
    const sibling = this.#runs[this.#runsDone]?.sibling
    if (sibling !== undefined) this.#forwarding.mailboxOf(sibling).line.leave(this)
    // A sibling may hold a run for long; the request's bytes are not needed for that.
    this.#runs = []
    if (this.#isAdmitted && !this.#isSent) budget.give(this.replyBytesMax)
  }

  #admit(): boolean {
    const { budget } = this.#forwarding
    if (budget.line.isOpenTo(this)) {
      this.#isAdmitted = true
      budget.claim(this.replyBytesMax)
    } else budget.line.wait(this)
    return this.#isAdmitted
  }

  #executeHere(run: OwnedRun): void {
    const { slabLine, executor, clock } = this.#forwarding
    if (slabLine.isOpenTo(this)) this.#take(executor.answerRun(run, this.#bytesMaxOf(run), clock.nowMs()))
    else slabLine.wait(this)
  }

  #send(run: OwnedRun, sibling: number): void {
    const mailbox = this.#forwarding.mailboxOf(sibling)
    if (!mailbox.line.isOpenTo(this)) {
      mailbox.line.wait(this)
      return
    }
    this.#isSent = true
    const { traffic } = this.#forwarding
    traffic.runsForwarded++
    traffic.operationsForwarded += run.operationCount
    const bytes = new Uint8Array(run.end - run.start)
    bytes.set(run.bytes.subarray(run.start, run.end))
    mailbox.send({ bytes, sectionCount: run.sectionCount, bytesMax: this.#bytesMaxOf(run) }, (reply) => {
      this.#isSent = false
      this.#take(reply)
    })
  }

  /** What is left of the reply frame for a run, with room for the headers of all sections behind it. */
  #bytesMaxOf(run: OwnedRun): number {
    return this.replyBytesMax - this.#replyBytes - run.sectionsBehind * SECTION_HEADER_BYTES
  }

  #take(reply: RunReply): void {
    if (this.#isAbandoned) {
      this.#forwarding.budget.give(this.replyBytesMax)
      return
    }
    this.#parts.push(reply.bytes)
    this.#replyBytes += reply.bytes.length
    assert(this.#replyBytes <= this.replyBytesMax, 'no run passes what was left for it')
    if (reply.isFenceRaised) this.#isFenceRaised = true
    this.#runsDone++
    this.proceed()
  }

  #finish(): void {
    const [header] = this.#parts
    assert(header !== undefined, 'the header is the first part')
    writeFrameHeader(header, 0, this.#replyBytes, KIND_OPERATIONS_REPLY, 0, this.#sectionCount, this.#sequence)
    this.#forwarding.budget.give(this.replyBytesMax - this.#replyBytes)
    this.#answered(this.#parts, this.#isFenceRaised)
  }
}

/** The sections of a frame that was checked, in runs of one owner. */
function runsOf(frame: FrameDecoder, owners: ShardOwners): OwnedRun[] {
  const { bytes, sectionCount } = frame
  const sections = new SectionReader()
  sections.open(bytes, frame.start, frame.end, sectionCount)
  const runs: OwnedRun[] = []
  let sectionsBehind = sectionCount
  const counts = { sectionCount: 0, operationCount: 0 }
  let open = { sibling: undefined as number | undefined, start: frame.start, end: frame.start, ...counts }
  const close = (): void => {
    if (open.sectionCount > 0) runs.push({ bytes, ...open, sectionsBehind })
  }
  while (sections.next()) {
    const sibling = owners.siblingOf(sections.shard)
    if (sibling !== open.sibling) {
      close()
      open = { sibling, start: open.end, end: open.end, ...counts }
    }
    open.end = sections.end
    open.sectionCount++
    open.operationCount += sections.operationCount
    sectionsBehind--
  }
  close()
  return runs
}
