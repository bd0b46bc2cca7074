// What a connection has handed to its channel and the channel has not released yet. The peer that does not read makes
// this grow, so this is where its frames are made to wait.
//
//   invariant: `heldBytes` (with WRITE_COST_BYTES each) and `heldSlabs` are the sums over all writes not yet released;
//   `traffic.bytesHeld` is the sum over all connections.

import { assert } from '../util/assert.ts'
import type { ByteChannel } from '../util/byte-channel.ts'
import { type ServerLimits, WRITE_BYTES_TARGET, WRITE_COST_BYTES } from './limits.ts'
import type { ReplyWrite, ReplyWriter } from './reply-writer.ts'
import type { Traffic } from './thread-stats.ts'

/** The replies of one connection on their way. */
export class Outbox {
  readonly #channel: ByteChannel
  readonly #limits: ServerLimits
  readonly #traffic: Traffic
  readonly #hasFreeSlabs: () => boolean
  readonly #onRoom: (slabsReturned: boolean) => void
  #heldBytes = 0
  #heldSlabs = 0
  #heldForwardedBytes = 0
  #releaseCount = 0
  #isChannelFull = false

  /**
   * @param hasFreeSlabs Whether the slabs that are free now are enough for the next frame, whosever it is.
   * @param onRoom Called whenever a write was released, and whether slabs came back with it. Never from inside `send`.
   */
  constructor(
    channel: ByteChannel,
    { limits, traffic }: { readonly limits: ServerLimits; readonly traffic: Traffic },
    hasFreeSlabs: () => boolean,
    onRoom: (slabsReturned: boolean) => void,
  ) {
    this.#channel = channel
    this.#limits = limits
    this.#traffic = traffic
    this.#hasFreeSlabs = hasFreeSlabs
    this.#onRoom = onRoom
  }

  get heldBytes(): number {
    return this.#heldBytes
  }

  get heldSlabs(): number {
    return this.#heldSlabs
  }

  /** Bytes of replies that other threads had a part in. */
  get heldForwardedBytes(): number {
    return this.#heldForwardedBytes
  }

  /** Writes released so far: a reader that takes its replies makes it grow. */
  get releaseCount(): number {
    return this.#releaseCount
  }

  /** Whether no further frame may be executed, with this much written and not sent yet. */
  isFull(writer: ReplyWriter): boolean {
    const isThreadFull = this.#heldBytes > 0 && this.#traffic.bytesHeld >= this.#limits.heldBytesOfAllMax
    return (
      this.#isChannelFull ||
      isThreadFull ||
      this.#heldSlabs + writer.slabCount >= this.#limits.slabsPerConnectionMax ||
      this.#heldBytes + writer.totalBytes >= this.#limits.heldBytesMax
    )
  }

  /** Sends all that the writer holds. */
  send(writer: ReplyWriter): void {
    if (writer.totalBytes === 0) return
    for (const write of writer.take(this.#mustSpareSlabs(writer))) this.#write(write)
  }

  /** Sends bytes of their own: a handshake, a farewell. */
  sendBytes(bytes: Uint8Array): void {
    this.#write({ parts: [bytes], slabs: [], bytes: bytes.length })
  }

  /**
   * Sends the parts of a reply that lies in no slab. `released` is told, piece by piece, how many bytes the channel has
   * released: a slow reader is seen to read.
   */
  sendForwarded(parts: readonly Uint8Array[], released: (bytes: number) => void): void {
    for (const write of inWrites(parts)) {
      this.#heldForwardedBytes += write.bytes
      this.#write(write, (bytes) => {
        this.#heldForwardedBytes -= bytes
        released(bytes)
      })
    }
  }

  /** The channel takes more again. */
  onDrain(): void {
    this.#isChannelFull = false
  }

  /** Who takes the last slabs may be slow to read: as long as there is memory for copies, nobody waits for that. */
  #mustSpareSlabs({ totalBytes }: ReplyWriter): boolean {
    return this.#traffic.bytesHeld + totalBytes <= this.#limits.heldBytesOfAllMax && !this.#hasFreeSlabs()
  }

  #write(write: ReplyWrite, onReleased?: (bytes: number) => void): void {
    this.#heldBytes += write.bytes + WRITE_COST_BYTES
    this.#traffic.bytesHeld += write.bytes + WRITE_COST_BYTES
    this.#heldSlabs += write.slabs.length
    this.#traffic.bytesOut += write.bytes
    const takesMore = this.#channel.write(write.parts, () => this.#released(write, onReleased))
    if (!takesMore) this.#isChannelFull = true
  }

  #released(write: ReplyWrite, onReleased: ((bytes: number) => void) | undefined): void {
    this.#heldBytes -= write.bytes + WRITE_COST_BYTES
    this.#traffic.bytesHeld -= write.bytes + WRITE_COST_BYTES
    assert(this.#heldBytes >= 0, 'a write is released once')
    this.#heldSlabs -= write.slabs.length
    this.#releaseCount++
    for (const slab of write.slabs) slab.drop()
    onReleased?.(write.bytes)
    this.#onRoom(write.slabs.length > 0)
  }
}

/** The parts in writes of at most WRITE_BYTES_TARGET. */
function inWrites(parts: readonly Uint8Array[]): ReplyWrite[] {
  const writes: ReplyWrite[] = []
  let write: ReplyWrite | undefined
  for (const part of parts) {
    for (let start = 0; start < part.length; start += WRITE_BYTES_TARGET) {
      const piece = part.subarray(start, start + WRITE_BYTES_TARGET)
      if (write === undefined || write.bytes + piece.length > WRITE_BYTES_TARGET) {
        write = { parts: [], slabs: [], bytes: 0 }
        writes.push(write)
      }
      write.parts.push(piece)
      write.bytes += piece.length
    }
  }
  return writes
}
