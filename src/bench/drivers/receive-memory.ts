// The memory that a driver's connection receives into. Arenas are filled from front to back, read after read, so that the
// chunks of one block are neighbours and hardly a value is copied. A full arena is filled again when nobody looks at it:
// no results hold it, and the decoder has gone over to the next one.
//
// Fresh memory for every read would cost page faults and zeros, 15 to 25 ns for each value of 128 bytes: that would be
// counted as the client's CPU of whatever is measured.

import { assert } from '../../util/assert.ts'

/** Bytes of an arena: the replies of many blocks. */
export const ARENA_BYTES = 4 * 1024 * 1024

/** Most bytes of one read. */
const READ_BYTES_MAX = 1024 * 1024

/** An arena with less room is retired. */
const READ_BYTES_MIN = 64 * 1024

/** Arenas that wait to be filled again. */
const FREE_ARENAS_MAX = 8

interface Arena {
  readonly memory: Uint8Array
  holds: number
  /** Whether it is full and the decoder has gone over to the next one. */
  isRead: boolean
}

/** Receive memory of one connection. */
export class ReceiveMemory {
  readonly #free: Uint8Array[] = []
  /** Those in use, by their buffer. */
  readonly #arenas = new Map<ArrayBufferLike, Arena>()
  #current: Arena
  #usedBytes = 0
  /** Full, but the decoder may still hold the beginning of a reply in them. */
  #retired: Arena[] = []

  constructor() {
    this.#current = this.#takeArena()
  }

  /** Arenas that somebody may look at. */
  get arenaCount(): number {
    return this.#arenas.size
  }

  /** Room for the next read. */
  room(): Uint8Array {
    if (ARENA_BYTES - this.#usedBytes < READ_BYTES_MIN) {
      this.#retired.push(this.#current)
      this.#current = this.#takeArena()
      this.#usedBytes = 0
    }
    return this.#current.memory.subarray(this.#usedBytes, Math.min(this.#usedBytes + READ_BYTES_MAX, ARENA_BYTES))
  }

  /** The first `bytes` of the room were filled: they are the chunk to decode. */
  filled(bytes: number): Uint8Array {
    assert(bytes <= ARENA_BYTES - this.#usedBytes, 'a read stays in its room')
    const chunk = this.#current.memory.subarray(this.#usedBytes, this.#usedBytes + bytes)
    this.#usedBytes += bytes
    return chunk
  }

  /** The decoder has read what it can of all that was filled: it needs no earlier arena than that of the last chunk. */
  drained(): void {
    if (this.#retired.length === 0) return
    const retired = this.#retired
    this.#retired = []
    for (const arena of retired) {
      arena.isRead = true
      this.#recycleIfUnseen(arena)
    }
  }

  /** Results point into the array; nothing happens when it is not one of these. */
  hold(bytes: Uint8Array): void {
    const arena = this.#arenas.get(bytes.buffer)
    if (arena !== undefined) arena.holds += 1
  }

  /** Ends one `hold`. */
  release(bytes: Uint8Array): void {
    const arena = this.#arenas.get(bytes.buffer)
    if (arena === undefined) return
    assert(arena.holds > 0, 'every release ends a hold')
    arena.holds -= 1
    this.#recycleIfUnseen(arena)
  }

  #recycleIfUnseen(arena: Arena): void {
    if (!arena.isRead || arena.holds > 0) return
    this.#arenas.delete(arena.memory.buffer)
    if (this.#free.length < FREE_ARENAS_MAX) this.#free.push(arena.memory)
  }

  #takeArena(): Arena {
    const memory = this.#free.pop() ?? new Uint8Array(ARENA_BYTES)
    const arena: Arena = { memory, holds: 0, isRead: false }
    this.#arenas.set(memory.buffer, arena)
    return arena
  }
}
