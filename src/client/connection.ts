// One connection to one shard thread, after the handshake: it sends what its window allows, takes the replies apart,
// and knows when it has ended. Operations go through the window; control requests (topology, admin) are rare and are
// sent at once.
//
//   invariants: replies come in the order of their requests, so a reply's sequence number is that of the oldest
//   request of its kind; when the connection ends, everything it still holds gets a fate or goes back to its owner, once.

import { decodeError } from '../protocol/control.ts'
import {
  KIND_ADMIN_REPLY,
  KIND_ERROR,
  KIND_GO_AWAY,
  KIND_OPERATIONS_REPLY,
  KIND_PING,
  KIND_PONG,
  KIND_TOPOLOGY_REPLY,
} from '../protocol/frame.ts'
import { FrameDecoder } from '../protocol/frame-decoder.ts'
import type { HelloAnswer } from '../protocol/hello.ts'
import { FRAME_BYTES_MAX } from '../protocol/limits.ts'
import { protocolError } from '../protocol/protocol-error.ts'
import { SectionReader } from '../protocol/section-reader.ts'
import { assert } from '../util/assert.ts'
import type { ByteChannelHandler } from '../util/byte-channel.ts'
import type { Clock, Timer } from '../util/clock.ts'
import { SluiceError } from '../util/errors.ts'
import { type ControlKind, ControlRequests } from './control-requests.ts'
import { FrameWriter } from './frame-writer.ts'
import type { Greeting } from './handshake.ts'
import { abandonFrame, keepReads } from './lost-frames.ts'
import type { OutgoingFrame } from './outgoing-frame.ts'
import { answerFrame, REMEDY_REROUTE, REMEDY_RESUME, resendDelayMs } from './resend.ts'
import { type EndFrame, SendWindow } from './send-window.ts'
import { serverError } from './server-error.ts'
import type { ClientChannel } from './transport.ts'

/** How long an orderly close waits for the server to close its side. */
const CLOSE_GRACE_MS = 1_000

/** What a connection needs from outside. */
export interface ConnectionOptions {
  readonly clock: Clock
  /** Frames of operations that may be unanswered at a time. */
  readonly framesInFlightMax: number
  /** Whether writes of unknown fate are left over when the connection is lost, instead of failing. */
  readonly resendUnknownWrites: boolean
  /** A frame of operations was answered, or no more frames are taken. */
  readonly onProgress: () => void
  /**
   * Operations were refused because they are for another thread. They are taken by `takeUnsent`, or tried again a little
   * later when `retry` is called; once they were taken, or the connection is over, that does nothing.
   */
  readonly onMisrouted: (retry: () => void) => void
  /** Frames that the connection will not get done, in the order of sending: they belong to the owner then. */
  readonly onLeft: (frames: readonly OutgoingFrame[]) => void
  /** The connection has ended, and nobody had asked for it. Called once, and last. */
  readonly onLost: (reason: SluiceError) => void
}

/** A connection that is ready for frames. */
export class Connection implements ByteChannelHandler {
  readonly answer: HelloAnswer
  readonly #options: ConnectionOptions
  readonly #channel: ClientChannel
  readonly #window: SendWindow
  readonly #decoder = new FrameDecoder({ frameBytesMax: FRAME_BYTES_MAX })
  readonly #reader = new SectionReader()
  readonly #writer: FrameWriter
  readonly #requests = new ControlRequests()
  readonly #closed: Promise<void>
  #resolveClosed: () => void = () => {}
  #quietWaiters: (() => void)[] = []
  #timer: Timer | undefined
  /** The chunk in hand answered operations, or said that no more are taken. */
  #hasProgress = false
  /** Nothing is sent, because all connections are being routed anew. */
  #isHeld = false
  /** What the owner was given to call when it was told that operations are for another thread, and has not called yet. */
  #retry: (() => void) | undefined
  /** What a frame gets that is submitted now; undefined while frames are taken. */
  #refusal: SluiceError | undefined
  /** The server said GO_AWAY: what was sent is awaited, what was not sent fails. */
  #isLeaving = false
  /** The owner has closed it. */
  #isClosing = false
  /** Everything has its fate, or was left to the owner. */
  #isOver = false
  #receivedAtMs: number
  /** When a late reply was first seen to be late. */
  #overdueSinceMs: number | undefined

  constructor(greeting: Greeting, options: ConnectionOptions) {
    this.answer = greeting.answer
    this.#options = options
    this.#channel = greeting.channel
    this.#window = new SendWindow(options.framesInFlightMax)
    this.#writer = new FrameWriter(greeting.channel, this.#window)
    this.#receivedAtMs = options.clock.monotonicMs()
    this.#closed = new Promise((resolve) => {
      this.#resolveClosed = resolve
    })
    greeting.attach(this)
  }

  /** Whether nothing is to be sent or awaited. */
  get isIdle(): boolean {
    return this.#window.isIdle
  }

  /** Bytes of operations that wait to be sent. */
  get queuedBytes(): number {
    return this.#window.queuedBytes
  }

  /** Whether frames are taken: not once the connection is closing, leaving or over. */
  get isOpen(): boolean {
    return this.#refusal === undefined
  }

  /** Sends a frame of operations as soon as the window allows. Only while `isOpen`. */
  submit(frame: OutgoingFrame): void {
    assert(this.isOpen, 'a connection that is closing takes no frames')
    this.#writer.submit(frame)
  }

  /** Ends the frames for which `isDue` holds; see `SendWindow.giveUp`. */
  giveUp(isDue: (frame: OutgoingFrame) => boolean, end: EndFrame): void {
    if (this.#isOver || !this.#window.giveUp(isDue, end)) return
    this.#advance()
    this.#options.onProgress()
  }

  /** Called now and then: ends the connection when a reply is late and nothing at all arrives for `silentMsMax` more. */
  checkSilence(nowMs: number, silentMsMax: number): void {
    if (this.#isOver) return
    if (this.#isHeld && this.#window.isAbandoned) {
      // The others wait for replies that nobody reads any more.
      this.destroy(new SluiceError('DISCONNECTED', `the server at ${this.#channel.peer} does not answer`))
      return
    }
    if (!this.#window.isOverdue) {
      this.#overdueSinceMs = undefined
      return
    }
    this.#overdueSinceMs ??= nowMs
    if (nowMs - Math.max(this.#receivedAtMs, this.#overdueSinceMs) < silentMsMax) return
    this.destroy(new SluiceError('DISCONNECTED', `the server at ${this.#channel.peer} does not answer`))
  }

  /** Sends a control request and resolves to the text of its reply. Rejects when the connection ends first. */
  request(kind: ControlKind, text = ''): Promise<string> {
    if (this.#refusal !== undefined) return Promise.reject(this.#refusal)
    return this.#requests.add(kind, () => this.#writer.sendControl(kind, text))
  }

  /** Sends no more operations until `proceed`; resolves when none is in flight. */
  hold(): Promise<void> {
    this.#isHeld = true
    this.#writer.hold()
    this.#cancelTimer()
    return new Promise((resolve) => {
      if (this.#isOver || this.#window.framesInFlight === 0) resolve()
      else this.#quietWaiters.push(resolve)
    })
  }

  /** What waits to be sent, in order; it belongs to the caller then. Only while held, and with nothing in flight. */
  takeUnsent(): OutgoingFrame[] {
    this.#retry = undefined
    return this.#window.takeUnsent()
  }

  /** Ends `hold`. */
  proceed(): void {
    this.#isHeld = false
    if (!this.#isLeaving) this.#writer.proceed()
    this.#advance()
  }

  /** Takes no more frames, finishes what it has, then closes. Resolves when the channel is closed; never rejects. */
  close(): Promise<void> {
    this.#refusal ??= new SluiceError('CLOSED', 'the connection is closing')
    this.#isClosing = true
    this.#advance()
    return this.#closed
  }

  /** Closes at once; what was sent and not answered is unknown, the rest is left to the owner. */
  destroy(reason: SluiceError): void {
    this.#fail(reason)
    this.#channel.destroy()
  }

  onBytes(chunk: Uint8Array): void {
    if (this.#isOver) return
    this.#receivedAtMs = this.#options.clock.monotonicMs()
    this.#hasProgress = false
    try {
      this.#decoder.push(chunk)
      while (!this.#isOver && this.#decoder.next()) this.#onFrame(this.#decoder)
    } catch (error) {
      // Anything else is a broken invariant of ours, which must not look like the server's fault.
      if (!(error instanceof SluiceError)) throw error
      this.destroy(error)
    }
    if (this.#isOver) return
    this.#channel.reuse?.readUpTo(this.#decoder.bufferedBytes)
    this.#advance()
    if (this.#hasProgress) this.#options.onProgress()
  }

  onDrain(): void {
    this.#writer.drained()
  }

  onClose(error: Error | undefined): void {
    this.#fail(new SluiceError('DISCONNECTED', `the connection to ${this.#channel.peer} was lost`, { cause: error }))
    this.#cancelTimer()
    this.#resolveClosed()
  }

  #onFrame(frame: FrameDecoder): void {
    const { kind, bytes, start, end } = frame
    if (kind === KIND_OPERATIONS_REPLY) this.#onOperationsReply(frame)
    else if (kind === KIND_TOPOLOGY_REPLY || kind === KIND_ADMIN_REPLY) this.#requests.answer(frame)
    else if (kind === KIND_GO_AWAY) this.#onGoAway()
    else if (kind === KIND_PING) this.#onPing(frame.sequence)
    else if (kind === KIND_ERROR) throw serverError(decodeError(bytes, start, end), 'DISCONNECTED')
    else if (kind !== KIND_PONG) throw protocolError(`the server sent a frame of kind ${kind}`)
  }

  #onOperationsReply(reply: FrameDecoder): void {
    const frame = this.#window.oldest()
    if (frame === undefined || frame.sequence !== reply.sequence) throw protocolError('a reply is out of order')
    this.#hasProgress = true
    this.#window.answered(answerFrame(frame, reply, this.#reader, this.#channel.reuse))
  }

  #onPing(sequence: number): void {
    // A server that asks and does not read gets no answers piled up.
    if (!this.#writer.isFull) this.#writer.answerControl(KIND_PONG, sequence)
  }

  #onGoAway(): void {
    this.#isLeaving = true
    this.#writer.hold()
    this.#hasProgress = true
    this.#refusal ??= new SluiceError('DISCONNECTED', `the server at ${this.#channel.peer} is about to stop`)
    this.#options.onLeft(this.#window.takeQueued())
  }

  /** Takes every step that has become possible. */
  #advance(): void {
    if (this.#isOver) return
    if (this.#window.framesInFlight === 0) this.#becomeQuiet()
    if (!this.#isLeaving) {
      if (!this.#isHeld) this.#recover()
      this.#writer.send()
    }
    if (this.#refusal !== undefined && this.#window.isIdle && this.#requests.isIdle) this.#endChannel(this.#refusal)
  }

  #becomeQuiet(): void {
    const waiters = this.#quietWaiters
    this.#quietWaiters = []
    for (const resolve of waiters) resolve()
  }

  /** After a refusal, once every frame in flight was answered: see to it that sending can begin again. */
  #recover(): void {
    const { remedy } = this.#window
    if (remedy === undefined) return
    if (remedy === REMEDY_RESUME) {
      this.#window.recover()
    } else if (remedy !== REMEDY_REROUTE) {
      this.#recoverLater()
    } else if (this.#retry === undefined && this.#timer === undefined) {
      this.#askOwner()
    }
  }

  #askOwner(): void {
    const retry = (): void => {
      // The answer to an earlier question says nothing of what was refused since.
      if (this.#retry !== retry) return
      this.#retry = undefined
      if (!this.#isOver && !this.#isHeld && this.#window.remedy === REMEDY_REROUTE) this.#recoverLater()
    }
    this.#retry = retry
    this.#options.onMisrouted(retry)
  }

  #recoverLater(): void {
    this.#timer ??= this.#options.clock.after(resendDelayMs(this.#window.fruitlessTries), () => {
      this.#timer = undefined
      this.#window.recover()
      this.#writer.send()
    })
  }

  #endChannel(reason: SluiceError): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#requests.fail(reason)
    this.#channel.end()
    this.#cancelTimer()
    this.#timer = this.#options.clock.after(CLOSE_GRACE_MS, () => this.#channel.destroy())
    // The server asked for it.
    if (!this.#isClosing) this.#options.onLost(reason)
  }

  /** Gives everything its fate, or leaves it to the owner. */
  #fail(reason: SluiceError): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#cancelTimer()
    const { code, message, cause } = reason
    const unknown = new SluiceError(code, message, { cause, fate: 'unknown' })
    const notDone = new SluiceError(code, message, { cause, fate: 'not-done' })
    this.#refusal = notDone
    this.#options.onLeft(this.#window.takeLeft((frame) => this.#recall(frame, unknown, notDone)))
    this.#requests.fail(unknown)
    this.#becomeQuiet()
    if (!this.#isClosing) this.#options.onLost(notDone)
    this.#options.onProgress()
  }

  /** What may be sent again of a frame that was in flight. */
  #recall(frame: OutgoingFrame, unknown: SluiceError, notDone: SluiceError): OutgoingFrame | undefined {
    if (this.#options.resendUnknownWrites && unknown.code !== 'PROTOCOL') return frame
    if (unknown.code !== 'PROTOCOL') return keepReads(frame, unknown)
    // A server that breaks the protocol over a frame will do so again.
    abandonFrame(frame, unknown, notDone)
    return undefined
  }

  #cancelTimer(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }
}
