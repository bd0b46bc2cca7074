// A record: header, [expiry], key, value, at any multiple of four bytes. Its block is exactly as long as it needs,
// so the heap learns the length of a block in use from the record in it.
//
//   0   version   u64
//   8   word      u32   heap and record flags (8 bits) | value bytes (24 bits)
//   12  keyBytes  u16
//   14  [expiry, 6 bytes of absolute ms, when RECORD_EXPIRES is set]   key   value

import { BLOCK_PREVIOUS_FREE } from './block.ts'
import { now } from './time.ts'

/** Bytes before the key of a record without expiry. */
export const RECORD_HEADER_BYTES: u32 = 14

/** Bytes that an expiry adds. */
export const RECORD_EXPIRY_BYTES: u32 = 6

// In `word`, beside the flags of any block.

/** The record has an expiry. */
export const RECORD_EXPIRES: u32 = 1 << 3
/** How often the record was used since eviction last looked at it, up to three: two bits. */
const RECORD_USE_ONE: u32 = 1 << 4
const RECORD_USE_MASK: u32 = 3 << 4
/** The record is new to the cache and has to be used before it may stay. */
export const RECORD_PROBATION: u32 = 1 << 6

const RECORD_FLAGS: u32 = RECORD_EXPIRES | RECORD_USE_MASK | RECORD_PROBATION

@unmanaged
export class Record {
  version: u64
  word: u32
  keyBytes: u16

  @inline
  get valueBytes(): u32 {
    return this.word >> 8
  }

  @inline
  get expiryBytes(): u32 {
    return this.word & RECORD_EXPIRES ? RECORD_EXPIRY_BYTES : 0
  }

  /** Absolute ms, 0 for none. */
  @inline
  get expiry(): u64 {
    if (!(this.word & RECORD_EXPIRES)) return 0
    const at = changetype<usize>(this)
    return <u64>load<u32>(at, RECORD_HEADER_BYTES) | ((<u64>load<u16>(at, RECORD_HEADER_BYTES + 4)) << 32)
  }

  /** Overwrites the expiry that the record has. */
  @inline
  set expiry(ms: u64) {
    assert(this.word & RECORD_EXPIRES, 'there is room for an expiry')
    const at = changetype<usize>(this)
    store<u32>(at, <u32>ms, RECORD_HEADER_BYTES)
    store<u16>(at, <u16>(ms >> 32), RECORD_HEADER_BYTES + 4)
  }

  /** Whether the record is absent by now, though it is still here. */
  @inline
  get isExpired(): bool {
    return (this.word & RECORD_EXPIRES) != 0 && this.expiry <= now
  }

  /** Address of the key. */
  @inline
  get key(): usize {
    return changetype<usize>(this) + RECORD_HEADER_BYTES + this.expiryBytes
  }

  /** Address of the value. */
  @inline
  get value(): usize {
    return this.key + this.keyBytes
  }

  /** Bytes of its block. */
  @inline
  get blockBytes(): u32 {
    return recordBlockBytes(this.expiryBytes + this.keyBytes, this.valueBytes)
  }

  /** Uses since eviction last looked, 0 to 3. */
  @inline
  get uses(): u32 {
    return (this.word & RECORD_USE_MASK) / RECORD_USE_ONE
  }

  @inline
  noteUse(): void {
    const word = this.word
    if ((word & RECORD_USE_MASK) != RECORD_USE_MASK) this.word = word + RECORD_USE_ONE
  }

  @inline
  forgetUse(): void {
    assert(this.uses > 0, 'there is a use to forget')
    this.word -= RECORD_USE_ONE
  }

  @inline
  get isOnProbation(): bool {
    return (this.word & RECORD_PROBATION) != 0
  }

  @inline
  endProbation(): void {
    this.word &= ~RECORD_PROBATION
  }

  /**
   * Sets the header of a fresh block; keeps what the heap knows about the block before it. `flags` are record flags.
   */
  @inline
  describe(version: u64, flags: u32, keyBytes: u32, valueBytes: u32): void {
    this.version = version
    this.keyBytes = <u16>keyBytes
    this.word = (this.word & BLOCK_PREVIOUS_FREE) | flags | (valueBytes << 8)
  }

  /** The record's own flags. */
  @inline
  get flags(): u32 {
    return this.word & RECORD_FLAGS
  }

  /** Changes the value's length. The block's length must stay what it is. */
  @inline
  resize(valueBytes: u32): void {
    this.word = (this.word & 0xff) | (valueBytes << 8)
  }
}

/** Bytes of the block of a record; `headBytes` are those of its expiry and key. */
@inline
export function recordBlockBytes(headBytes: u32, valueBytes: u32): u32 {
  return (RECORD_HEADER_BYTES + headBytes + valueBytes + 3) & ~3
}
