// The host's side of one shard's storage: a synchronous object around one WebAssembly instance and its memory.
//
// A section is executed in two steps: `stage` copies its operations into the engine and checks them all; `execute` runs
// them and writes the results into a reply slab, going on with `resume` while slabs or the buffer of effects fill up.
// Nothing else may happen to the engine between a section's `execute` and its last `resume`.
//
// The memory is shared, so that its growth does not detach the slabs a socket is still sending from. All views that
// this object hands out lie below the heap and stay valid for its life.

import { EXPIRY_MS_MAX, FRAME_BYTES_MAX, FRAME_OPS_MAX } from '../protocol/limits.ts'
import { assert } from '../util/assert.ts'
import { SluiceError } from '../util/errors.ts'
import { APPLY_EFFECTS_FULL, APPLY_MALFORMED, APPLY_NO_MEMORY } from './assembly/outcomes.ts'
import { type EngineStats, readStats } from './engine-stats.ts'
import { type EngineExports, instantiate, PAGES_MAX } from './instance.ts'
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
  'a bucket is looked at too late for a record that expires',
  'a record is left in a slot that is not owned',
] as const

/** Changes of an engine, in order, as one piece of the stream that `applyEffects` takes. */
export interface Effects {
  /** Effect records, one behind the other, in the engine's memory: valid until the engine executes again. */
  readonly bytes: Uint8Array
  readonly count: number
  /** Position of the first one in the stream: effects are numbered from 0 without gaps. */
  readonly firstPosition: number
}

// Where `assembly/call.ts` has the fields that are not counters.
const EXPIRING_AT = 32
const CLEARED_AT = 36
const EFFECT_BYTES_AT = 40
const APPLIED_BYTES_AT = 48
const DISCARDING_AT = 60

/** Bytes of an operation in the list of `assembly/request.ts`; its address is the first four. */
const LISTED_BYTES = 8

/** One shard's storage. Owned by one thread. Made by `createEngine`. */
export class Engine {
  readonly #exports: EngineExports
  readonly #memory: WasmMemory
  /** Everything below the heap. */
  readonly #bytes: Uint8Array
  readonly #call: DataView
  /** Where the list of staged operations begins, counted from `#call`. */
  readonly #listAt: number
  readonly #requestAt: number
  readonly #effectsAt: number
  readonly #slabsAt: number
  readonly #slabStride: number
  /** As `lostSlots` says, but for what is not discarded any more. */
  readonly #lostSlots = new Uint8Array(SLOT_BITMAP_BYTES)
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
  /** Bytes of the value that `getSingle` found. */
  valueBytes = 0

  constructor(options: EngineOptions) {
    const valid = validateEngineOptions(options)
    const { exports, memory, effectsStart, heapStart } = instantiate(valid)
    this.#exports = exports
    this.#memory = memory
    this.#bytes = new Uint8Array(memory.buffer, 0, heapStart)
    this.#call = new DataView(memory.buffer, exports.CALL_AT.value)
    this.#listAt = exports.LIST_AT.value - exports.CALL_AT.value
    this.#requestAt = exports.REQUEST_AT.value
    this.#effectsAt = effectsStart
    this.#slabsAt = exports.SLABS_AT.value
    this.#slabStride = exports.SLAB_BYTES.value
    this.slabBytes = this.#slabStride - exports.SLAB_TAIL_BYTES.value
    this.slabCount = valid.replySlabsMax
    this.#bytes.set(valid.secret, this.#requestAt)
    this.setOwnedSlots(valid.ownedSlots)
    const pagesMax = Math.floor(valid.memoryBytesMax / 65_536) + heapStart / 65_536
    const { effectsBytesMax, versionStart, policy, repeats } = valid
    if (pagesMax > PAGES_MAX)
      throw new SluiceError('INVALID_ARGUMENT', 'memoryBytesMax and the buffers pass 4 GiB together')
    const opened = exports.open(
      effectsStart,
      effectsBytesMax,
      heapStart,
      pagesMax,
      versionStart,
      policy,
      repeats ? 1 : 0,
    )
    assert(opened === 1, 'the smallest memory holds an empty table')
    // The secret is not left where a later request's bytes are.
    this.#bytes.fill(0, this.#requestAt, this.#requestAt + valid.secret.length)
  }

  /**
   * Replaces the slots that are owned: bit `slot & 7` of byte `slot >> 3`. Records are created in owned slots only.
   *
   * Those that lie in a slot taken away are unowned from here on: no scan and no random key shows them, and they are
   * to be removed by `discardUnowned` or `maintain`. Operations on a key do not ask for its slot where there is a
   * record: the caller has refused those for other slots. Nor may a slot be owned again while it is one of the
   * `lostSlots`, which is asserted: its old records would come back.
   */
  setOwnedSlots(bitmap: Uint8Array): void {
    assert(bitmap.length === SLOT_BITMAP_BYTES, 'the bitmap has a bit for each slot')
    const slotsAt = this.#exports.SLOTS_AT.value
    const owned = this.#bytes.subarray(slotsAt, slotsAt + SLOT_BITMAP_BYTES)
    const lostSlots = this.lostSlots
    const isReturning = lostSlots.some((lost, at) => (lost & (bitmap[at] ?? 0)) !== 0)
    assert(!isReturning, 'a slot is owned again only when its records are gone')
    let losesAny = false
    for (const [at, before] of owned.entries()) {
      const lost = before & ~(bitmap[at] ?? 0)
      lostSlots[at] = (lostSlots[at] ?? 0) | lost
      if (lost !== 0) losesAny = true
    }
    owned.set(bitmap)
    if (losesAny) this.#exports.beginDiscard()
  }

  /**
   * Looks at `buckets` buckets of the index, or fewer where they hold long keys, and removes the unowned records that
   * it finds; an effect says so for each. Returns true, and costs nothing, when none can be left. Returns false
   * early when the buffer of effects is full. Bounded work: each record of these buckets is looked at.
   */
  discardUnowned(buckets: number): boolean {
    return this.#exports.discardUnowned(buckets) !== 0
  }

  /** Whether records in slots that were taken away may be left. */
  get isDiscarding(): boolean {
    return this.#call.getUint32(DISCARDING_AT, true) !== 0
  }

  /**
   * Slots that were taken away and whose records may not all be gone, as `setOwnedSlots` takes slots; none when nothing
   * is being discarded. Changes with the next call.
   */
  get lostSlots(): Uint8Array {
    if (!this.isDiscarding) this.#lostSlots.fill(0)
    return this.#lostSlots
  }

  /** Makes every later version larger than `version`: for slots that come from an engine that gave it out. */
  raiseVersion(version: bigint): void {
    this.#exports.raiseVersion(version)
  }

  /** The bytes [start, end) of a slab, in the memory that the engine writes. */
  slabView(slab: number, start: number, end: number): Uint8Array {
    assert(slab >= 0 && slab < this.slabCount && start <= end && end <= this.slabBytes, 'a range of a slab')
    const at = this.#slabsAt + slab * this.#slabStride
    return this.#bytes.subarray(at + start, at + end)
  }

  /**
   * Copies a section's operations, FRAME_OPS_MAX at most, in and checks all of them; executes nothing. Returns CHECK_*.
   */
  stage(operations: Uint8Array, operationCount: number): number {
    assert(operations.length <= FRAME_BYTES_MAX, 'a section fits its frame')
    this.#bytes.set(operations, this.#requestAt)
    return this.stageWritten(operations.length, operationCount)
  }

  /** Where a caller may write a section's operations itself, instead of having them copied. */
  get request(): Uint8Array {
    return this.#bytes.subarray(this.#requestAt, this.#requestAt + FRAME_BYTES_MAX)
  }

  /** As `stage`, for the first `bytes` of `request`. */
  stageWritten(bytes: number, operationCount: number): number {
    assert(operationCount <= FRAME_OPS_MAX, 'a section has the operations of one frame')
    return this.#exports.checkOperations(bytes, operationCount)
  }

  /**
   * Where in `request` the operation of that number begins, of the section that was staged last; also after it was
   * executed. O(1): the engine lists them for itself.
   */
  stagedAt(index: number): number {
    return this.#call.getUint32(this.#listAt + index * LISTED_BYTES, true) - this.#requestAt
  }

  /**
   * Executes what was staged, at time `nowMs`, with results from `position` of `slab` on. Returns EXECUTED, SLAB_FULL,
   * STOPPED, WRONG_SLOT or EFFECTS_FULL.
   */
  execute(operationCount: number, nowMs: number, slab: number, position: number): number {
    assert(operationCount <= FRAME_OPS_MAX, 'a section has the operations of one frame')
    const at = this.#slabsAt + slab * this.#slabStride
    const time = this.#time(nowMs)
    return this.#report(at, this.#exports.execute(operationCount, time, at + position, at + this.slabBytes))
  }

  /**
   * Goes on after SLAB_FULL with results from `position` of a fresh slab on, after EFFECTS_FULL in the same slab where
   * the results ended. Returns as `execute`.
   */
  resume(slab: number, position: number): number {
    const at = this.#slabsAt + slab * this.#slabStride
    return this.#report(at, this.#exports.resume(at + position, at + this.slabBytes))
  }

  /**
   * A get without a section: of the key in the first `keyBytes` bytes of `request`, from 1 to KEY_BYTES_MAX. Returns
   * where the value lies, `valueBytes` long, to be read from `memory` before the engine is used again; 0 when there is
   * none.
   */
  getSingle(keyBytes: number, nowMs: number): number {
    const at = this.#exports.getSingle(keyBytes, this.#time(nowMs)) >>> 0
    this.valueBytes = this.#call.getUint32(4, true)
    return at
  }

  /** Whether time matters to a read: some record has an expiry. */
  get hasExpiring(): boolean {
    return this.#call.getUint32(EXPIRING_AT, true) !== 0
  }

  /**
   * Whether `maintain` may find something to give back: some record has an expiry, is unowned, or was cleared a moment
   * ago.
   */
  get needsMaintenance(): boolean {
    return this.hasExpiring || this.isDiscarding || this.#call.getUint32(CLEARED_AT, true) !== 0
  }

  /**
   * Looks at `buckets` buckets of the index for expired records, discards unowned ones in as many or fewer, and gives
   * a part of what was cleared back: for times in which nothing is executed. Bounded work, some microseconds for a
   * thousand buckets in which nothing is due and nothing unowned.
   */
  maintain(nowMs: number, buckets: number): void {
    this.#exports.maintain(this.#time(nowMs), buckets)
  }

  /** The effects that were emitted since `clearEffects`; none unless the engine was opened with `effects`. */
  effects(): Effects {
    const bytes = this.#call.getUint32(EFFECT_BYTES_AT, true)
    const count = this.#call.getUint32(EFFECT_BYTES_AT + 4, true)
    return {
      bytes: this.#bytes.subarray(this.#effectsAt, this.#effectsAt + bytes),
      count,
      firstPosition: this.stats().effectPosition - count,
    }
  }

  /** Makes room for further effects: the caller has those before. Due when `execute` returns EFFECTS_FULL. */
  clearEffects(): void {
    this.#exports.clearEffects()
  }

  /**
   * Makes the changes of another engine here, which must have made all changes before them; whole effects, at most
   * FRAME_BYTES_MAX of them. Returns how many bytes of them were applied: not all when this engine's own buffer of
   * effects is full, which the caller empties before it goes on. Throws SluiceError PROTOCOL when the bytes are not
   * effects that follow, NO_MEMORY when memory is exhausted; the effects before the one that failed are applied then.
   */
  applyEffects(effects: Uint8Array, nowMs: number): number {
    let rest = effects
    while (rest.length > 0) {
      assert(rest.length <= FRAME_BYTES_MAX, 'the effects fit the request')
      this.#bytes.set(rest, this.#requestAt)
      const result = this.#exports.applyEffects(rest.length, this.#time(nowMs))
      rest = rest.subarray(this.#call.getUint32(APPLIED_BYTES_AT, true))
      if (result === APPLY_NO_MEMORY) throw new SluiceError('NO_MEMORY', 'no memory for the effects of another engine')
      if (result === APPLY_MALFORMED) throw new SluiceError('PROTOCOL', 'the bytes are not the effects that follow')
      if (result === APPLY_EFFECTS_FULL) break
    }
    return effects.length - rest.length
  }

  /**
   * A number that is equal for engines that hold equal records: keys, values, versions and expiries. Takes time in
   * proportion to the table. Not for secrets.
   */
  digest(): bigint {
    return BigInt.asUintN(64, this.#exports.digest())
  }

  /** Counters and sizes. */
  stats(): EngineStats {
    return readStats(this.#call, this.#memory.buffer.byteLength)
  }

  /**
   * Walks the whole table and throws an AssertionError that names the first broken invariant. Takes time in proportion
   * to the table.
   */
  checkInvariants(): void {
    const broken = this.#exports.checkInvariants()
    assert(broken === 0, `engine invariant broken: ${BROKEN_INVARIANTS[broken] ?? broken}`)
  }

  /**
   * How many buckets beyond its home the farthest entry stands: the length of the longest search. Walks the whole
   * table.
   */
  farthestEntry(): number {
    return this.#exports.farthestEntry()
  }

  /** All of memory as it is now. Growth gives another buffer over the same bytes, which stay where they are. */
  get memory(): SharedArrayBuffer {
    return this.#memory.buffer
  }

  /** Time as the engine takes it: it never goes back. */
  #time(nowMs: number): number {
    assert(nowMs <= EXPIRY_MS_MAX, 'the time is a number of milliseconds')
    if (nowMs > this.#nowMs) this.#nowMs = nowMs
    return this.#nowMs
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
