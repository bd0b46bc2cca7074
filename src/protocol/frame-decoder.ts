// Cuts a stream of bytes into frames: `push` chunks as they arrive, then call `next` until it returns false.
//
// The trick: bytes are copied only where a frame's parts lie in different places. The window is the run of bytes at
// the stream's head; a frame that lies inside it is handed out as it is, together with the array that holds it. A
// chunk that continues the window's own ArrayBuffer (a socket that fills one large buffer) only makes the window
// longer. Otherwise the window's unfinished frame moves to an assembly: an array of its own that takes just that
// frame's bytes, and the chunk's rest becomes the next window.
//
//   window    [ frame | frame | fra ]          queue  [ me | frame | ... ]
//   assembly  [ frame ]                        window [ frame | ... ]
//
// Invariants:
// - an assembly never holds a byte behind its frame, and is never used for a second one: a loaded frame stays as it
//   is for as long as anybody looks at it
// - memory follows the bytes that arrived: an assembly is at most twice as large, whatever its length field says
// - after `next` returned false only one unfinished frame is held, in one array
// - after an error the decoder is dead: it holds nothing, and each call throws that error again

import { assert } from '../util/assert.ts'
import { copyBytes, readU8, readU16, readU32 } from '../util/bytes.ts'
import type { SluiceError } from '../util/errors.ts'
import { FRAME_HEADER_BYTES, FRAME_KINDS, WIRE_ERROR_FRAME_TOO_LARGE, WIRE_ERROR_MALFORMED } from './frame.ts'
import { protocolError } from './protocol-error.ts'

/** An assembly starts no smaller than this, unless its frame is. */
const ASSEMBLY_BYTES_START = 4_096

const EMPTY = new Uint8Array(0)

/** What a decoder needs to know. */
export interface FrameDecoderOptions {
  /** Bytes of the largest frame taken, header included. */
  readonly frameBytesMax: number
}

/** Decodes one direction of one connection. The fields describe the frame that `next` loaded last. */
export class FrameDecoder {
  /** A `KIND_*`. */
  kind = 0
  /** All eight flag bits, known or not. */
  flags = 0
  /** Sections of the body; 0 unless the kind has sections. */
  sectionCount = 0
  /** The frame's number, modulo 2^32. */
  sequence = 0
  /** Holds the frame. The decoder never writes to these bytes again. */
  bytes: Uint8Array = EMPTY
  /** First byte of the body. */
  start = 0
  /** One past the last byte of the frame. */
  end = 0
  /** The `WIRE_ERROR_*` to tell the peer once the decoder is dead; 0 before. */
  wireError = 0

  readonly #frameBytesMax: number
  #failure: SluiceError | undefined
  #bufferedBytes = 0
  /** Bytes of the stream's head: `#window[#at, #windowEnd)`. */
  #window: Uint8Array = EMPTY
  #at = 0
  #windowEnd = 0
  #isAssembly = false
  /** Chunks behind the window; those before `#queueHead` are taken. */
  #queue: Uint8Array[] = []
  #queueHead = 0

  constructor(options: FrameDecoderOptions) {
    assert(options.frameBytesMax >= FRAME_HEADER_BYTES, 'the largest frame must hold a header')
    this.#frameBytesMax = options.frameBytesMax
  }

  /** Bytes held that belong to no loaded frame. */
  get bufferedBytes(): number {
    return this.#bufferedBytes
  }

  /** Bytes held, those of the loaded frame included. */
  get heldBytes(): number {
    const loadedBytes = this.bytes.length === 0 ? 0 : FRAME_HEADER_BYTES + this.end - this.start
    return this.#bufferedBytes + loadedBytes
  }

  /**
   * Takes the next bytes of the stream and the ownership of their array. Chunks wait as they are until `next` is
   * called: a caller that pauses between both bounds `bufferedBytes`. Throws only when the decoder is dead.
   */
  push(chunk: Uint8Array): void {
    if (this.#failure !== undefined) throw this.#failure
    if (chunk.length === 0) return
    this.#queue.push(chunk)
    this.#bufferedBytes += chunk.length
  }

  /**
   * Loads the next frame, if all of it has arrived, into the fields; else returns false and lets go of the bytes of
   * the frame before. Throws PROTOCOL at a header that is not valid.
   */
  next(): boolean {
    if (this.#failure !== undefined) throw this.#failure
    for (;;) {
      const bytesHeld = this.#windowEnd - this.#at
      const bytesNeeded = bytesHeld < FRAME_HEADER_BYTES ? FRAME_HEADER_BYTES : this.#checkHeader()
      if (bytesHeld >= bytesNeeded) {
        this.#load(bytesNeeded)
        return true
      }
      if (!this.#gather(bytesHeld, bytesNeeded)) {
        this.release()
        return false
      }
    }
  }

  /** Lets go of the loaded frame's bytes, as `next` does. */
  release(): void {
    this.bytes = EMPTY
    this.start = 0
    this.end = 0
  }

  /** Lets go of all bytes. */
  drop(): void {
    this.release()
    this.#setWindow(EMPTY, false)
    this.#queue = []
    this.#queueHead = 0
    this.#bufferedBytes = 0
  }

  /** Throws if an invariant of the file's head is broken. */
  checkInvariants(): void {
    let bytesQueued = 0
    for (let index = this.#queueHead; index < this.#queue.length; index++)
      bytesQueued += this.#queue[index]?.length ?? 0
    const bytesHeld = this.#windowEnd - this.#at
    assert(bytesHeld >= 0 && this.#windowEnd <= this.#window.length, 'the window lies inside its array')
    assert(bytesHeld + bytesQueued === this.#bufferedBytes, 'the held bytes are counted')
    assert(this.#failure === undefined || this.#bufferedBytes === 0, 'a dead decoder holds nothing')
    if (!this.#isAssembly) return
    assert(this.#at === 0, 'an assembly holds one frame from its first byte on')
    assert(this.#window.length <= Math.max(2 * bytesHeld, ASSEMBLY_BYTES_START), 'an assembly follows what arrived')
  }

  /** Checks the header at the window's start and returns the bytes of its frame. */
  #checkHeader(): number {
    const frameBytes = readU32(this.#window, this.#at)
    const kind = readU8(this.#window, this.#at + 4)
    if (frameBytes < FRAME_HEADER_BYTES) this.#fail(WIRE_ERROR_MALFORMED, 'a frame is shorter than its header')
    if (frameBytes > this.#frameBytesMax) {
      this.#fail(WIRE_ERROR_FRAME_TOO_LARGE, `a frame has ${frameBytes} bytes; allowed are ${this.#frameBytesMax}`)
    }
    const row = FRAME_KINDS[kind - 1]
    if (row === undefined) this.#fail(WIRE_ERROR_MALFORMED, `a frame has the unknown kind ${kind}`)
    if (row.body !== 'sections' && readU16(this.#window, this.#at + 6) !== 0) {
      this.#fail(WIRE_ERROR_MALFORMED, `a frame of kind ${row.name} has sections`)
    }
    if (readU32(this.#window, this.#at + 12) !== 0) {
      this.#fail(WIRE_ERROR_MALFORMED, 'the reserved bytes of a frame header are not zero')
    }
    return frameBytes
  }

  #load(frameBytes: number): void {
    const at = this.#at
    this.bytes = this.#window
    this.kind = readU8(this.#window, at + 4)
    this.flags = readU8(this.#window, at + 5)
    this.sectionCount = readU16(this.#window, at + 6)
    this.sequence = readU32(this.#window, at + 8)
    this.start = at + FRAME_HEADER_BYTES
    this.end = at + frameBytes
    this.#at = this.end
    this.#bufferedBytes -= frameBytes
    if (this.#at === this.#windowEnd) this.#setWindow(EMPTY, false)
  }

  /** Makes the window longer, by a whole chunk or up to `bytesNeeded`. False when no chunk waits. */
  #gather(bytesHeld: number, bytesNeeded: number): boolean {
    const chunk = this.#queue[this.#queueHead]
    if (chunk === undefined) return false
    if (bytesHeld === 0) {
      this.#setWindow(chunk, false)
    } else if (this.#isContinuedBy(chunk)) {
      const offset = this.#window.byteOffset + this.#at
      this.#setWindow(new Uint8Array(chunk.buffer, offset, bytesHeld + chunk.length), false)
    } else {
      const bytesTaken = Math.min(bytesNeeded - bytesHeld, chunk.length)
      this.#makeAssembly(bytesHeld + bytesTaken, bytesNeeded)
      this.#windowEnd = copyBytes(this.#window, this.#windowEnd, chunk, 0, bytesTaken)
      if (bytesTaken < chunk.length) {
        this.#queue[this.#queueHead] = chunk.subarray(bytesTaken)
        return true
      }
    }
    this.#dequeue()
    return true
  }

  /** Never true for an assembly: nobody else has its array. */
  #isContinuedBy(chunk: Uint8Array): boolean {
    return chunk.buffer === this.#window.buffer && chunk.byteOffset === this.#window.byteOffset + this.#windowEnd
  }

  /** Makes the window an assembly with room for `bytes`; it never needs more than `bytesNeeded`. */
  #makeAssembly(bytes: number, bytesNeeded: number): void {
    if (this.#isAssembly && bytes <= this.#window.length) return
    const assembly = new Uint8Array(Math.min(bytesNeeded, Math.max(2 * bytes, ASSEMBLY_BYTES_START)))
    const bytesHeld = copyBytes(assembly, 0, this.#window, this.#at, this.#windowEnd)
    this.#setWindow(assembly, true)
    this.#windowEnd = bytesHeld
  }

  #setWindow(window: Uint8Array, isAssembly: boolean): void {
    this.#window = window
    this.#at = 0
    this.#windowEnd = window.length
    this.#isAssembly = isAssembly
  }

  #dequeue(): void {
    this.#queue[this.#queueHead++] = EMPTY
    if (this.#queueHead < this.#queue.length) return
    this.#queue.length = 0
    this.#queueHead = 0
  }

  #fail(wireError: number, message: string): never {
    this.#failure = protocolError(message)
    this.wireError = wireError
    this.drop()
    throw this.#failure
  }
}
