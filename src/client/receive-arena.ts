// The memory that sockets receive into. One arena is filled from front to back, read after read, so consecutive
// chunks are neighbours and a reply that came in many chunks needs no copying together. A full arena is retired; it is
// filled again only when nobody can see it any more:
//
//   arena   [ replies held by results | replies read and forgotten | unread | free ]
//
//   - the reader has read past its end (`readUpTo`), and
//   - as many `release` as `hold` calls came for it.
//
// A fresh arena costs page faults and zeros, 15 to 25 ns for each value of 128 bytes; a recycled one costs nothing.
// Results that are never released just keep their arena until the garbage collector takes both: nothing here refers
// to a retired arena once it is read.

import { assert } from '../util/assert.ts'
import type { MemoryReuse } from './transport.ts'

/** Bytes of an arena: some large replies fit, so that few of them cross into the next arena and are copied. */
export const ARENA_BYTES = 4 * 1024 * 1024

/** Most bytes of one read. */
const READ_BYTES_MAX = 1024 * 1024

/** An arena with less room is retired: small reads cost more than the copy of a reply that crosses the border. */
const READ_BYTES_MIN = 64 * 1024

/** Arenas that wait to be filled again. */
const FREE_ARENAS_MAX = 8

/** Arenas that nobody reads, shared by the connections of one transport. */
export class ArenaPool {
  readonly #free: Uint8Array[] = []

  /** Arenas that wait. */
  get freeCount(): number {
    return this.#free.length
  }

  /** Memory to fill, with unspecified contents. */
  take(): Uint8Array {
    return this.#free.pop() ?? new Uint8Array(ARENA_BYTES)
  }

  /** Takes memory back that nobody can see. */
  give(memory: Uint8Array): void {
    if (this.#free.length < FREE_ARENAS_MAX) this.#free.push(memory)
  }
}

interface Arena {
  readonly memory: Uint8Array
  /** Bytes filled. */
  used: number
  /** Position in the stream behind its last byte; known once it is retired. */
  streamEnd: number
  isRead: boolean
  holds: number
}

/** The receive memory of one connection. */
export class ReceiveMemory implements MemoryReuse {
  readonly #pool: ArenaPool
  /** By its buffer, for as long as anybody has a view of that. */
  readonly #arenas = new WeakMap<ArrayBufferLike, Arena>()
  #current: Arena
  /** Retired and not read to their end; oldest first. */
  #retired: Arena[] = []
  #deliveredBytes = 0

  constructor(pool: ArenaPool) {
    this.#pool = pool
    this.#current = this.#takeArena()
  }

  /** Room for the next read. */
  room(): Uint8Array {
    if (ARENA_BYTES - this.#current.used < READ_BYTES_MIN) this.#retire()
    const { memory, used } = this.#current
    return memory.subarray(used, Math.min(used + READ_BYTES_MAX, ARENA_BYTES))
  }

  /** The first `bytes` of the room were filled: they are the chunk to deliver. */
  filled(bytes: number): Uint8Array {
    const arena = this.#current
    assert(bytes <= ARENA_BYTES - arena.used, 'a read stays in its room')
    const chunk = arena.memory.subarray(arena.used, arena.used + bytes)
    arena.used += bytes
    this.#deliveredBytes += bytes
    return chunk
  }

  hold(bytes: Uint8Array): void {
    const arena = this.#arenas.get(bytes.buffer)
    if (arena !== undefined) arena.holds += 1
  }

  release(bytes: Uint8Array): void {
    const arena = this.#arenas.get(bytes.buffer)
    if (arena === undefined) return
    assert(arena.holds > 0, 'every release ends a hold')
    arena.holds -= 1
    this.#recycleIfUnseen(arena)
  }

  readUpTo(unreadBytes: number): void {
    const readPosition = this.#deliveredBytes - unreadBytes
    while (this.#retired.length > 0) {
      const oldest = this.#retired[0]
      if (oldest === undefined || oldest.streamEnd > readPosition) return
      this.#retired.shift()
      oldest.isRead = true
      this.#recycleIfUnseen(oldest)
    }
  }

  #retire(): void {
    this.#current.streamEnd = this.#deliveredBytes
    this.#retired.push(this.#current)
    this.#current = this.#takeArena()
  }

  #takeArena(): Arena {
    const memory = this.#pool.take()
    const arena: Arena = { memory, used: 0, streamEnd: 0, isRead: false, holds: 0 }
    this.#arenas.set(memory.buffer, arena)
    return arena
  }

  #recycleIfUnseen(arena: Arena): void {
    if (!arena.isRead || arena.holds > 0) return
    this.#arenas.delete(arena.memory.buffer)
    this.#pool.give(arena.memory)
  }
}
