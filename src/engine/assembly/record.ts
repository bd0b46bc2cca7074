// A record: header, [expiry], key, value, at any multiple of four bytes. Its block is exactly as long as it needs,
// so the heap learns the length of a block in use from the record in it.
//
//   0   version   u64
//   8   word      u32   heap and record flags (8 bits) | value bytes (24 bits)
//   12  keyBytes  u16
//   14  [expiry, 6 bytes of absolute ms, when RECORD_EXPIRES is set]   key   value

import { BLOCK_FREE, BLOCK_INDEX, BLOCK_PREVIOUS_FREE } from './block.ts'

/** Bytes before the key of a record without expiry. */
const RECORD_HEADER_BYTES: u32 = 14

/** Bytes that an expiry adds. */
export const RECORD_EXPIRY_BYTES: u32 = 6

/** In `word`: the record has an expiry. Bits 4 to 7 are for eviction policies. */
export const RECORD_EXPIRES: u32 = 1 << 3

@unmanaged
export class Record {
  version: u64
  word: u32
  keyBytes: u16

  @inline
  get valueBytes(): u32 {
    return this.word >> 8
  }

  /** Address of the key. */
  @inline
  get key(): usize {
    const expiryBytes: usize = this.word & RECORD_EXPIRES ? <usize>RECORD_EXPIRY_BYTES : <usize>0
    return changetype<usize>(this) + RECORD_HEADER_BYTES + expiryBytes
  }

  /** Address of the value. */
  @inline
  get value(): usize {
    return this.key + this.keyBytes
  }

  /** Sets key and value lengths of a fresh block; keeps what the heap knows about the block before it. */
  @inline
  describe(version: u64, keyBytes: u32, valueBytes: u32): void {
    this.version = version
    this.keyBytes = <u16>keyBytes
    this.resize(valueBytes)
  }

  /** Changes the value's length. The block's length must stay what it is. */
  @inline
  resize(valueBytes: u32): void {
    this.word = (this.word & (BLOCK_PREVIOUS_FREE | RECORD_EXPIRES)) | (valueBytes << 8)
  }

  /** Whether the block at this address holds a record: for walks over the heap, never proof for an offset. */
  @inline
  get isRecord(): bool {
    return (this.word & (BLOCK_FREE | BLOCK_INDEX)) == 0
  }
}

/** Bytes of the block of a record without expiry. */
@inline
export function recordBlockBytes(keyBytes: u32, valueBytes: u32): u32 {
  return (RECORD_HEADER_BYTES + keyBytes + valueBytes + 3) & ~3
}
