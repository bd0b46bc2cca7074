// Two byte channels joined in memory: a connection without a socket, for embedding, tests and simulation.
//
// The writer's parts are copied when they are delivered, not when they are written, and released right after. So a
// writer that changes bytes before `released` breaks here too, as it would on a socket, and a paused reader holds the
// writer's memory as a full socket does.
//
// Nothing is called back from inside `write`, `end`, `destroy` or `resume`: every callback runs in a task given to
// `schedule`, and one task delivers only what was queued when it began, so two ends that answer each other forever
// still let the event loop turn.
//
//   invariants: queuedBytes is the sum of the queue's bytes; a write is in the queue until it is delivered or dropped,
//   and released exactly then; after `isClosed` nothing is delivered.

import { assert } from './assert.ts'
import type { ByteChannel, ByteChannelHandler } from './byte-channel.ts'
import { type Schedule, systemSchedule } from './schedule.ts'

const HIGH_WATER_BYTES = 256 * 1024

/** How a pair of memory channels behaves. */
export interface MemoryChannelOptions {
  /** Bytes held per direction before `write` returns false; `onDrain` follows when none is left. Default 256 KiB. */
  readonly highWaterBytes?: number
  /** Runs a task later, never at once, in the order given. Default `setImmediate`; a simulation passes its own. */
  readonly schedule?: Schedule
  /** What each end calls the other, for logs. */
  readonly peers?: readonly [string, string]
}

/**
 * Two connected channels: what one end writes, the other is handed. Ending one end delivers what it wrote, then closes
 * both; what was still on its way to it is dropped. Destroying one end drops everything; the other end's `onClose` gets
 * an error.
 */
export function memoryChannelPair(options: MemoryChannelOptions = {}): [ByteChannel, ByteChannel] {
  const { highWaterBytes = HIGH_WATER_BYTES, schedule = systemSchedule, peers = ['memory', 'memory'] } = options
  const left = new MemoryChannel(peers[0], highWaterBytes, schedule)
  const right = new MemoryChannel(peers[1], highWaterBytes, schedule)
  MemoryChannel.join(left, right)
  return [left, right]
}

interface Write {
  readonly parts: readonly Uint8Array[]
  readonly bytes: number
  readonly released: (() => void) | undefined
}

/** One end. Its queue holds what this end wrote and the other end was not handed yet. */
class MemoryChannel implements ByteChannel {
  readonly peer: string
  readonly #highWaterBytes: number
  readonly #schedule: Schedule
  #other: MemoryChannel = this
  #handler: ByteChannelHandler | undefined
  #queue: Write[] = []
  #queuedBytes = 0
  #isScheduled = false
  #isPaused = false
  #needsDrain = false
  #isEnding = false
  #isClosed = false
  #closeError: Error | undefined

  constructor(peer: string, highWaterBytes: number, schedule: Schedule) {
    this.peer = peer
    this.#highWaterBytes = highWaterBytes
    this.#schedule = schedule
  }

  static join(left: MemoryChannel, right: MemoryChannel): void {
    left.#other = right
    right.#other = left
  }

  open(handler: ByteChannelHandler): void {
    assert(this.#handler === undefined, 'a channel is opened once')
    this.#handler = handler
    if (this.#isClosed) this.#schedule(() => handler.onClose(this.#closeError))
    else this.#other.#wake()
  }

  write(parts: readonly Uint8Array[], released?: () => void): boolean {
    if (this.#isEnding || this.#isClosed) {
      if (released !== undefined) this.#schedule(released)
      return false
    }
    const bytes = sumOfBytes(parts)
    this.#queue.push({ parts, bytes, released })
    this.#queuedBytes += bytes
    this.#wake()
    if (this.#queuedBytes <= this.#highWaterBytes) return true
    this.#needsDrain = true
    return false
  }

  pause(): void {
    this.#isPaused = true
  }

  resume(): void {
    this.#isPaused = false
    this.#other.#wake()
  }

  end(): void {
    this.#isEnding = true
    this.#wake()
    this.#other.#wake()
  }

  destroy(error?: Error): void {
    if (this.#isClosed) return
    this.#close(error)
    this.#other.#close(new Error('the other end of the channel was destroyed'))
  }

  #wake(): void {
    if (this.#isScheduled || this.#isClosed) return
    this.#isScheduled = true
    this.#schedule(() => {
      this.#isScheduled = false
      this.#deliver()
    })
  }

  /** Hands the other end what is queued now, then sees to `onDrain` and `end`. Every callback may pause or destroy. */
  #deliver(): void {
    const reader = this.#other
    for (let left = this.#queue.length; left > 0 && reader.#isReading(); left--) {
      const write = this.#queue.shift()
      assert(write !== undefined, 'only delivery shortens the queue of an open channel')
      this.#queuedBytes -= write.bytes
      const chunk = joined(write)
      write.released?.()
      if (write.bytes > 0 && !reader.#isEnding) reader.#handler?.onBytes(chunk)
    }
    if (this.#queue.length > 0 || this.#isClosed) return
    assert(this.#queuedBytes === 0, 'an empty queue holds no bytes')
    if (this.#isEnding) {
      if (!reader.#isReading()) return
      this.#close(undefined)
      reader.#close(undefined)
    } else if (this.#needsDrain) {
      this.#needsDrain = false
      this.#handler?.onDrain()
    }
  }

  /** Whether delivery may go on: an end that called `end` takes everything, to drop it, even while paused. */
  #isReading(): boolean {
    return !this.#isClosed && (this.#isEnding || (this.#handler !== undefined && !this.#isPaused))
  }

  #close(error: Error | undefined): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#closeError = error
    const dropped = this.#queue
    this.#queue = []
    this.#queuedBytes = 0
    this.#schedule(() => {
      for (const write of dropped) write.released?.()
    })
    const handler = this.#handler
    if (handler !== undefined) this.#schedule(() => handler.onClose(error))
  }
}

function sumOfBytes(parts: readonly Uint8Array[]): number {
  let bytes = 0
  for (const part of parts) bytes += part.length
  return bytes
}

function joined(write: Write): Uint8Array {
  const chunk = new Uint8Array(write.bytes)
  let at = 0
  for (const part of write.parts) {
    chunk.set(part, at)
    at += part.length
  }
  return chunk
}
