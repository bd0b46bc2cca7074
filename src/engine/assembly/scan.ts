// Lists keys in the order of their hashes. A cursor is the smallest hash that was not listed yet, so it means the same
// however often segments were rebuilt, split or merged in between: every record that is there all the time is listed.
//
//   page:   0 next cursor u64, 0 when there is nothing left   8 keys, each with its compact length before it

import { BUCKET_BYTES, BUCKET_ENTRIES, entryRecord, entryTag, passedCount } from './bucket.ts'
import { chargeVisits, mayVisit } from './budget.ts'
import { copyExactly, touch } from './bytes.ts'
import { directoryBits, segmentOf } from './directory.ts'
import { isUnowned } from './discard.ts'
import { hashKey, nextRandom } from './hash.ts'
import { PAGE_AT, PAGE_BYTES } from './layout.ts'
import { Record } from './record.ts'
import { firstHash, homeBucket, Segment } from './segment.ts'

/** Buckets that one page passes, empty ones included. */
const PAGE_BUCKETS_MAX: u32 = 4_096
/** Keys after which a page ends even in the middle of what was asked for: their bytes. */
const PAGE_KEY_BYTES: u32 = 64 * 1024
/** Bytes before the first key of a page. */
const PAGE_HEADER_BYTES: u32 = 8
/** Segments with entries in which a random key is looked for. */
const RANDOM_SEGMENTS_MAX: u32 = 64
/** Bytes of keys in slots that are not owned after which the search for a random one is given up. */
const RANDOM_UNOWNED_BYTES_MAX: u32 = 1024 * 1024
/** Bytes of the length before a key, at the most. */
const KEY_LENGTH_BYTES_MAX: u32 = 3

const HASH_END: u64 = 1 << 32

let keysWritten: u32 = 0
/** Bytes of the keys that this page or search left out because their slots are not owned: telling that is work. */
let unownedKeyBytes: u32 = 0

/** Writes the page that follows `cursor`, with about `count` keys; returns its length. */
export function fillPage(cursor: u64, count: u32): u32 {
  let from = cursor
  let at = PAGE_AT + PAGE_HEADER_BYTES
  let buckets: u32 = 0
  keysWritten = 0
  unownedKeyBytes = 0
  while (from < HASH_END && keysWritten < count && at + unownedKeyBytes < PAGE_AT + PAGE_KEY_BYTES) {
    if (buckets == PAGE_BUCKETS_MAX) break
    buckets++
    const segment = segmentOf(<u32>from)
    const home = homeBucket(<u32>from, segment.depth, segment.bucketCount)
    let to = firstHash(segment, home + 1)
    let end = listHome(segment, home, from, to, at)
    // Too many long keys for the room that is left: fewer of them, and the rest on the next page.
    while (!end && to - from > 1) {
      to = from + (to - from) / 2
      end = listHome(segment, home, from, to, at)
    }
    // Room for a key is always left on an empty page, and a full one ends here.
    if (!end) break
    at = end
    from = to
  }
  chargeVisits(buckets * BUCKET_ENTRIES)
  store<u64>(PAGE_AT, from < HASH_END ? from : 0)
  return <u32>(at - PAGE_AT)
}

/**
 * Lists the keys to be shown that are at home in a bucket with hashes in [from, to) at `at`; returns where they end, or
 * 0 when the page is too short.
 */
function listHome(segment: Segment, home: u32, from: u64, to: u64, at: usize): usize {
  const keysBefore = keysWritten
  const bucketCount = segment.bucketCount
  const buckets = segment.buckets
  let index = home
  do {
    const bucket = buckets + index * BUCKET_BYTES
    for (let entry: u32 = 0; entry < BUCKET_ENTRIES; entry++) {
      if (entryTag(bucket, entry)) touch(entryRecord(bucket, entry))
    }
    for (let entry: u32 = 0; entry < BUCKET_ENTRIES; entry++) {
      if (!entryTag(bucket, entry)) continue
      const record = changetype<Record>(entryRecord(bucket, entry))
      const hash = <u64>hashKey(record.key, record.keyBytes)
      if (hash < from || hash >= to || isHidden(record)) continue
      if (at + KEY_LENGTH_BYTES_MAX + record.keyBytes > PAGE_AT + PAGE_BYTES) {
        keysWritten = keysBefore
        return 0
      }
      at = writeKey(at, record)
      keysWritten++
    }
    if (!passedCount(bucket)) return at
    if (++index == bucketCount) index = 0
  } while (index != home)
  return at
}

/** Whether a record is not shown, though it is still here. */
function isHidden(record: Record): bool {
  if (record.isExpired) return true
  if (!isUnowned(record)) return false
  unownedKeyBytes += record.keyBytes
  return true
}

function writeKey(at: usize, record: Record): usize {
  const bytes = <u32>record.keyBytes
  if (bytes <= 252) {
    store<u8>(at++, bytes)
  } else {
    store<u8>(at, 253)
    store<u16>(at, bytes, 1)
    at += KEY_LENGTH_BYTES_MAX
  }
  copyExactly(at, record.key, bytes)
  return at + bytes
}

/** Whether the last search met any entry, of a record that is shown or not. */
export let metEntries: bool = false

/** A record to be shown, at a random place of the index; 0 when none was met nearby, or the call's budget ended. */
export function findAnyRecord(): usize {
  let hash = <u32>nextRandom()
  let segments: u32 = 0
  metEntries = false
  unownedKeyBytes = 0
  for (let left: u32 = 1 << directoryBits; left && segments < RANDOM_SEGMENTS_MAX && mayVisit(); left--) {
    if (unownedKeyBytes >= RANDOM_UNOWNED_BYTES_MAX) break
    const segment = segmentOf(hash)
    if (segment.entryCount) {
      metEntries = true
      const address = findAnyIn(segment, homeBucket(hash, segment.depth, segment.bucketCount))
      if (address) return address
      segments++
    } else {
      chargeVisits(1)
    }
    // One past the last hash of all is the first one again.
    hash = <u32>firstHash(segment, segment.bucketCount)
  }
  return 0
}

/** The first record to be shown of a segment from a bucket on, around the end, or 0. */
function findAnyIn(segment: Segment, first: u32): usize {
  const bucketCount = segment.bucketCount
  let index = first
  do {
    const bucket = segment.buckets + index * BUCKET_BYTES
    chargeVisits(BUCKET_ENTRIES)
    const start = <u32>nextRandom() % BUCKET_ENTRIES
    for (let step: u32 = 0; step < BUCKET_ENTRIES; step++) {
      const entry = (start + step) % BUCKET_ENTRIES
      if (!entryTag(bucket, entry)) continue
      const address = entryRecord(bucket, entry)
      if (!isHidden(changetype<Record>(address))) return address
    }
    if (++index == bucketCount) index = 0
  } while (index != first && unownedKeyBytes < RANDOM_UNOWNED_BYTES_MAX)
  return 0
}
