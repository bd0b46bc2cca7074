// What a connection has received and is not done with: its hello while that is incomplete, then frames. A peer that sends
// and sends makes this grow, so this is where its reading is made to wait. What is held follows the connection's state:
//
//   hello    at most HELLO_BYTES_MAX
//   open     an incomplete frame of at most `partialBytesMax`, or frames that wait, and what one read brought beside
//            that; FRAME_BYTES_MAX more with one of the few places for large frames, which is kept no longer than needed
//   ended    nothing, however long the channel lingers
//
//   invariants: `traffic.inputBytesHeld` is the sum of `heldBytes` over all connections; a connection that holds more than
//   `partialBytesMax` has a place, or its channel is paused. From both follows `inputBytesMax` (limits.ts).

import { FrameDecoder } from '../protocol/frame-decoder.ts'
import { type Hello, HelloDecoder } from '../protocol/hello.ts'
import { FRAME_BYTES_MAX } from '../protocol/limits.ts'
import { assert } from '../util/assert.ts'
import type { ConnectionHost } from './connection-host.ts'
import type { Waiter } from './waiting-lines.ts'

/** The bytes that one connection was sent. */
export class Inbox {
  readonly frames = new FrameDecoder({ frameBytesMax: FRAME_BYTES_MAX })
  readonly #host: Pick<ConnectionHost, 'limits' | 'largeFrames' | 'traffic'>
  readonly #connection: Waiter
  #hello: HelloDecoder | undefined = new HelloDecoder()
  #helloBytes = 0
  #heldBytes = 0

  /** @param connection Goes on when it gets a place for a large frame. */
  constructor(host: Pick<ConnectionHost, 'limits' | 'largeFrames' | 'traffic'>, connection: Waiter) {
    this.#host = host
    this.#connection = connection
  }

  /** Takes bytes of the hello, and returns it once it is complete: from then on `push` takes what comes. Throws PROTOCOL. */
  pushHello(chunk: Uint8Array): Hello | undefined {
    const decoder = this.#hello
    assert(decoder !== undefined, 'a connection has one hello')
    this.#helloBytes += chunk.length
    this.#count()
    const hello = decoder.push(chunk)
    if (hello === undefined) return undefined
    this.#hello = undefined
    this.#helloBytes = 0
    this.push(decoder.rest)
    return hello
  }

  /** Takes bytes of frames. */
  push(chunk: Uint8Array): void {
    this.frames.push(chunk)
    this.#count()
  }

  /**
   * To be called when no further frame can be taken, for now because of others or since none is complete: whether the
   * channel may bring more bytes.
   */
  mayRead(areFramesWaiting: boolean): boolean {
    const { limits, largeFrames } = this.#host
    this.#count()
    if (this.#heldBytes > limits.partialBytesMax) return !areFramesWaiting && largeFrames.ask(this.#connection)
    largeFrames.leave(this.#connection)
    return !areFramesWaiting
  }

  /** Lets go of everything; nothing may be pushed any more. */
  drop(): void {
    this.#hello = undefined
    this.#helloBytes = 0
    this.frames.drop()
    this.#count()
    this.#host.largeFrames.leave(this.#connection)
  }

  #count(): void {
    const heldBytes = this.#helloBytes + this.frames.heldBytes
    this.#host.traffic.inputBytesHeld += heldBytes - this.#heldBytes
    this.#heldBytes = heldBytes
  }
}
