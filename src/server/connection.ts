// One connection of a shard thread: bytes in, replies out, on a channel that somebody else opened.
//
//   hello --- good hello ---> open --- bad bytes, drained ---> ending --- its channel closes ---> closed
//     |                        '------ slow reader ------------------------------------------------^
//     '---- bad bytes, refused, late ---------------------------^
//
// Run to completion: `onBytes` decodes every whole frame that has arrived, executes it, and sends all replies with one
// write. Only four things make frames wait, and each goes on with `proceed` when it is over:
//   - the channel is full
//   - the replies on their way hold `slabsPerConnectionMax` slabs or `heldBytesMax` bytes
//   - fewer slabs are free than one frame may need
//   - the frame before them is on its way through other threads of the node (`forwarded-frame.ts`)
// While frames wait, the channel is paused: what is buffered stays what one read brought, and one incomplete frame. An
// incomplete frame beyond `partialBytesMax` needs one of the few places for large frames, or pauses until it has one
// (`inbox.ts`).
//
//   invariants: replies leave in the order of their requests; nothing is decoded behind a frame that waits; after 'open'
//   nothing that arrived is held, and what still arrives is dropped; the thread's writer is empty between two calls.

import { OUTCOME_EXECUTED } from '../protocol/codes.ts'
import { encodeControl, encodeError } from '../protocol/control.ts'
import {
  KIND_GO_AWAY,
  KIND_OPERATIONS,
  WIRE_ERROR_IDLE,
  WIRE_ERROR_MALFORMED,
  WIRE_ERROR_SLOW_READER,
  WIRE_ERROR_UNEXPECTED_KIND,
  WIRE_ERRORS,
} from '../protocol/frame.ts'
import type { FrameDecoder } from '../protocol/frame-decoder.ts'
import { type Hello, REFUSAL_NAMES, REFUSAL_NONE } from '../protocol/hello.ts'
import { FRAME_BYTES_MAX } from '../protocol/limits.ts'
import type { ByteChannel, ByteChannelHandler } from '../util/byte-channel.ts'
import { SluiceError } from '../util/errors.ts'
import type { ConnectionHost } from './connection-host.ts'
import { type ConnectionFacts, ConnectionWatch } from './connection-watch.ts'
import { ForwardedFrame } from './forwarded-frame.ts'
import { answerHello, refusalOf } from './handshake.ts'
import { Inbox } from './inbox.ts'
import { Outbox } from './outbox.ts'
import type { Waiter } from './waiting-lines.ts'

/** Serves one channel from its hello to its close. */
export class Connection implements ByteChannelHandler, Waiter {
  /** Counts the thread's connections, for logs. */
  readonly #number: number
  readonly #host: ConnectionHost
  readonly #channel: ByteChannel
  readonly #outbox: Outbox
  readonly #watch: ConnectionWatch
  readonly #inbox: Inbox
  readonly #frames: FrameDecoder
  /** Why any hello is refused, or REFUSAL_NONE. */
  readonly #standingRefusal: number
  #state: ConnectionFacts['state'] = 'hello'
  #isDraining = false
  /** Bytes of the largest frame that the client takes. */
  #replyFrameBytesMax = 0
  /** Whether a frame was not executed to its end, and none with RESUME has come since. */
  #isFenced = false
  /** Whether the decoder has loaded a frame that is not answered yet. */
  #isFrameLoaded = false
  /** The frame that other threads of the node have a part in and that is not answered yet. */
  #forwarded: ForwardedFrame | undefined
  /** Whether frames wait. */
  #isStalled = false
  #isPaused = false
  #bytesIn = 0
  /** When the last bytes came; while frames wait, when the first of them came. */
  #readAtMs = 0
  /** Frames whose replies the thread's writer holds. */
  #unsentReplies = 0

  constructor(host: ConnectionHost, channel: ByteChannel, number: number, standingRefusal: number) {
    this.#number = number
    this.#host = host
    this.#channel = channel
    this.#inbox = new Inbox(host, this)
    this.#frames = this.#inbox.frames
    this.#outbox = new Outbox(channel, host, () => host.executor.hasRoom(), this.#onRoom)
    this.#watch = new ConnectionWatch(host.limits, host.clock.monotonicMs())
    this.#standingRefusal = standingRefusal
  }

  onBytes(chunk: Uint8Array): void {
    this.#bytesIn += chunk.length
    this.#host.traffic.bytesIn += chunk.length
    if (!this.#isStalled) this.#readAtMs = this.#host.clock.monotonicMs()
    if (this.#state === 'open') this.#takeFrames(chunk)
    else if (this.#state === 'hello') this.#takeHello(chunk)
  }

  onDrain(): void {
    this.#outbox.onDrain()
    if (this.#isStalled) this.proceed()
  }

  onClose(): void {
    this.#letGo()
    this.#state = 'closed'
    this.#host.onClosed(this.#number)
  }

  /** What made frames wait is over, or a large frame has its place: goes on as far as it can. */
  proceed(): void {
    if (this.#state !== 'open') return
    try {
      this.#isStalled = this.#answerAll()
      if (this.#isStalled && !this.#isFrameLoaded && this.#forwarded === undefined) this.#frames.release()
    } catch (error) {
      this.#failBy(error, this.#frames.wireError)
      return
    }
    this.#governReading()
  }

  /** Asks the peer to send nothing more. It is closed once all that it had sent is answered. */
  drain(): void {
    if (this.#state === 'hello') this.#end()
    if (this.#state !== 'open' || this.#isDraining) return
    this.#isDraining = true
    this.#outbox.sendBytes(encodeControl(KIND_GO_AWAY, 0, ''))
  }

  /** Closes at once. */
  destroy(): void {
    this.#channel.destroy()
  }

  /** Enforces the time limits. */
  checkTime(nowMs: number): void {
    const verdict = this.#watch.check(this.#facts(), this.#isWaitedFor(), nowMs)
    if (verdict === 'late-hello') this.#fail(WIRE_ERROR_IDLE, 'no whole hello came in time')
    else if (verdict === 'late-frame') this.#fail(WIRE_ERROR_IDLE, 'a large frame did not arrive in time')
    else if (verdict === 'slow-reader') this.#giveUp()
    else if (verdict === 'idle') this.#fail(WIRE_ERROR_IDLE, 'nothing was sent for too long')
    else if (verdict === 'drained') this.#end()
    else if (verdict === 'lingers') this.#channel.destroy()
  }

  #takeHello(chunk: Uint8Array): void {
    let hello: Hello | undefined
    try {
      hello = this.#inbox.pushHello(chunk)
    } catch (error) {
      this.#failBy(error, WIRE_ERROR_MALFORMED)
      return
    }
    if (hello === undefined) return
    const { clock, facts, gate, refusals, traffic } = this.#host
    const refusal = refusalOf(hello, this.#standingRefusal, gate)
    this.#outbox.sendBytes(answerHello(refusal, facts, clock.nowMs()))
    if (refusal !== REFUSAL_NONE) {
      traffic.connectionsRefused++
      refusals.noteHello(refusal, this.#standingRefusal, hello)
      this.#log(REFUSAL_NAMES[refusal] ?? 'unknown', 'connection refused')
      this.#end()
      return
    }
    this.#host.onIntroduced(this.#number)
    this.#replyFrameBytesMax = Math.min(hello.frameBytesMax, FRAME_BYTES_MAX)
    this.#state = 'open'
    this.proceed()
  }

  #takeFrames(chunk: Uint8Array): void {
    this.#inbox.push(chunk)
    if (!this.#isStalled) this.proceed()
  }

  /** Answers all that has arrived. Returns whether frames are left, which then wait. */
  #answerAll(): boolean {
    const { slabLine, writer } = this.#host
    for (;;) {
      const isSomeLeft = this.#answerWhatFits()
      this.#sendReplies()
      if (!isSomeLeft) return false
      if (this.#forwarded !== undefined || this.#outbox.isFull(writer)) return true
      if (!slabLine.isOpenTo(this)) {
        slabLine.wait(this)
        return true
      }
    }
  }

  /** Answers frames into the thread's writer. Returns whether some are left for want of room. */
  #answerWhatFits(): boolean {
    const { clock, slabLine, writer } = this.#host
    const nowMs = clock.nowMs()
    for (;;) {
      if (this.#forwarded !== undefined || this.#outbox.isFull(writer)) return true
      if (!this.#isFrameLoaded && !this.#frames.next()) return false
      this.#isFrameLoaded = true
      if (!slabLine.isOpenTo(this)) return true
      this.#isFrameLoaded = false
      if (!this.#answer(nowMs)) return false
    }
  }

  /** Answers the loaded frame, or sends it on its way. Returns false when it was the last one. */
  #answer(nowMs: number): boolean {
    const { control, executor, traffic } = this.#host
    const frame = this.#frames
    if (frame.kind === KIND_OPERATIONS) {
      const refusal = executor.check(frame, this.#isFenced)
      if (refusal === OUTCOME_EXECUTED && executor.isForSiblings) {
        this.#forward()
        return true
      }
      this.#isFenced = executor.answer(frame, refusal, this.#replyFrameBytesMax, nowMs)
    } else if (!control.answer(frame)) {
      this.#fail(WIRE_ERROR_UNEXPECTED_KIND, `a frame of kind ${frame.kind} is not for a server`)
      return false
    }
    traffic.frames++
    this.#unsentReplies++
    return true
  }

  /** Sends what the thread's writer holds. */
  #sendReplies(): void {
    this.#outbox.send(this.#host.writer)
    this.#noteSent(this.#unsentReplies)
    this.#unsentReplies = 0
  }

  #noteSent(frameCount: number): void {
    if (frameCount === 0) return
    const { clock, frameTimes } = this.#host
    frameTimes.note(frameCount, clock.monotonicMs() - this.#readAtMs)
  }

  #forward(): void {
    const { forwarding, traffic } = this.#host
    this.#sendReplies()
    traffic.framesForwarded++
    this.#forwarded = new ForwardedFrame(forwarding, this.#frames, this.#replyFrameBytesMax, this.#onForwarded)
    this.#forwarded.proceed()
  }

  readonly #onForwarded = (parts: readonly Uint8Array[], isFenceRaised: boolean): void => {
    const { forwarding, traffic } = this.#host
    this.#forwarded = undefined
    this.#isFenced = isFenceRaised
    traffic.frames++
    this.#outbox.sendForwarded(parts, (bytes) => forwarding.budget.give(bytes))
    this.#noteSent(1)
    this.proceed()
  }

  /** Pauses the channel when more bytes would only pile up, and ends the pause when they would not. */
  #governReading(): void {
    if (this.#state !== 'open') return
    const mayRead = this.#inbox.mayRead(this.#isStalled)
    if (mayRead !== this.#isPaused) return
    this.#isPaused = !mayRead
    if (mayRead) this.#channel.resume()
    else this.#channel.pause()
  }

  readonly #onRoom = (slabsReturned: boolean): void => {
    // Those in line have waited longer than this one.
    if (slabsReturned) this.#host.slabLine.advance()
    if (this.#isStalled) this.proceed()
  }

  /** Closes for bytes that the protocol does not allow. Anything else that was thrown is a bug, and goes on up. */
  #failBy(error: unknown, wireError: number): void {
    if (!(error instanceof SluiceError) || error.code !== 'PROTOCOL') throw error
    this.#fail(wireError === 0 ? WIRE_ERROR_MALFORMED : wireError, error.message)
  }

  /** Sends the replies to what came before, then the reason, and closes. */
  #fail(wireError: number, reason: string): void {
    this.#logFailure(wireError, reason)
    this.#sendReplies()
    this.#outbox.sendBytes(encodeError(wireError, reason))
    this.#end()
  }

  /** Closes a peer that reads nothing: no reason would reach it either, and its slabs are wanted. */
  #giveUp(): void {
    this.#logFailure(WIRE_ERROR_SLOW_READER, 'replies were not read in time')
    this.#end()
    this.#channel.destroy()
  }

  #end(): void {
    this.#letGo()
    this.#state = 'ending'
    this.#channel.end()
  }

  /** Leaves all lines, and whatever came that is not answered. */
  #letGo(): void {
    this.#host.slabLine.leave(this)
    this.#forwarded?.abandon()
    this.#forwarded = undefined
    this.#inbox.drop()
  }

  /** The one line about a connection that is closed for its peer's fault. */
  #logFailure(wireError: number, reason: string): void {
    this.#host.traffic.connectionsFailed++
    this.#log(WIRE_ERRORS[wireError - 1]?.name ?? 'unknown', `connection closed: ${reason}`)
  }

  #log(code: string, message: string): void {
    const fields = { connection: this.#number, peer: this.#channel.peer, code, bytesIn: this.#bytesIn }
    this.#host.logger.warn(fields, message)
  }

  /** Whether others wait for what this one's replies hold. */
  #isWaitedFor(): boolean {
    const { forwarding, slabLine } = this.#host
    if (slabLine.isStarving && this.#outbox.heldSlabs > 0) return true
    return forwarding.budget.line.isStarving && this.#outbox.heldForwardedBytes > 0
  }

  #facts(): ConnectionFacts {
    return {
      state: this.#state,
      isDraining: this.#isDraining,
      isStalled: this.#isStalled,
      isPaused: this.#isPaused,
      hasLargeFrame: this.#host.largeFrames.has(this),
      bufferedBytes: this.#frames.bufferedBytes,
      bytesIn: this.#bytesIn,
      heldBytes: this.#outbox.heldBytes,
      releaseCount: this.#outbox.releaseCount,
    }
  }
}
