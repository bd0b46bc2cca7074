// Makes a long piece of free memory in a heap that is full of short ones: moves records that stand behind each other
// into other free blocks, or evicts them where there are none; a part of the index that stands there is moved, into
// the beginning of the hole if nowhere else. Without this a cache of small records would have no room for a large one,
// whatever it evicts, and a heap with room enough would refuse what does not fit between two records.
//
// A hole is planned before the first record goes: where something stands that can neither be removed nor moved, none
// is begun. A hole that the call's budget did not suffice for is the longest free block of the next call, which goes
// on there.

import { isEvictable } from './admission.ts'
import {
  BLOCK_ARRAY,
  BLOCK_BYTES_MIN,
  BLOCK_FREE,
  BLOCK_INDEX,
  BLOCK_PREVIOUS_FREE,
  blockWord,
  setBlockWord,
} from './block.ts'
import { setEntry } from './bucket.ts'
import { chargeVisits, grantVisits, mayVisit } from './budget.ts'
import { call } from './call.ts'
import { moveDirectory, moveSegment } from './directory.ts'
import { EVICT_LATER, EVICTED, EVICTED_NOTHING, evictFound } from './eviction.ts'
import { findRecord } from './find.ts'
import { releaseSpare } from './garbage.ts'
import { hashKey, tagOf } from './hash.ts'
import { allocate, blockAfter, blockBytes, heapBytesMax, lastFreed, longFreeBlock, release } from './heap.ts'
import { movePiece } from './queue.ts'
import { Record } from './record.ts'
import { findAnyRecord } from './scan.ts'
import { foundBucket, foundEntry } from './segment.ts'

/** Where so many times the hole's length is free in all, its records find other places. */
const FREE_SHARE: u32 = 3
/** Places in which a hole is planned before giving up. */
const TRIES_MAX: u32 = 32
/** A free block from this part of the wanted length on is worth going on with. */
const BEGUN_SHARE: u32 = 16
/** Bytes that are copied for the price of an entry that is looked up. */
const BYTES_PER_VISIT: u32 = 64
/** Blocks that a plan passes for the price of one that is looked up. */
const BLOCKS_PER_VISIT: u32 = 4

/** Whether records of the hole find other places. */
let hasRoomElsewhere: bool = false
/** The free block that grows, 0 before it is begun. */
let hole: usize = 0

/**
 * Moves or evicts records until `bytes` can be taken in one piece. Returns as `evictOne`; EVICTED_NOTHING: there is no
 * place for it.
 */
export function openHole(bytes: u32): u32 {
  // A class of the heap may hold blocks shorter by a 32nd: so much is found whatever its class.
  const wanted = bytes + (bytes >> 4) + 2 * BLOCK_BYTES_MIN
  if (wanted > heapBytesMax()) return EVICTED_NOTHING
  const freeBytes = call().heapBytes - call().heapUsedBytes
  hasRoomElsewhere = freeBytes / FREE_SHARE > wanted
  grantVisits(bytes)
  const begun = longFreeBlock()
  if (begun && blockBytes(begun) > bytes / BEGUN_SHARE && isClearable(begun, wanted)) return dig(begun, wanted)
  for (let tries: u32 = 0; tries < TRIES_MAX; tries++) {
    if (!mayVisit()) return EVICT_LATER
    let start = findAnyRecord()
    if (!start) return mayVisit() ? EVICTED_NOTHING : EVICT_LATER
    if (blockWord(start) & BLOCK_PREVIOUS_FREE) start -= load<u32>(start - 4)
    if (isClearable(start, wanted)) return dig(start, wanted)
  }
  return EVICTED_NOTHING
}

/** Clears blocks away from `start` on until the hole is as long as wanted, or the budget ends. */
function dig(start: usize, wanted: u32): u32 {
  hole = blockWord(start) & BLOCK_FREE ? start : 0
  let result = hole ? EVICTED : clearAway(start)
  while (result == EVICTED && blockBytes(hole) < wanted) result = clearAway(blockAfter(hole))
  return result
}

/** Whether all blocks from `start` on can be cleared away until there are `wanted` bytes. */
function isClearable(start: usize, wanted: u32): bool {
  let bytes: u32 = 0
  let blocks: u32 = 0
  let block = start
  while (block && bytes < wanted && isRemovable(block, bytes)) {
    // A part of the index gives its place up and may take as much of the hole's beginning.
    if (!isIndex(block)) bytes += blockBytes(block)
    blocks++
    block = blockAfter(block)
  }
  chargeVisits(blocks / BLOCKS_PER_VISIT + 1)
  return bytes >= wanted
}

@inline
function isIndex(block: usize): bool {
  return (blockWord(block) & (BLOCK_FREE | BLOCK_INDEX)) == BLOCK_INDEX
}

/** Whether a block is free, can be evicted, or can be moved into a hole of `bytes` before it. */
function isRemovable(block: usize, bytes: u32): bool {
  const word = blockWord(block)
  if (word & BLOCK_FREE) return true
  if (isIndex(block)) return bytes > 2 * blockBytes(block)
  return hasRoomElsewhere || isEvictable(changetype<Record>(block).expiryBytes != 0)
}

/** Moves or removes a block in use, which becomes part of the free block before it. */
function clearAway(block: usize): u32 {
  if (!block) return EVICTED_NOTHING
  if (!mayVisit()) return EVICT_LATER
  const result = giveUp(block)
  if (result == EVICTED) hole = lastFreed
  return result
}

function giveUp(block: usize): u32 {
  const word = blockWord(block)
  if (word & BLOCK_INDEX) {
    chargeVisits(blockBytes(block) / BYTES_PER_VISIT)
    return moveIndexBlock(block, (word & BLOCK_ARRAY) != 0) ? EVICTED : EVICTED_NOTHING
  }
  const record = changetype<Record>(block)
  const hash = hashKey(record.key, record.keyBytes)
  const found = findRecord(hash, record.key, record.keyBytes)
  // A cleared record is not in the table: it is given back in its turn.
  if (found != block) return EVICTED_NOTHING
  const bytes = record.blockBytes
  if (moveRecord(record, hash)) {
    chargeVisits(1 + bytes / BYTES_PER_VISIT)
    return EVICTED
  }
  chargeVisits(1)
  return isEvictable(record.expiryBytes != 0) ? evictFound(block, hash) : EVICTED_NOTHING
}

/** Moves a record that was just found to a free block outside the hole; false when there is none. */
function moveRecord(record: Record, hash: u32): bool {
  const bytes = record.blockBytes
  const holeEnd = hole ? hole + blockBytes(hole) : 0
  const target = allocate(bytes)
  if (!target) return false
  const block = changetype<usize>(record)
  const word = blockWord(target) | (record.word & ~BLOCK_PREVIOUS_FREE)
  memory.copy(target, block, bytes)
  setBlockWord(target, word)
  if (target >= hole && target < holeEnd) {
    release(target, bytes)
    return false
  }
  setEntry(foundBucket, foundEntry, tagOf(hash), target)
  release(block, bytes)
  return true
}

/** Moves a part of the index; false when there is no memory for it. */
function moveIndexBlock(block: usize, isArray: bool): bool {
  if (releaseSpare(block)) return true
  if (!isArray) return moveSegment(block)
  // Nothing else is an array: cleared directories are given back before a hole is made.
  return moveDirectory(block) || movePiece(block)
}
