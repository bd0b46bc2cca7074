// Which frame of operations a connection may send next. Pure state: no channel, no timer.
//
//   submit -> queue -> next -> in flight (at most framesInFlightMax) -> answered -> the batch
//               ^                                                          |
//               +---- again <---- recover <---- refused <------------------+
//
// Invariants:
// - frames leave in the order of `submit`; one that was not executed to its end leaves again before any later one
// - while the fence is up nothing leaves, so every frame in flight behind the refused one is refused as well
// - frames in flight, refused and again are framesInFlightMax at most; only the queue can grow

import { assert } from '../util/assert.ts'
import { Fifo } from './fifo.ts'
import type { OutgoingFrame } from './outgoing-frame.ts'
import { REMEDY_RESUME, type Refusal, type Remedy } from './resend.ts'

/** The frames of one connection. */
export class SendWindow {
  readonly #framesInFlightMax: number
  readonly #queue = new Fifo<OutgoingFrame>()
  readonly #inFlight = new Fifo<OutgoingFrame>()
  #again: OutgoingFrame[] = []
  #refused: OutgoingFrame[] = []
  #queuedBytes = 0
  #remedy: Remedy = REMEDY_RESUME
  #isFenced = false
  #mustResume = false

  constructor(framesInFlightMax: number) {
    assert(framesInFlightMax >= 1, 'a window lets at least one frame through')
    this.#framesInFlightMax = framesInFlightMax
  }

  /** Bytes of the frames in the queue. */
  get queuedBytes(): number {
    return this.#queuedBytes
  }

  /** Frames sent and not answered. */
  get framesInFlight(): number {
    return this.#inFlight.length
  }

  /** Whether there is nothing to send and nothing to wait for. */
  get isIdle(): boolean {
    return this.#inFlight.length + this.#queue.length + this.#again.length + this.#refused.length === 0
  }

  /** What to do before `recover`, once nothing is in flight; undefined while the fence is down. */
  get remedy(): Remedy | undefined {
    return this.#isFenced && this.#inFlight.length === 0 ? this.#remedy : undefined
  }

  /** The most fruitless tries among the refused frames. */
  get fruitlessTries(): number {
    return Math.max(0, ...this.#refused.map((frame) => frame.fruitlessTries))
  }

  /** Puts a frame at the end of the queue. */
  submit(frame: OutgoingFrame): void {
    this.#queue.push(frame)
    this.#queuedBytes += frame.bytes
  }

  /** Takes the frame that is to be sent now, which then is in flight. */
  next(): OutgoingFrame | undefined {
    if (this.#isFenced || this.#inFlight.length >= this.#framesInFlightMax) return undefined
    let frame = this.#again.shift()
    if (frame === undefined) {
      frame = this.#queue.shift()
      if (frame === undefined) return undefined
      this.#queuedBytes -= frame.bytes
    }
    this.#inFlight.push(frame)
    return frame
  }

  /** Whether the frame that is sent now must lower the server's fence; asked once for each frame. */
  takeResume(): boolean {
    const mustResume = this.#mustResume
    this.#mustResume = false
    return mustResume
  }

  /** The frame whose reply comes next. */
  oldest(): OutgoingFrame | undefined {
    return this.#inFlight.peek()
  }

  /** The oldest frame was answered, and perhaps not executed to its end. */
  answered(refusal: Refusal | undefined): void {
    const frame = this.#inFlight.shift()
    assert(frame !== undefined, 'a reply answers a frame in flight')
    if (refusal === undefined) return
    this.#remedy = this.#isFenced ? (Math.max(this.#remedy, refusal.remedy) as Remedy) : refusal.remedy
    this.#isFenced = true
    if (refusal.frame.sections.length > 0) this.#refused.push(refusal.frame)
  }

  /** Lowers the fence: what was refused leaves next, and tells the server so. */
  recover(): void {
    assert(this.remedy !== undefined, 'recovery begins when the last frame in flight was answered')
    this.#again = [...this.#refused, ...this.#again]
    this.#refused = []
    this.#isFenced = false
    this.#mustResume = true
  }

  /** Takes everything that is to be sent, in order, to route it again. Nothing may be in flight. */
  takeUnsent(): OutgoingFrame[] {
    assert(this.#inFlight.length === 0, 'frames in flight cannot be taken back')
    if (this.#isFenced) this.recover()
    return this.takeQueued()
  }

  /**
   * Ends frames for which `isDue` holds: those that were not sent leave, those in flight stay, abandoned, until their
   * reply comes. Returns whether there was one.
   */
  giveUp(isDue: (frame: OutgoingFrame) => boolean, end: EndFrame): boolean {
    let isAny = false
    const keep = (frame: OutgoingFrame): boolean => {
      if (!isDue(frame)) return true
      end(frame, false)
      isAny = true
      return false
    }
    this.#refused = this.#refused.filter(keep)
    this.#again = this.#again.filter(keep)
    for (const frame of this.#queue.takeAll()) {
      if (keep(frame)) this.#queue.push(frame)
      else this.#queuedBytes -= frame.bytes
    }
    for (const frame of this.#inFlight) {
      if (frame.isSettled || !isDue(frame)) continue
      end(frame, !this.#isFenced)
      isAny = true
    }
    return isAny
  }

  /** Whether there are frames in flight, and all of them are abandoned. */
  get isAbandoned(): boolean {
    return this.#inFlight.length > 0 && [...this.#inFlight].every((frame) => frame.isSettled)
  }

  /** Whether the frame whose reply comes next is abandoned: its reply is late. */
  get isOverdue(): boolean {
    return this.#inFlight.peek()?.isSettled === true
  }

  /**
   * The connection has ended: everything that is left, in the order of sending. `recall` returns what may be sent again
   * of a frame that was in flight.
   */
  takeLeft(recall: (frame: OutgoingFrame) => OutgoingFrame | undefined): OutgoingFrame[] {
    // Behind a fence nothing was executed.
    const inFlight = this.#inFlight.takeAll().flatMap((frame) => (this.#isFenced ? frame : (recall(frame) ?? [])))
    const left = [...this.#refused, ...inFlight, ...this.takeQueued()]
    this.#refused = []
    return left.filter((frame) => !frame.isSettled)
  }

  /** Nothing more will be sent: what was neither sent nor refused, in the order of sending. */
  takeQueued(): OutgoingFrame[] {
    const queued = [...this.#again, ...this.#queue.takeAll()]
    this.#again = []
    this.#queuedBytes = 0
    return queued
  }
}

/** Gives a frame's operations their fate; `wasSent`: some of them may have taken effect. */
export type EndFrame = (frame: OutgoingFrame, wasSent: boolean) => void
