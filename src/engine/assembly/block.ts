// What every block of the heap, in use or free, has in common: a word at offset 8 whose lowest bits are flags.
//
//   free block:  0 next free   4 previous free   8 word = length | flags   ...   last 4 bytes: length
//
// Lengths are multiples of four, so the flags FREE and PREVIOUS_FREE fit below a length.

/** The block is free; the word's other bits are its length. */
export const BLOCK_FREE: u32 = 1 << 0
/** The block just before this one is free, and the four bytes before this one hold its length. */
export const BLOCK_PREVIOUS_FREE: u32 = 1 << 1
/** A block in use that belongs to the index, not a record; the upper 24 bits are its size code. */
export const BLOCK_INDEX: u32 = 1 << 2
/** With BLOCK_INDEX: an array of 2^code words of 64 bits (a directory, a piece of a queue), not a segment. */
export const BLOCK_ARRAY: u32 = 1 << 3

/** The shortest block: a free one's fields and its trailing length. */
export const BLOCK_BYTES_MIN: u32 = 16

@unmanaged
export class FreeBlock {
  next: usize
  previous: usize
  word: u32

  @inline
  get bytes(): u32 {
    return this.word & ~3
  }
}

/** The flag word of any block. */
@inline
export function blockWord(block: usize): u32 {
  return load<u32>(block, 8)
}

/** Sets the flag word of any block. */
@inline
export function setBlockWord(block: usize, word: u32): void {
  store<u32>(block, word, 8)
}
