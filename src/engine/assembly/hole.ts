// Makes a long piece of free memory in a heap that is full of short ones: removes a record and then, one after the other, what
// stands behind it; a part of the index that stands there is moved, into the beginning of the hole if nowhere else. Without this a cache of small records would have no room for a large one, whatever it evicts.

import { isEvictable } from './admission.ts'
import { BLOCK_ARRAY, BLOCK_BYTES_MIN, BLOCK_INDEX, blockWord } from './block.ts'
import { chargeVisits, mayVisit } from './budget.ts'
import { moveSegment } from './directory.ts'
import { EVICT_LATER, EVICTED, EVICTED_NOTHING, evictFound, evictOne } from './eviction.ts'
import { findRecord } from './find.ts'
import { hashKey } from './hash.ts'
import { blockAfter, blockBytes, lastFreed } from './heap.ts'
import { isPiece, movePiece } from './queue.ts'
import { Record } from './record.ts'

/** Places in which a hole is begun before giving up. */
const TRIES_MAX: u32 = 16

/** Removes a record as `evictOne` does, and what stands behind it until `bytes` can be taken in one piece. Returns as `evictOne`. */
export function openHole(bytes: u32): u32 {
  // A class of the heap may hold blocks shorter by a 32nd: so much is found whatever its class.
  const wanted = bytes + (bytes >> 4) + 2 * BLOCK_BYTES_MIN
  for (let tries: u32 = 0; tries < TRIES_MAX; tries++) {
    let result = evictOne()
    while (result == EVICTED && blockBytes(lastFreed) < wanted) result = clearAway(blockAfter(lastFreed))
    // Something that cannot be moved stood in the way: another place may be better.
    if (result != EVICTED_NOTHING) return result
  }
  return EVICTED_NOTHING
}

/** Moves or removes a block in use, which becomes part of the free block before it. */
function clearAway(block: usize): u32 {
  if (!block) return EVICTED_NOTHING
  if (!mayVisit()) return EVICT_LATER
  chargeVisits(1)
  const word = blockWord(block)
  if (word & BLOCK_INDEX) {
    const isMoved = word & BLOCK_ARRAY ? isPiece(block) && movePiece(block) : moveSegment(block)
    return isMoved ? EVICTED : EVICTED_NOTHING
  }
  const record = changetype<Record>(block)
  if (!isEvictable(record.expiryBytes != 0)) return EVICTED_NOTHING
  const hash = hashKey(record.key, record.keyBytes)
  const found = findRecord(hash, record.key, record.keyBytes)
  // A cleared record is not in the table: it is given back in its turn.
  return found == block ? evictFound(block, hash) : EVICTED_NOTHING
}
