// The head of a stream of bytes that arrive in chunks, as one array to parse in, for decoders whose messages have no
// length in front.
//
// The trick: a message is copied only when it lies in two chunks that are no neighbours in memory. Its part in the first
// chunk and a piece of the second make a bridge, an array of its own; once the head has passed the first part, the window
// goes over to the second chunk, of which nothing else was copied. A chunk that continues the window's own ArrayBuffer
// (a socket that fills one large array) only makes the window longer.
//
//   window    [ message | message | mess ]      next chunk  [ age | message | ... ]
//   bridge    [ mess age | mess ]
//   window                                                  [ message | ... ]
//
// Invariants:
// - bytes before `end` never change: who was given a message may look at it for as long as its array is not reused
// - the bridge is at most twice as large as what is unread in it, whatever length a message claims
// - while a chunk waits behind the window, the head is before the window's own last byte

import { assert } from './assert.ts'
import { copyBytes } from './bytes.ts'

/** A bridge takes at least so many bytes of the next chunk: a short message is whole then. */
const BRIDGED_BYTES_MIN = 64

const EMPTY = new Uint8Array(0)

/** Unread bytes of a stream. `at` moves by `advance` alone. */
export class ByteWindow {
  /** Holds the stream's head. */
  bytes: Uint8Array = EMPTY
  /** The first unread byte. */
  at = 0
  /** One past the last byte of the window. */
  end = 0
  #isBridge = false
  /** The chunk behind the window, of which the window holds the first `#bridgedBytes`, from `#behindAt` on. */
  #behind: Uint8Array = EMPTY
  #bridgedBytes = 0
  #behindAt = 0

  /** Bytes that have arrived and were not read. */
  get unreadBytes(): number {
    return this.end - this.at + this.#behind.length - this.#bridgedBytes
  }

  /** Takes the next chunk and the ownership of its bytes. Cheap when all that can be read of the earlier ones is read. */
  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return
    while (this.extend(this.unreadBytes)) {}
    if (this.at === this.end) {
      this.#goOver(chunk, 0)
    } else if (this.#isContinuedBy(chunk)) {
      const heldBytes = this.end - this.at
      this.bytes = new Uint8Array(chunk.buffer, this.bytes.byteOffset + this.at, heldBytes + chunk.length)
      this.at = 0
      this.end = this.bytes.length
    } else {
      this.#behind = chunk
      this.#bridgedBytes = 0
      this.#behindAt = this.end
    }
  }

  /** Moves the head to position `at` of the window's array. */
  advance(at: number): void {
    this.at = at
    if (this.#behind.length > 0 && at >= this.#behindAt) this.#goOver(this.#behind, at - this.#behindAt)
  }

  /** Makes the window longer, to `bytesWanted` if there are so many; false when it holds all that has arrived. */
  extend(bytesWanted: number): boolean {
    const waitingBytes = this.#behind.length - this.#bridgedBytes
    if (waitingBytes === 0) return false
    const heldBytes = this.end - this.at
    const takenBytes = Math.min(waitingBytes, Math.max(bytesWanted - heldBytes, BRIDGED_BYTES_MIN))
    if (!this.#isBridge || this.end + takenBytes > this.bytes.length) this.#makeBridge(heldBytes, takenBytes)
    this.end = copyBytes(this.bytes, this.end, this.#behind, this.#bridgedBytes, this.#bridgedBytes + takenBytes)
    this.#bridgedBytes += takenBytes
    return true
  }

  /** Lets go of all bytes. */
  drop(): void {
    this.#goOver(EMPTY, 0)
  }

  /** Throws if an invariant of the file's head is broken. */
  checkInvariants(): void {
    assert(this.at >= 0 && this.at <= this.end && this.end <= this.bytes.length, 'the window lies inside its array')
    assert(this.#bridgedBytes <= this.#behind.length, 'a bridge holds no more of a chunk than there is')
    if (this.#behind.length === 0) return
    assert(this.at < this.#behindAt, 'a chunk waits only for what is before it')
    assert(
      this.#behindAt + this.#bridgedBytes === this.end,
      'the window ends with what it holds of the chunk behind it',
    )
  }

  #goOver(bytes: Uint8Array, at: number): void {
    this.bytes = bytes
    this.at = at
    this.end = bytes.length
    this.#isBridge = false
    this.#behind = EMPTY
    this.#bridgedBytes = 0
    this.#behindAt = 0
  }

  #makeBridge(heldBytes: number, takenBytes: number): void {
    const bridge = new Uint8Array(2 * (heldBytes + takenBytes))
    copyBytes(bridge, 0, this.bytes, this.at, this.end)
    this.#behindAt -= this.at
    this.bytes = bridge
    this.at = 0
    this.end = heldBytes
    this.#isBridge = true
  }

  /** Never true for a bridge: nobody else has its array. */
  #isContinuedBy(chunk: Uint8Array): boolean {
    return chunk.buffer === this.bytes.buffer && chunk.byteOffset === this.bytes.byteOffset + this.end
  }
}
