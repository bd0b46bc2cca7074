// What to do when memory is exhausted: give back what was cleared, then what is in slots that were taken away, then
// what has expired, then what may be evicted.

import { KEY_BYTES_MAX } from '../../protocol/limits.ts'
import { evictionPolicy } from './admission.ts'
import { BLOCK_BYTES_MIN } from './block.ts'
import { chargeVisits, mayVisit } from './budget.ts'
import { call } from './call.ts'
import { discard, isDiscarding } from './discard.ts'
import { hasEffectRoom } from './effects.ts'
import { EVICT_EFFECTS_FULL, EVICT_LATER, EVICTED, EVICTED_NOTHING, evictedBytes, evictOne } from './eviction.ts'
import { isLapInVain, sweepExpired } from './expiry.ts'
import { collectGarbage, hasGarbage } from './garbage.ts'
import { blockBytes, heapBytesMax, longFreeBlock } from './heap.ts'
import { openHole } from './hole.ts'
import { EVICT_NONE } from './outcomes.ts'

/** Cleared entries given back at once. */
const GARBAGE_STEP: u32 = 512
/** Buckets passed at once for records in slots that were taken away. */
const DISCARD_STEP: u32 = 16
/** Buckets swept for expired records before something is evicted, or at once where nothing may be. */
const SWEEP_STEP: u32 = 64
/** Records evicted at once, at the most. */
const EVICTIONS_STEP: u32 = 32
/** The same for an atomic group, which is executed again after each time. */
const EVICTIONS_GROUP_STEP: u32 = 4_096
/** Rounds in which records are evicted by their worth alone before a hole is made: one as long may be among them. */
const ROUNDS_BY_WORTH: u32 = 2
/** Rounds after which the memory cannot be had. */
const ROUNDS_MAX: u32 = 16

/** Something was given back: try again. */
export const RECLAIMED: u32 = 0
/** There is nothing to give back. */
const RECLAIMED_NOTHING: u32 = 1
/** The call's budget is spent: the operation has to wait for the next one. */
export const RECLAIM_LATER: u32 = 2
/** The buffer of effects has to be emptied first. */
export const RECLAIM_EFFECTS_FULL: u32 = 3

/**
 * Gives memory back so that a block of `bytes` can be taken, and `groupBytes` in all where an atomic group needs more
 * than one; `round` counts the tries for the same operation.
 */
export function reclaim(bytes: u32, groupBytes: u32, round: u32): u32 {
  if (hasGarbage()) return giveGarbageBack()
  if (isDiscarding()) {
    const discarded = discardUntilRoom(max(bytes, groupBytes))
    if (discarded != RECLAIMED_NOTHING) return discarded
  }
  if (round >= ROUNDS_MAX) return RECLAIMED_NOTHING
  // Nothing is removed whose effect has no place: there might seem to be nothing to remove.
  if (!hasEffectRoom(1, KEY_BYTES_MAX)) return RECLAIM_EFFECTS_FULL
  if (max(bytes, groupBytes) > heapBytesMax()) return RECLAIMED_NOTHING
  if (evictionPolicy == EVICT_NONE) {
    const swept = call().expiringCount ? sweepAll() : RECLAIMED_NOTHING
    return swept == RECLAIMED_NOTHING ? makeHole(bytes) : swept
  }
  if (call().expiringCount) {
    if (!mayVisit()) return RECLAIM_LATER
    if (sweepExpired(SWEEP_STEP)) return RECLAIMED
  }
  if (groupBytes > bytes) return evict(groupBytes, EVICTIONS_GROUP_STEP)
  if (round < ROUNDS_BY_WORTH) return evict(bytes, EVICTIONS_STEP)
  const result = makeHole(bytes)
  // No place can be cleared as a whole: what goes by its worth may leave one.
  return result == RECLAIMED_NOTHING ? evict(bytes, EVICTIONS_STEP) : result
}

function makeHole(bytes: u32): u32 {
  const result = openHole(bytes)
  if (result == EVICTED) return RECLAIMED
  if (result == EVICTED_NOTHING) return RECLAIMED_NOTHING
  return result == EVICT_LATER ? RECLAIM_LATER : RECLAIM_EFFECTS_FULL
}

/**
 * Discards what is in slots that were taken away until `bytes` can be had in one piece, or nothing of it is left: one
 * round, however much that is, because nobody misses it.
 */
function discardUntilRoom(bytes: u32): u32 {
  let removed: u32 = 0
  do {
    if (!hasEffectRoom(1, KEY_BYTES_MAX)) return removed ? RECLAIMED : RECLAIM_EFFECTS_FULL
    if (!mayVisit()) return removed ? RECLAIMED : RECLAIM_LATER
    removed += discard(DISCARD_STEP)
  } while (isDiscarding() && !(removed && hasLongBlock(bytes)))
  return removed ? RECLAIMED : RECLAIMED_NOTHING
}

/** Whether a block of `bytes` can surely be taken. */
function hasLongBlock(bytes: u32): bool {
  const block = longFreeBlock()
  // A class of the heap may hold blocks shorter by a 32nd: so much is found whatever its class.
  return block != 0 && blockBytes(block) >= bytes + (bytes >> 4) + 2 * BLOCK_BYTES_MIN
}

/** Sweeps until something has expired, at the most once round, over as many calls as that takes. */
function sweepAll(): u32 {
  do {
    if (!mayVisit()) return RECLAIM_LATER
    if (sweepExpired(SWEEP_STEP)) return RECLAIMED
  } while (!isLapInVain())
  return RECLAIMED_NOTHING
}

/** Gives back a slice of what was cleared, and nothing else. RECLAIMED_NOTHING: there is nothing of it any more. */
export function giveGarbageBack(): u32 {
  if (!hasGarbage()) return RECLAIMED_NOTHING
  if (!mayVisit()) return RECLAIM_LATER
  chargeVisits(GARBAGE_STEP)
  collectGarbage(GARBAGE_STEP)
  return RECLAIMED
}

/** Evicts at least one record, and more, up to `countMax`, while they are shorter together than `bytes`. */
function evict(bytes: u32, countMax: u32): u32 {
  let freed: u32 = 0
  for (let count: u32 = 0; count < countMax && freed < bytes; count++) {
    const result = evictOne()
    if (result == EVICTED) {
      freed += evictedBytes
      continue
    }
    if (freed) return RECLAIMED
    if (result == EVICT_EFFECTS_FULL) return RECLAIM_EFFECTS_FULL
    return result == EVICT_LATER ? RECLAIM_LATER : RECLAIMED_NOTHING
  }
  return RECLAIMED
}
