// The sending half of a connection: numbers the frames and writes what the window lets through.
//
// When frames leave, in words:
//   1. at once, when as much waits as makes a good write;
//   2. else at the end of the turn, so that the small frames of many callers share one write;
//   3. when a reply makes room in the window, or the channel has drained.

import { encodeControl } from '../protocol/control.ts'
import { FLAG_RESUME } from '../protocol/frame.ts'
import type { OutgoingFrame } from './outgoing-frame.ts'
import type { SendWindow } from './send-window.ts'
import type { ClientChannel } from './transport.ts'
import { atTurnEnd } from './turn-end.ts'

/** With this much to send, a write costs less than the wait for company. */
const SEND_AT_ONCE_BYTES = 16 * 1024

/** Writes the frames of one connection. */
export class FrameWriter {
  readonly #channel: ClientChannel
  readonly #window: SendWindow
  #sequence = 0
  /** Operations stay in the window. */
  #isHeld = false
  /** The channel wants to drain first. */
  #isFull = false
  #isPlanned = false

  constructor(channel: ClientChannel, window: SendWindow) {
    this.#channel = channel
    this.#window = window
  }

  /** Whether the channel wants to drain before it takes more. */
  get isFull(): boolean {
    return this.#isFull
  }

  /** Puts a frame of operations into the window and sends it when it may leave. */
  submit(frame: OutgoingFrame): void {
    this.#window.submit(frame)
    if (this.#window.queuedBytes >= SEND_AT_ONCE_BYTES) {
      this.send()
    } else if (!this.#isPlanned) {
      this.#isPlanned = true
      atTurnEnd(this.#endTurn)
    }
  }

  /** Sends every frame of operations that may leave now, in one write. */
  send(): void {
    if (this.#isHeld || this.#isFull) return
    const parts: Uint8Array[] = []
    const frames: OutgoingFrame[] = []
    for (let frame = this.#window.next(); frame !== undefined; frame = this.#window.next()) {
      const flags = this.#window.takeResume() ? FLAG_RESUME : 0
      parts.push(...frame.encode(this.#nextSequence(), flags))
      frames.push(frame)
    }
    if (frames.length === 0) return
    this.#write(parts, () => {
      for (const frame of frames) frame.released()
    })
  }

  /** Sends a control request at once; returns its number. */
  sendControl(kind: number, text: string): number {
    const sequence = this.#nextSequence()
    this.#write([encodeControl(kind, sequence, text)])
    return sequence
  }

  /** Sends the answer to a control frame of the server, whose number it repeats. */
  answerControl(kind: number, sequence: number): void {
    this.#write([encodeControl(kind, sequence, '')])
  }

  /** The channel has drained. */
  drained(): void {
    this.#isFull = false
    this.send()
  }

  /** Sends no operations until `proceed`. */
  hold(): void {
    this.#isHeld = true
  }

  /** Ends `hold`. */
  proceed(): void {
    this.#isHeld = false
  }

  readonly #endTurn = (): void => {
    this.#isPlanned = false
    this.send()
  }

  #write(parts: readonly Uint8Array[], released?: () => void): void {
    if (!this.#channel.write(parts, released)) this.#isFull = true
  }

  #nextSequence(): number {
    const sequence = this.#sequence
    this.#sequence = (sequence + 1) >>> 0
    return sequence
  }
}
