// The way to one shard thread: the frames that wait for a connection, the connection while there is one, and the batcher
// of the promise calls that go there.
//
//   connecting --> open --> lost --> waiting, longer each time in vain --> connecting
//
// What a lost connection leaves over goes to the front of the line, so that the order of frames is one over all
// connections. The lane tries until it is closed; frames do not wait for ever, since their terms end.
//
//   invariants: frames wait here only while no connection takes any, or while the lane is held; at most one connection is
//   open or being opened

import type { Clock, Timer } from '../util/clock.ts'
import { SluiceError } from '../util/errors.ts'
import type { Random } from '../util/random.ts'
import { Batcher, type BatcherOutlet } from './batcher.ts'
import { Connection } from './connection.ts'
import type { ControlKind } from './control-requests.ts'
import type { Reached } from './dial.ts'
import type { OutgoingFrame } from './outgoing-frame.ts'
import type { LaneTarget } from './routing.ts'
import type { EndFrame } from './send-window.ts'

const RECONNECT_DELAY_MS_MIN = 10
const RECONNECT_DELAY_MS_MAX = 2_000

/** Who opens lanes, and learns what happens on them. */
export interface LaneOwner extends Pick<BatcherOutlet, 'open' | 'send' | 'terms' | 'whenFull'> {
  readonly clock: Clock
  readonly random: Random
  readonly framesInFlightMax: number
  readonly queueBytesMax: number
  readonly resendUnknownWrites: boolean
  /** Whether frames wait while there is no connection; else they fail. */
  readonly waitsForConnection: boolean
  /** Opens a connection to the target. Never rejects; without a greeting once the client is closed. */
  reach(target: LaneTarget): Promise<Reached>
  /** Frames were answered or given up on some lane, or a connection has ended. */
  onProgress(): void
  /** The lane's server says that operations belong elsewhere; `retry` tries them there again, unless they were taken since. */
  onMisrouted(lane: Lane, retry: () => void): void
  /** A lane's server cannot be reached: perhaps its shards are elsewhere now. */
  onUnreachable(): void
}

/** A lane. Closed by its owner. */
export class Lane {
  readonly target: LaneTarget
  readonly batcher: Batcher
  readonly #owner: LaneOwner
  #connection: Connection | undefined
  /** In the order of sending. */
  #waiting: OutgoingFrame[] = []
  #waitingBytes = 0
  #isHeld = false
  #isClosed = false
  /** Why there is no connection, once an attempt or a connection has failed. */
  #failure: SluiceError | undefined
  #failuresInRow = 0
  #timer: Timer | undefined

  /** A lane without a connection: `start` or `open` comes next. */
  constructor(target: LaneTarget, owner: LaneOwner) {
    this.target = target
    this.#owner = owner
    this.batcher = new Batcher({
      isPrompt: () => this.#connection === undefined || this.#connection.isIdle || !this.#connection.isOpen,
      isFull: () => this.queuedBytes >= owner.queueBytesMax,
      whenFull: owner.whenFull,
      open: () => owner.open(),
      terms: (deadlineMs) => owner.terms(deadlineMs),
      send: (builder, terms, settled) => owner.send(builder, terms, settled),
    })
  }

  /** Whether frames are taken by a connection. */
  get isConnected(): boolean {
    return this.#connection?.isOpen === true
  }

  /** Whether nothing waits, here or for a reply. */
  get isIdle(): boolean {
    return this.#waiting.length === 0 && (this.#connection?.isIdle ?? true)
  }

  /** Bytes of operations that were not sent, those that are being gathered included. */
  get queuedBytes(): number {
    return this.#waitingBytes + this.batcher.openBytes + (this.#connection?.queuedBytes ?? 0)
  }

  /** Begins to connect. */
  start(): void {
    void this.#connect()
  }

  /** Takes the outcome of a first attempt that its owner made. */
  open({ greeting, failure }: Reached): void {
    if (this.#isClosed) {
      greeting?.channel.destroy()
    } else if (greeting === undefined) {
      this.#onFailure(failure ?? new SluiceError('CONNECT_FAILED', `could not connect to ${this.target.address}`))
    } else {
      this.#failuresInRow = 0
      this.#failure = undefined
      this.#connection = this.#connectionOf(greeting)
      if (!this.#isHeld) this.#pass()
      else void this.#connection.hold()
      this.batcher.onProgress()
    }
  }

  /** Sends a frame as soon as that is possible, or fails it when there is no connection and the client does not wait. */
  submit(frame: OutgoingFrame): void {
    if (this.isConnected && this.#waiting.length === 0 && !this.#isHeld) {
      this.#connection?.submit(frame)
    } else if (
      this.#isClosed ||
      this.#isRefused ||
      (!this.#owner.waitsForConnection && !this.isConnected && this.#failure !== undefined)
    ) {
      frame.fail(this.#unreached())
      this.#owner.onProgress()
    } else {
      this.#waiting.push(frame)
      this.#waitingBytes += frame.bytes
    }
  }

  /** Sends a control request and resolves to the text of its reply. Rejects when there is no connection. */
  request(kind: ControlKind, text = ''): Promise<string> {
    return this.#connection?.request(kind, text) ?? Promise.reject(this.#unreached())
  }

  /** Ends the frames for which `isDue` holds. */
  giveUp(isDue: (frame: OutgoingFrame) => boolean, end: EndFrame): void {
    const before = this.#waiting.length
    this.#waiting = this.#waiting.filter((frame) => {
      if (!isDue(frame)) return true
      end(frame, false)
      this.#waitingBytes -= frame.bytes
      return false
    })
    if (this.#waiting.length < before) {
      this.batcher.onProgress()
      this.#owner.onProgress()
    }
    this.#connection?.giveUp(isDue, end)
  }

  /** Ends a connection that owes a late reply and has been silent for `silentMsMax`. */
  checkSilence(nowMs: number, silentMsMax: number): void {
    this.#connection?.checkSilence(nowMs, silentMsMax)
  }

  /** Sends no more operations until `proceed`; resolves when none is in flight. */
  hold(): Promise<void> {
    this.#isHeld = true
    return this.#connection?.hold() ?? Promise.resolve()
  }

  /** What waits to be sent, in order; it belongs to the caller then. Only while held, and with nothing in flight. */
  takeUnsent(): OutgoingFrame[] {
    return [...(this.#connection?.takeUnsent() ?? []), ...this.#takeWaiting()]
  }

  /** Ends `hold`. */
  proceed(): void {
    this.#isHeld = false
    this.#pass()
    this.#connection?.proceed()
  }

  /** Finishes what its connection has, then closes it. What waits for a connection is not done. */
  async close(): Promise<void> {
    this.#end(new SluiceError('CLOSED', 'the client is closed'))
    await this.#connection?.close()
  }

  /** Closes at once. */
  destroy(reason: SluiceError): void {
    this.#end(reason)
    this.#connection?.destroy(reason)
  }

  get #isRefused(): boolean {
    return this.#failure?.code === 'REFUSED'
  }

  #end(reason: SluiceError): void {
    this.#isClosed = true
    this.#failure = reason
    this.#timer?.cancel()
    for (const frame of this.#takeWaiting()) frame.fail(reason)
  }

  #takeWaiting(): OutgoingFrame[] {
    const waiting = this.#waiting
    this.#waiting = []
    this.#waitingBytes = 0
    return waiting
  }

  #pass(): void {
    const connection = this.#connection
    if (connection?.isOpen !== true) return
    for (const frame of this.#takeWaiting()) connection.submit(frame)
  }

  #connectionOf(greeting: NonNullable<Reached['greeting']>): Connection {
    const { clock, framesInFlightMax, resendUnknownWrites } = this.#owner
    return new Connection(greeting, {
      clock,
      framesInFlightMax,
      resendUnknownWrites,
      onProgress: () => {
        this.batcher.onProgress()
        this.#owner.onProgress()
      },
      onMisrouted: (retry) => this.#owner.onMisrouted(this, retry),
      onLeft: (frames) => this.#takeBack(frames),
      onLost: (reason) => {
        this.#connection = undefined
        this.#onFailure(reason)
      },
    })
  }

  /** Frames that a connection did not get done, to be sent before all others. */
  #takeBack(frames: readonly OutgoingFrame[]): void {
    this.#waiting = [...frames, ...this.#waiting]
    for (const { bytes } of frames) this.#waitingBytes += bytes
    if (this.#isClosed) for (const frame of this.#takeWaiting()) frame.fail(this.#unreached())
  }

  async #connect(): Promise<void> {
    this.open(await this.#owner.reach(this.target))
  }

  #onFailure(failure: SluiceError): void {
    if (this.#isClosed) return
    this.#failure = failure
    if (this.#isRefused || !this.#owner.waitsForConnection) {
      for (const frame of this.#takeWaiting()) frame.fail(this.#unreached())
    }
    const delayMs = Math.min(RECONNECT_DELAY_MS_MIN * 2 ** this.#failuresInRow, RECONNECT_DELAY_MS_MAX)
    this.#failuresInRow++
    this.#timer = this.#owner.clock.after(delayMs * this.#owner.random.nextFloat(), () => void this.#connect())
    // Callers who wait for a reply that will not come.
    this.batcher.onProgress()
    this.#owner.onUnreachable()
    this.#owner.onProgress()
  }

  #unreached(): SluiceError {
    const cause = this.#failure
    if (cause !== undefined && (this.#isRefused || this.#isClosed)) return cause
    return new SluiceError('DISCONNECTED', `there is no connection to ${this.target.address}`, { cause })
  }
}
