// Which record makes room: S3-FIFO (Yang et al., "FIFO queues are all you need for cache eviction", SOSP 2023), at less
// than a byte for each record.
//
//   probation   a queue of the hashes of new records (queue.ts): at its end, a record that was used stays, another
//               goes, and a free entry of its bucket remembers its hash, which is the ghost queue
//   main        all other records, passed in the order of their hashes instead of that of their arrival: one that was
//               used loses a use, another goes
//
// Uses are two bits in the record (record.ts); who enters where, admission.ts decides.

import { endProbation, evictionPolicy, isEvictable, isQueueStale } from './admission.ts'
import { BUCKET_BYTES, BUCKET_ENTRIES, entryRecord, entryTag, setGhost } from './bucket.ts'
import { chargeVisits, mayVisit } from './budget.ts'
import { touch } from './bytes.ts'
import { call } from './call.ts'
import { homeOf, segmentOf } from './directory.ts'
import { hasEffectRoom } from './effects.ts'
import { removeExpired } from './expiry.ts'
import { hashKey } from './hash.ts'
import { EVICT_ANY, REMOVED_BY_EVICTION } from './outcomes.ts'
import { dequeue } from './queue.ts'
import { Record } from './record.ts'
import { aimAt, findOnProbation, firstHash, homeBucket } from './segment.ts'
import { removeFound } from './table.ts'

/** Probation is for one in so many records. */
const PROBATION_SHARE: u32 = 10
/** Uses after which a record on probation stays: the paper's two need more ghosts than free entries can hold. */
const USES_TO_STAY: u32 = 1

// Results of `evictOne`.
export const EVICTED: u32 = 0
/** No record may be evicted. */
export const EVICTED_NOTHING: u32 = 1
/** The call's budget is spent. */
export const EVICT_LATER: u32 = 2
/** The buffer of effects has no room. */
export const EVICT_EFFECTS_FULL: u32 = 3
/** Inside this file: nothing was removed yet; go on. */
const PASSED: u32 = 4

/** Where the hand of the main part is: the next entry in the order of hashes. */
let handHash: u32 = 0
let handEntry: u32 = 0
/** Bytes of the block that the last eviction gave back. */
export let evictedBytes: u32 = 0

export function openEviction(): void {
  handHash = 0
  handEntry = 0
}

/** Removes the record that is worth least. */
export function evictOne(): u32 {
  const state = call()
  while (true) {
    const evictable = evictionPolicy == EVICT_ANY ? state.recordCount : state.expiringCount
    if (!evictable) return EVICTED_NOTHING
    if (!mayVisit()) return EVICT_LATER
    const isProbationFull = state.probationCount * PROBATION_SHARE >= evictable || isQueueStale()
    const result = isProbationFull && state.queueEntries ? judgeOldest() : moveHand()
    if (result != PASSED) return result
  }
}

/** Removes a record that stands in the way, whatever it is worth: `bucket` and `entry` were found. */
export function evictFound(address: usize, hash: u32): u32 {
  const record = changetype<Record>(address)
  if (!hasEffectRoom(1, record.keyBytes)) return EVICT_EFFECTS_FULL
  evictedBytes = record.blockBytes
  if (record.isExpired) {
    removeExpired(address, hash)
    return EVICTED
  }
  call().evicted++
  removeFound(address, hash, REMOVED_BY_EVICTION)
  return EVICTED
}

/** Takes the oldest hash out of probation. PASSED: nothing was removed. */
function judgeOldest(): u32 {
  chargeVisits(1)
  const hash = dequeue()
  const address = findOnProbation(segmentOf(hash), hash)
  if (!address) return PASSED
  const record = changetype<Record>(address)
  if (record.uses >= USES_TO_STAY) {
    endProbation(record)
    return PASSED
  }
  assert(isEvictable(record.expiryBytes != 0), 'a record that lost its expiry was written twice, so it stays')
  const result = evictFound(address, hash)
  if (result == EVICTED) {
    setGhost(homeOf(hash), hash, <u32>call().evicted)
  } else {
    // It is off the queue, so it is off probation.
    endProbation(record)
  }
  return result
}

/** Moves the hand up to the first record that goes, or through the rest of one bucket. PASSED: nothing was removed. */
function moveHand(): u32 {
  const segment = segmentOf(handHash)
  const index = homeBucket(handHash, segment.depth, segment.bucketCount)
  const bucket = segment.buckets + index * BUCKET_BYTES
  for (let entry = handEntry; entry < BUCKET_ENTRIES; entry++) {
    if (entryTag(bucket, entry)) touch(entryRecord(bucket, entry))
  }
  for (let entry = handEntry; entry < BUCKET_ENTRIES; entry++) {
    if (!entryTag(bucket, entry)) continue
    chargeVisits(1)
    const address = entryRecord(bucket, entry)
    const record = changetype<Record>(address)
    if (record.isOnProbation || !isEvictable(record.expiryBytes != 0)) continue
    if (record.uses && !record.isExpired) {
      record.forgetUse()
      continue
    }
    aimAt(bucket, entry)
    handEntry = entry + 1
    return evictFound(address, hashKey(record.key, record.keyBytes))
  }
  chargeVisits(1)
  handEntry = 0
  // One past the last hash of all is the first one again.
  handHash = <u32>firstHash(segment, index + 1)
  return PASSED
}
