// A client that costs a server as much input as it can, over a channel in memory: frames that never end, or come byte by
// byte, or are wrong, replies that it does not read, and connections that it neither uses nor closes.

import { slotOfString } from '../../src/cluster/slot.ts'
import { READ_BYTES_MAX } from '../../src/server/limits.ts'
import type { ByteChannel } from '../../src/util/byte-channel.ts'
import { memoryChannelPair } from '../../src/util/memory-channel.ts'
import type { Random } from '../../src/util/random.ts'
import type { Schedule } from '../../src/util/schedule.ts'
import { type ChannelServer, operationsFrame, testHello } from './server-harness.ts'

/** Bytes that it lets pile up on its side before it writes no more. */
const QUEUED_BYTES_MAX = READ_BYTES_MAX

/** One connection of it, to a server of two shards of which the second one is another thread's. */
export class HostilePeer {
  isClosed = false
  readonly #channel: ByteChannel
  readonly #random: Random
  readonly #stream: () => Uint8Array
  /** Whether it reads replies. */
  readonly #isReading: boolean
  /** Bytes of one write, at most. */
  readonly #writeBytesMax: number
  #rest = testHello()
  #queuedBytes = 0

  constructor(server: ChannelServer, schedule: Schedule, random: Random, frameBytesMax: number) {
    const [ours, theirs] = memoryChannelPair({ schedule })
    this.#channel = ours
    this.#random = random
    this.#isReading = random.nextBelow(2) === 0
    this.#writeBytesMax = [1, 1_000, READ_BYTES_MAX, READ_BYTES_MAX][random.nextBelow(4)] as number
    this.#stream = () => this.#frame(frameBytesMax)
    server.accept(theirs)
    ours.open({
      onBytes: () => {},
      onDrain: () => {},
      onClose: () => {
        this.isClosed = true
      },
    })
    // A peer that is paused does not see that the server has ended either.
    if (!this.#isReading) ours.pause()
  }

  /** Writes some more, unless it chooses to be silent or to leave. */
  step(): void {
    if (this.#random.nextBelow(400) === 0) this.#channel.destroy()
    for (let writes = this.#random.nextBelow(8); writes > 0 && this.#queuedBytes < QUEUED_BYTES_MAX; writes--) {
      if (this.#rest.length === 0) this.#rest = this.#stream()
      const piece = this.#rest.subarray(0, 1 + this.#random.nextBelow(this.#writeBytesMax))
      this.#rest = this.#rest.subarray(piece.length)
      this.#queuedBytes += piece.length
      this.#channel.write([piece], () => {
        this.#queuedBytes -= piece.length
      })
    }
  }

  #frame(frameBytesMax: number): Uint8Array {
    const kind = this.#random.nextBelow(8)
    const bytes = kind < 5 ? frameBytesMax - 200 : this.#random.nextBelow(10_000)
    const shard = this.#random.nextBelow(2)
    const key = slotOfString('b') < 8_192 === (shard === 0) ? 'b' : 'a'
    const set = { kind: 'set', key, value: Buffer.alloc(bytes) } as const
    const gets = Array.from({ length: 50 }, () => ({ kind: 'get', key }) as const)
    const frame = operationsFrame(1, [{ shard, operations: kind % 2 === 0 ? [set] : [set, ...gets] }])
    // The header is right, the operations are not.
    if (this.#random.nextBelow(6) === 0) frame.fill(0xff, 33)
    return frame
  }
}
