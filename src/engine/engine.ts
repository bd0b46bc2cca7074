// The host's side of one shard's storage: a synchronous object around one WebAssembly instance and its memory.
//
// A frame is executed in three steps: `begin` gives it its budgets; `stage` copies one section's operations into the
// engine and checks them all; `execute` runs them and writes the results into a reply slab, going on with `resume`
// while slabs fill up. Nothing else may happen to the engine between a section's `execute` and its last `resume`.
//
// The memory is shared, so that its growth does not detach the slabs a socket is still sending from. All views that
// this object hands out lie below the heap and stay valid for its life.

import { FRAME_BYTES_MAX } from '../protocol/limits.ts'
import { assert } from '../util/assert.ts'
import { type EngineStats, readStats } from './engine-stats.ts'
import { type EngineExports, instantiate } from './instance.ts'
import { type EngineOptions, SLOT_BITMAP_BYTES, validateEngineOptions } from './options.ts'
import type { WasmMemory } from './web-assembly.ts'

/** Words for the numbers that the walk over all invariants returns. */
const BROKEN_INVARIANTS = [
  'none',
  'a block has an impossible length',
  'two free blocks are neighbours',
  'the marks of a free block do not match',
  'a record cannot be found under its key',
  'the totals do not match the records',
  'the free lists do not match the free blocks',
  'the directory does not match its segments',
  'a tag does not match its key',
  'a count of passed entries is wrong',
  'a count of entries is wrong',
] as const

/** One shard's storage. Owned by one thread. Made by `createEngine`. */
export class Engine {
  readonly #exports: EngineExports
  readonly #memory: WasmMemory
  /** Everything below the heap. */
  readonly #bytes: Uint8Array
  readonly #call: DataView
  readonly #requestAt: number
  readonly #slabsAt: number
  readonly #slabStride: number
  /** Bytes that one reply slab can hold. */
  readonly slabBytes: number
  /** Reply slabs of this engine, numbered from 0. */
  readonly slabCount: number
  /** Largest time seen, ms since 1970: time never runs backwards for a shard. */
  #nowMs = 0
  /** Operations of the current section that were executed. */
  resultCount = 0
  /** End of the bytes written to the current slab. */
  position = 0

  constructor(options: EngineOptions) {
    const valid = validateEngineOptions(options)
    const { exports, memory, heapStart } = instantiate(valid)
    this.#exports = exports
    this.#memory = memory
    this.#bytes = new Uint8Array(memory.buffer, 0, heapStart)
    this.#call = new DataView(memory.buffer, exports.CALL_AT.value)
    this.#requestAt = exports.REQUEST_AT.value
    this.#slabsAt = exports.SLABS_AT.value
    this.#slabStride = exports.SLAB_BYTES.value
    this.slabBytes = this.#slabStride - exports.SLAB_TAIL_BYTES.value
    this.slabCount = valid.replySlabsMax
    this.#bytes.set(valid.secret, this.#requestAt)
    this.setOwnedSlots(valid.ownedSlots)
    const pagesMax = Math.floor(valid.memoryBytesMax / 65_536) + heapStart / 65_536
    const opened = exports.open(heapStart, Math.min(pagesMax, 65_535), valid.versionStart, valid.repeats ? 1 : 0)
    assert(opened === 1, 'the smallest memory holds an empty table')
    // The secret is not left where a later request's bytes are.
    this.#bytes.fill(0, this.#requestAt, this.#requestAt + valid.secret.length)
  }

  /** Replaces the slots whose records may be created here: bit `slot & 7` of byte `slot >> 3`. */
  setOwnedSlots(bitmap: Uint8Array): void {
    assert(bitmap.length === SLOT_BITMAP_BYTES, 'the bitmap has a bit for each slot')
    this.#bytes.set(bitmap, this.#exports.SLOTS_AT.value)
  }

  /** The bytes [start, end) of a slab, in the memory that the engine writes. */
  slabView(slab: number, start: number, end: number): Uint8Array {
    assert(slab >= 0 && slab < this.slabCount && start <= end && end <= this.slabBytes, 'a range of a slab')
    const at = this.#slabsAt + slab * this.#slabStride
    return this.#bytes.subarray(at + start, at + end)
  }

  /** Starts a frame: gives it its budgets of work and reply bytes. */
  begin(): void {
    this.#exports.beginFrame()
  }

  /** Copies a section's operations in and checks all of them; executes nothing. Returns CHECK_*. */
  stage(operations: Uint8Array, operationCount: number): number {
    assert(operations.length <= FRAME_BYTES_MAX, 'a section fits its frame')
    this.#bytes.set(operations, this.#requestAt)
    return this.#exports.checkOperations(operations.length, operationCount)
  }

  /** Executes what was staged, at time `nowMs`, with results from `position` of `slab` on. Returns EXECUTED, SLAB_FULL, STOPPED or WRONG_SLOT. */
  execute(operationCount: number, nowMs: number, slab: number, position: number): number {
    if (nowMs > this.#nowMs) this.#nowMs = nowMs
    const at = this.#slabsAt + slab * this.#slabStride
    return this.#report(at, this.#exports.execute(operationCount, at + position, at + this.slabBytes))
  }

  /** Goes on after SLAB_FULL, with results from `position` of a fresh slab on. Returns as `execute`. */
  resume(slab: number, position: number): number {
    const at = this.#slabsAt + slab * this.#slabStride
    return this.#report(at, this.#exports.resume(at + position, at + this.slabBytes))
  }

  /** Counters and sizes. */
  stats(): EngineStats {
    return readStats(this.#call, this.#memory.buffer.byteLength)
  }

  /** Walks the whole table and throws an AssertionError that names the first broken invariant. Takes time in proportion to the table. */
  checkInvariants(): void {
    const broken = this.#exports.checkInvariants()
    assert(broken === 0, `engine invariant broken: ${BROKEN_INVARIANTS[broken] ?? broken}`)
  }

  /** How many buckets beyond its home the farthest entry stands: the length of the longest search. Walks the whole table. */
  farthestEntry(): number {
    return this.#exports.farthestEntry()
  }

  #report(slabAt: number, outcome: number): number {
    this.resultCount = this.#call.getUint32(0, true)
    this.position = this.#call.getUint32(4, true) - slabAt
    return outcome
  }
}

/** Opens an empty engine. Throws SluiceError INVALID_ARGUMENT. */
export function createEngine(options: EngineOptions): Engine {
  return new Engine(options)
}
