// The heap: two-level segregated fit (Masmano et al., "TLSF: a new dynamic memory allocator for real-time systems",
// 2004). Free blocks hang in lists by size class; two levels of bitmaps find the next class that has one. Taking and
// giving back are O(1), and a block given back merges with free neighbours at once, so memory freed by one size
// serves any other.
//
//   lengths below 256      one class each length (multiples of four)
//   lengths from 2^n       32 classes, 2^(n-5) bytes apart
//
// Invariants: no two neighbouring blocks are both free; a block in use carries no length, its content implies it
// (`blockBytes`), so a remainder shorter than the shortest block is never left over. After the last block stands a
// word marked as in use.

import {
  BLOCK_ARRAY,
  BLOCK_BYTES_MIN,
  BLOCK_FREE,
  BLOCK_INDEX,
  BLOCK_PREVIOUS_FREE,
  blockWord,
  FreeBlock,
  setBlockWord,
} from './block.ts'
import { call } from './call.ts'
import { FREE_LISTS_AT, FREE_LISTS_BYTES, OVERRUN_BYTES } from './layout.ts'
import { Record } from './record.ts'

const LEVEL_COUNT: u32 = 26
const CLASSES_PER_LEVEL: u32 = 32
const LINEAR_BYTES: u32 = 128
const HEADS_AT: usize = FREE_LISTS_AT + 128

/** Bytes before the words of an array; the first two words of 32 bits are its owner's. */
export const ARRAY_HEADER_BYTES: u32 = 16

const PAGE_BYTES: u32 = 65_536
/** Memory grows by a 256th of the heap, within these bounds: little waste for a small one, few calls for a big one. */
const GROW_PAGES_MIN: u32 = 4
const GROW_PAGES_MAX: u32 = 64

/** Bytes kept after the last block: its end mark, and room for loads that run over. */
const HEAP_TAIL_BYTES: u32 = 16 + OVERRUN_BYTES

let levelBitmap: u32 = 0
let heapStart: usize = 0
let heapEnd: usize = 0
let pagesMax: u32 = 0

/** Rises with every block given back or replaced: an address remembered from before a change is only a hint. */
export let heapChanges: u32 = 0

/** The free block that the last block given back became part of. */
export let lastFreed: usize = 0

/** Bytes of the last block that could not be taken. */
export let failedBytes: u32 = 0

/** Whether memory has met its limit since the heap was opened or the table cleared. */
export let heapIsFull: bool = false

/** Takes all memory from `start` to the end of memory, which may grow to `memoryPagesMax`. */
export function openHeap(start: usize, memoryPagesMax: u32): void {
  assert(HEADS_AT + LEVEL_COUNT * CLASSES_PER_LEVEL * 4 <= FREE_LISTS_AT + FREE_LISTS_BYTES, 'the free lists fit')
  memory.fill(FREE_LISTS_AT, 0, FREE_LISTS_BYTES)
  levelBitmap = 0
  pagesMax = memoryPagesMax
  heapIsFull = false
  heapStart = (start + 63) & ~63
  heapEnd = heapStart
  setBlockWord(heapEnd, 0)
  extend(<usize>memory.size() * PAGE_BYTES - HEAP_TAIL_BYTES)
}

/** Notes that addresses from before are not to be trusted any more. */
@inline
export function noteHeapChange(): void {
  heapChanges++
}

/** Notes that so many bytes in one piece would have been needed, for several blocks together. */
export function noteFailed(bytes: u32): void {
  failedBytes = bytes
}

/** Notes that there is room again. */
export function forgetFullHeap(): void {
  heapIsFull = false
}

/** Bytes that the heap can have at the most. */
export function heapBytesMax(): u32 {
  return <u32>(<u64>pagesMax * PAGE_BYTES - HEAP_TAIL_BYTES - heapStart)
}

/** First address of the heap. */
export function firstBlock(): usize {
  return heapStart
}

/** Address of the end mark. */
export function endOfBlocks(): usize {
  return heapEnd
}

/** Length of the block at an address that is known to start one. */
export function blockBytes(block: usize): u32 {
  const word = blockWord(block)
  if (word & BLOCK_FREE) return word & ~3
  if (word & BLOCK_INDEX) return word & BLOCK_ARRAY ? arrayBlockBytes(word >> 8) : segmentBlockBytes(word >> 8)
  return changetype<Record>(block).blockBytes
}

/** Bytes of a block for an index segment: header, up to 60 bytes of alignment, buckets of 64. */
@inline
export function segmentBlockBytes(bucketCount: u32): u32 {
  return 16 + 60 + bucketCount * 64
}

/** Bytes of a block for an array of 2^bits words of 64 bits, which begin at ARRAY_HEADER_BYTES. */
@inline
export function arrayBlockBytes(bits: u32): u32 {
  return ARRAY_HEADER_BYTES + (8 << bits)
}

/**
 * Takes a block of exactly `bytes` (a multiple of four, at least BLOCK_BYTES_MIN), or returns 0. Its word holds
 * BLOCK_PREVIOUS_FREE or nothing.
 */
export function allocate(bytes: u32): usize {
  assert((bytes & 3) == 0 && bytes >= BLOCK_BYTES_MIN, 'a length that a block can have')
  let block = takeFitting(bytes)
  if (!block) {
    failedBytes = bytes
    if (!growMemory(bytes)) return 0
    block = takeFitting(bytes)
    if (!block) return 0
  }
  const free = changetype<FreeBlock>(block)
  const rest = free.bytes - bytes
  assert(rest == 0 || rest >= BLOCK_BYTES_MIN, 'the rest is a block')
  if (rest) {
    insertFree(block + bytes, rest)
  } else {
    const next = block + bytes
    setBlockWord(next, blockWord(next) & ~BLOCK_PREVIOUS_FREE)
  }
  // Two free blocks are never neighbours, so the one before is in use.
  free.word = 0
  call().heapUsedBytes += bytes
  return block
}

/** Gives a block back. Its content is gone at once. */
export function release(block: usize, bytes: u32): void {
  assert(bytes == blockBytes(block), 'the length is what the content implies')
  heapChanges++
  call().heapUsedBytes -= bytes
  merge(block, bytes)
}

/**
 * Makes [block, block + bytes) free and merges it with free neighbours. The block's word must hold its PREVIOUS_FREE
 * flag.
 */
function merge(block: usize, bytes: u32): void {
  if (blockWord(block) & BLOCK_PREVIOUS_FREE) {
    const previousBytes = load<u32>(block - 4)
    block -= previousBytes
    bytes += previousBytes
    removeFree(changetype<FreeBlock>(block))
  }
  const next = block + bytes
  if (next < heapEnd && blockWord(next) & BLOCK_FREE) {
    bytes += changetype<FreeBlock>(next).bytes
    removeFree(changetype<FreeBlock>(next))
  }
  insertFree(block, bytes)
  lastFreed = block
  const after = block + bytes
  setBlockWord(after, blockWord(after) | BLOCK_PREVIOUS_FREE)
}

/** Number of the class that holds free blocks of this length. */
function classOf(bytes: u32): u32 {
  if (bytes < LINEAR_BYTES) return bytes >> 2
  const exponent = 31 - clz(bytes)
  return ((exponent - 6) << 5) | ((bytes >> (exponent - 5)) & 31)
}

@inline
function head(index: u32): usize {
  return HEADS_AT + (<usize>index << 2)
}

/** Unlinks and returns a free block that leaves no rest shorter than a block, or 0. */
function takeFitting(bytes: u32): usize {
  const own = load<u32>(head(classOf(bytes)))
  if (own) {
    const ownBytes = changetype<FreeBlock>(own).bytes
    if (ownBytes == bytes || ownBytes >= bytes + BLOCK_BYTES_MIN) return take(own)
  }
  // Every block of the classes from here on is long enough: round up to the next class boundary.
  let wanted = bytes + BLOCK_BYTES_MIN
  if (wanted < bytes) return 0
  if (wanted >= LINEAR_BYTES) {
    const rounded = wanted + (1 << (26 - clz(wanted))) - 1
    if (rounded < wanted) return 0
    wanted = rounded
  }
  const index = classOf(wanted)
  let level = index >> 5
  let classes = load<u32>(FREE_LISTS_AT + (level << 2)) & (<u32>-1 << (index & 31))
  if (!classes) {
    const levels = levelBitmap & (<u32>-1 << 1 << level)
    if (!levels) return 0
    level = ctz(levels)
    classes = load<u32>(FREE_LISTS_AT + (level << 2))
  }
  return take(load<u32>(head((level << 5) | ctz(classes))))
}

@inline
function take(block: usize): usize {
  removeFree(changetype<FreeBlock>(block))
  return block
}

/** Links a free block and marks its end. */
function insertFree(block: usize, bytes: u32): void {
  const free = changetype<FreeBlock>(block)
  const index = classOf(bytes)
  const first = load<usize>(head(index))
  free.next = first
  free.previous = 0
  free.word = bytes | BLOCK_FREE
  store<u32>(block + bytes - 4, bytes)
  if (first) changetype<FreeBlock>(first).previous = block
  store<usize>(head(index), block)
  const level = index >> 5
  const classes = FREE_LISTS_AT + (level << 2)
  store<u32>(classes, load<u32>(classes) | (1 << (index & 31)))
  levelBitmap |= 1 << level
}

/** Unlinks a free block. */
function removeFree(free: FreeBlock): void {
  const next = free.next
  const previous = free.previous
  if (next) changetype<FreeBlock>(next).previous = previous
  if (previous) {
    changetype<FreeBlock>(previous).next = next
    return
  }
  const index = classOf(free.bytes)
  store<usize>(head(index), next)
  if (next) return
  const level = index >> 5
  const classes = FREE_LISTS_AT + (level << 2)
  const left = load<u32>(classes) & ~(1 << (index & 31))
  store<u32>(classes, left)
  if (!left) levelBitmap &= ~(1 << level)
}

/** Grows memory so that a block of `bytes` can be taken; false when the limit does not allow it. */
function growMemory(bytes: u32): bool {
  const size = <u32>memory.size()
  const room = pagesMax > size ? pagesMax - size : 0
  const needed = <u32>((<u64>bytes + BLOCK_BYTES_MIN + PAGE_BYTES - 1) / PAGE_BYTES) + 1
  // Good fit may ask for up to one class more than the length itself.
  const step = min(max(<u32>((heapEnd - heapStart) >> 24), GROW_PAGES_MIN), GROW_PAGES_MAX)
  const wanted = max(needed + (needed >> 4), step)
  const pages = min(wanted, room)
  if (pages < needed || memory.grow(pages) < 0) {
    // A long block may fail where shorter ones do not.
    if (room < GROW_PAGES_MIN) heapIsFull = true
    return false
  }
  extend(<usize>memory.size() * PAGE_BYTES - HEAP_TAIL_BYTES)
  return true
}

/** Moves the end mark up to `end` and makes the bytes before it a free block. */
function extend(end: usize): void {
  const block = heapEnd
  const bytes = <u32>(end - block)
  heapEnd = end
  setBlockWord(end, 0)
  merge(block, bytes)
  call().heapBytes = <u32>(heapEnd - heapStart)
}

/** A longest free block, or nearly: some block of the highest class that has one; 0 when there is none. */
export function longFreeBlock(): usize {
  if (!levelBitmap) return 0
  const level = 31 - clz(levelBitmap)
  const classes = load<u32>(FREE_LISTS_AT + (level << 2))
  return load<u32>(head((level << 5) | (31 - clz(classes))))
}

/** The block behind this one; 0 when there is none. */
export function blockAfter(block: usize): usize {
  const next = block + blockBytes(block)
  return next < heapEnd ? next : 0
}

/**
 * Whether the lists hold exactly `count` blocks, each free, in its class, linked both ways, and marked in the bitmaps.
 */
export function checkFreeLists(count: u32): bool {
  let seen: u32 = 0
  for (let index: u32 = 0; index < LEVEL_COUNT * CLASSES_PER_LEVEL; index++) {
    const level = index >> 5
    const first = load<usize>(head(index))
    const marked = (load<u32>(FREE_LISTS_AT + (level << 2)) >> (index & 31)) & 1
    if ((first != 0) != (marked != 0) || (marked && !((levelBitmap >> level) & 1))) return false
    let previous: usize = 0
    for (let block = first; block; block = changetype<FreeBlock>(block).next) {
      const free = changetype<FreeBlock>(block)
      if (!(free.word & BLOCK_FREE) || classOf(free.bytes) != index || free.previous != previous) return false
      if (++seen > count) return false
      previous = block
    }
  }
  return seen == count
}
