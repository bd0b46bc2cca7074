// Discards the records of slots that were taken away. A lap passes all hashes in their order, from wherever the lap
// before ended, and removes what is found in slots that are not owned. Nothing is created there meanwhile (slot.ts).
//
// Invariant: no record in a slot that is not owned has a hash that the lap has passed. Segments that are rebuilt, split
// or merged change where an entry stands but not its hash, so nothing gets behind the lap that way. An entry may stand
// behind its home, so a run of buckets goes on past its end for as long as entries went by.

import { BUCKET_BYTES, BUCKET_ENTRIES, entryRecord, entryTag, passedCount } from './bucket.ts'
import { allowWork, chargeVisits, mayVisit } from './budget.ts'
import { touch } from './bytes.ts'
import { call } from './call.ts'
import { allowMoves, giveRoomBack, segmentOf } from './directory.ts'
import { hasEffectRoom } from './effects.ts'
import { hashKey } from './hash.ts'
import { keeping } from './kept.ts'
import { REMOVED_BY_DISCARD } from './outcomes.ts'
import { Record } from './record.ts'
import { aimAt, firstHash, homeBucket, Segment } from './segment.ts'
import { ownsSlot } from './slot.ts'
import { removeFound } from './table.ts'

/** Buckets that are passed in one run, after which the index may be rebuilt. */
const RUN_BUCKETS: u32 = 16
/** Bytes of keys whose slots can be told for the price of looking at one entry. */
const KEY_BYTES_PER_VISIT: u32 = 64

const HASHES: u64 = 1 << 32

/** The first hash that was not passed, and how many follow it, around the end; 0 when there is no lap. */
let lapHash: u32 = 0
let hashesLeft: u64 = 0

export function openDiscard(): void {
  lapHash = 0
  hashesLeft = 0
}

/** Begins a lap, which takes the place of one that is under way: a slot was taken away. */
export function beginDiscard(): void {
  hashesLeft = HASHES
  call().discarding = 1
}

/** Whether records in slots that are not owned may be left. */
@inline
export function isDiscarding(): bool {
  return hashesLeft != 0
}

/** Whether a record is one that is to be discarded. Asks for its slot only while there may be such records. */
@inline
export function isUnowned(record: Record): bool {
  return isDiscarding() && !ownsSlot(record.key, record.keyBytes)
}

/** Whether the lap has passed a hash, or there is none: for `checkInvariants`. */
export function isPassed(hash: u32): bool {
  return <u64>(<u32>(hash - lapHash)) >= hashesLeft
}

/** A call of its own: passes `buckets` buckets. True when no record is left in a slot that is not owned. */
export function discardUnowned(buckets: u32): bool {
  const passed = min(buckets, call().bucketCount)
  allowMoves(passed)
  allowWork(passed)
  discard(passed)
  return !isDiscarding()
}

/**
 * Passes `buckets` buckets, or fewer when the lap or the call's budget ends or the buffer of effects is full; returns
 * how many records it removed.
 */
export function discard(buckets: u32): u32 {
  assert(!keeping, 'nothing is removed in the middle of a group')
  const state = call()
  const before = state.discarded
  let hasRoom = true
  while (hasRoom && buckets && hashesLeft && mayVisit()) {
    const segment = segmentOf(lapHash)
    const first = homeBucket(lapHash, segment.depth, segment.bucketCount)
    const wanted = min(segment.bucketCount, first + min(buckets, RUN_BUCKETS))
    const hash = lapHash
    const removed = state.discarded
    const end = discardRun(segment, first, wanted)
    hasRoom = end != first
    if (hasRoom) {
      const endHash = firstHash(segment, end)
      hashesLeft -= min(hashesLeft, endHash - hash)
      // One past the last hash of all is the first one again.
      lapHash = <u32>endHash
      buckets -= end - first
    }
    if (state.discarded != removed) giveRoomBack(hash)
  }
  if (!hashesLeft) state.discarding = 0
  return <u32>(state.discarded - before)
}

/**
 * Removes all unowned records that are at home in the buckets [first, wanted) of a segment, or fewer when the call's
 * budget ends, and others that stand there; returns the end of these buckets. `first`: the buffer of effects is full.
 */
function discardRun(segment: Segment, first: u32, wanted: u32): u32 {
  let end = wanted
  const bucketCount = segment.bucketCount
  let index = first
  let looked: u32 = 0
  do {
    const bucket = segment.buckets + index * BUCKET_BYTES
    if (!discardInBucket(bucket)) return first
    looked++
    if (!mayVisit()) end = min(end, first + looked)
    if (first + looked >= end && !passedCount(bucket)) return end
    if (++index == bucketCount) index = 0
  } while (index != first)
  return end
}

/** Removes the unowned records whose entries stand in a bucket; false when the buffer of effects is full. */
function discardInBucket(bucket: usize): bool {
  for (let entry: u32 = 0; entry < BUCKET_ENTRIES; entry++) {
    if (entryTag(bucket, entry)) touch(entryRecord(bucket, entry))
  }
  chargeVisits(BUCKET_ENTRIES)
  for (let entry: u32 = 0; entry < BUCKET_ENTRIES; entry++) {
    if (!entryTag(bucket, entry)) continue
    const address = entryRecord(bucket, entry)
    const record = changetype<Record>(address)
    chargeVisits(record.keyBytes / KEY_BYTES_PER_VISIT)
    if (ownsSlot(record.key, record.keyBytes)) continue
    if (!hasEffectRoom(1, record.keyBytes)) return false
    aimAt(bucket, entry)
    call().discarded++
    removeFound(address, hashKey(record.key, record.keyBytes), REMOVED_BY_DISCARD)
  }
  return true
}
