// The probation queue: hashes of the keys that are new to a full cache, first in, first out, in pieces of 4 KiB that
// are taken from the heap one by one. A hash may stand for a record that is gone; whoever takes it out looks.
//
//   piece:   0 next   4 previous   8 word   12 zero   16 hashes u32 x PIECE_ENTRIES

import { BLOCK_ARRAY, BLOCK_INDEX, blockWord, setBlockWord } from './block.ts'
import { call } from './call.ts'
import { allocate, ARRAY_HEADER_BYTES, release } from './heap.ts'

const PIECE_BITS: u32 = 9
const PIECE_ENTRIES: u32 = 2 << PIECE_BITS

let oldest: usize = 0
let oldestIndex: u32 = 0
let newest: usize = 0
let newestIndex: u32 = 0
/** An empty piece, or 0. */
let spare: usize = 0

export function openQueue(): void {
  oldest = 0
  newest = 0
  spare = 0
}

/** Bytes of a piece's block. */
export const PIECE_BYTES: u32 = ARRAY_HEADER_BYTES + (8 << PIECE_BITS)

/** Sees to it that the next hash has a place; false when there is no memory for it. */
export function reserveQueue(): bool {
  if (spare || (newest && newestIndex < PIECE_ENTRIES)) return true
  spare = createPiece()
  return spare != 0
}

/** Adds a hash, for which there must be a place. */
export function enqueue(hash: u32): void {
  if (!newest || newestIndex == PIECE_ENTRIES) {
    assert(spare != 0, 'a place was reserved')
    link(spare, 0, newest)
    if (!newest) {
      oldest = spare
      oldestIndex = 0
    }
    newest = spare
    newestIndex = 0
    spare = 0
  }
  store<u32>(newest + (<usize>newestIndex << 2), hash, ARRAY_HEADER_BYTES)
  newestIndex++
  call().queueEntries++
}

/** Takes the oldest hash out. There must be one. */
export function dequeue(): u32 {
  assert(call().queueEntries > 0, 'the queue is not empty')
  const hash = load<u32>(oldest + (<usize>oldestIndex << 2), ARRAY_HEADER_BYTES)
  oldestIndex++
  call().queueEntries--
  if (oldestIndex == PIECE_ENTRIES) {
    const done = oldest
    oldest = load<u32>(done)
    oldestIndex = 0
    if (oldest) store<u32>(oldest, 0, 4)
    else newest = 0
    // Kept for the hashes to come: in a full heap another one would be hard to get.
    if (spare) releasePiece(done)
    else spare = done
  }
  return hash
}

/** Moves a piece of the queue, or the empty one, to another block; false when there is no memory for it. */
export function movePiece(piece: usize): bool {
  const target = createPiece()
  if (!target) return false
  if (piece == spare) {
    spare = target
  } else {
    memory.copy(target + ARRAY_HEADER_BYTES, piece + ARRAY_HEADER_BYTES, PIECE_ENTRIES << 2)
    link(target, load<u32>(piece), load<u32>(piece, 4))
    if (oldest == piece) oldest = target
    if (newest == piece) newest = target
  }
  releasePiece(piece)
  return true
}

function createPiece(): usize {
  const piece = allocate(PIECE_BYTES)
  if (!piece) return 0
  setBlockWord(piece, blockWord(piece) | BLOCK_INDEX | BLOCK_ARRAY | (PIECE_BITS << 8))
  call().indexBytes += PIECE_BYTES
  return piece
}

function releasePiece(piece: usize): void {
  call().indexBytes -= PIECE_BYTES
  release(piece, PIECE_BYTES)
}

function link(piece: usize, next: usize, previous: usize): void {
  store<u32>(piece, <u32>next)
  store<u32>(piece, <u32>previous, 4)
  if (next) store<u32>(next, <u32>piece, 4)
  if (previous) store<u32>(previous, <u32>piece)
}
