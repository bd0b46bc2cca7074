// Discards the records of slots that the shard has lost. Until that is done scans pass them over; nothing else can meet
// them, since the host refuses operations on slots that are not owned.
//
// The hand goes once round the index in the order of hashes and takes whole home buckets, entries that stand further on
// included: everything below it is done, however segments are rebuilt, split or merged meanwhile.

import { BUCKET_BYTES, BUCKET_ENTRIES, entryRecord, entryTag, passedCount } from './bucket.ts'
import { chargeVisits, mayVisit } from './budget.ts'
import { touch } from './bytes.ts'
import { call } from './call.ts'
import { giveRoomBack, segmentOf } from './directory.ts'
import { hasEffectRoom } from './effects.ts'
import { hashKey } from './hash.ts'
import { REMOVED_BY_DISCARD } from './outcomes.ts'
import { Record } from './record.ts'
import { aimAt, firstHash, homeBucket, Segment } from './segment.ts'
import { ownsSlot } from './slot.ts'
import { removeFound } from './table.ts'

const HASH_END: u64 = 1 << 32

/** Hashes from here on may have records of lost slots; HASH_END: none has. */
let hand: u64 = HASH_END

/** Forgets a discard that was under way: for a new engine. */
export function openDiscard(): void {
  hand = HASH_END
}

/** Slots were taken away. */
export function beginDiscard(): void {
  hand = call().recordCount ? 0 : HASH_END
}

/** Whether records of lost slots may be left. */
@inline
export function isDiscarding(): bool {
  return hand < HASH_END
}

/** Passes `buckets` buckets, or fewer when the call's budget or the room for effects ends. */
export function discardUnowned(buckets: u32): void {
  for (; buckets && hand < HASH_END && mayVisit(); buckets--) {
    const segment = segmentOf(<u32>hand)
    const home = homeBucket(<u32>hand, segment.depth, segment.bucketCount)
    const end = firstHash(segment, home + 1)
    const before = segment.entryCount
    if (!discardHome(segment, home, end)) return
    const passed = <u32>hand
    hand = end
    if (segment.entryCount != before) giveRoomBack(passed)
  }
}

/** Removes what is at home in a bucket, with hashes from the hand up to `end`; false when effects have no room. */
function discardHome(segment: Segment, home: u32, end: u64): bool {
  let index = home
  do {
    const bucket = segment.buckets + index * BUCKET_BYTES
    // Asked before: the last entry that passes this bucket may be the next one to go.
    const goesOn = passedCount(bucket) != 0
    for (let entry: u32 = 0; entry < BUCKET_ENTRIES; entry++) {
      if (entryTag(bucket, entry)) touch(entryRecord(bucket, entry))
    }
    chargeVisits(BUCKET_ENTRIES)
    for (let entry: u32 = 0; entry < BUCKET_ENTRIES; entry++) {
      if (!entryTag(bucket, entry)) continue
      const address = entryRecord(bucket, entry)
      const record = changetype<Record>(address)
      const hash = hashKey(record.key, record.keyBytes)
      if (<u64>hash < hand || <u64>hash >= end || ownsSlot(record.key, record.keyBytes)) continue
      if (!hasEffectRoom(1, record.keyBytes)) return false
      aimAt(bucket, entry)
      removeFound(address, hash, REMOVED_BY_DISCARD)
      call().discarded++
    }
    if (!goesOn) return true
    if (++index == segment.bucketCount) index = 0
  } while (index != home)
  return true
}
