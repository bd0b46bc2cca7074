// Removes expired records. A read never shows one, removed or not; this gives their memory back. The sweep goes round
// the index bucket by bucket and reads one word of each: only a bucket that is due has its records looked at.

import {
  BUCKET_BYTES,
  BUCKET_ENTRIES,
  clearDue,
  DUE_AHEAD_TICKS,
  entryRecord,
  entryTag,
  isDue,
  noteExpiry,
  tickOfNow,
} from './bucket.ts'
import { chargeVisits, mayVisit } from './budget.ts'
import { touch } from './bytes.ts'
import { call } from './call.ts'
import { giveRoomBack, segmentOf } from './directory.ts'
import { hasEffectRoom } from './effects.ts'
import { hashKey } from './hash.ts'
import { REMOVED_BY_EXPIRY } from './outcomes.ts'
import { Record } from './record.ts'
import { aimAt, firstHash, homeBucket } from './segment.ts'
import { removeFound } from './table.ts'

/**
 * Buckets that a sweep passes for each write of a record with an expiry: it is round before a thirtieth of them is
 * new.
 */
const BUCKETS_PER_WRITE: u32 = 4
/** Buckets that can be passed for the price of looking at one entry. */
const BUCKETS_PER_VISIT: u32 = 4

/** Where the sweep is, in the order of hashes. */
let sweepHash: u32 = 0
/** Buckets that writes have earned. */
let bucketsOwed: u32 = 0
/** When this lap of the sweep began, and the one before: ticks, 0 before the first sweep. */
let lapStart: u64 = 0
let lastLapStart: u64 = 0
/** Buckets passed since the last one in which something had expired. */
let bucketsInVain: u32 = 0

export function openExpiry(): void {
  sweepHash = 0
  bucketsOwed = 0
  lapStart = 0
  lastLapStart = 0
  bucketsInVain = 0
}

/**
 * Whether a bucket's `due` can be told from one of another age: every bucket was passed since the lap before began.
 * When the clock jumps, or nothing was swept for weeks, one has to look into the buckets for a lap or two.
 */
export function trustsDues(): bool {
  return tickOfNow() - lastLapStart < DUE_AHEAD_TICKS
}

/** Whether a whole lap ended without a record that had expired, and none was found since. */
export function isLapInVain(): bool {
  return bucketsInVain >= call().bucketCount
}

/** Notes that a record with an expiry was written. */
@inline
export function oweSweep(): void {
  bucketsOwed += BUCKETS_PER_WRITE
}

/** Sweeps what was earned since the last time. Between sections only: it removes records. */
export function sweepOwed(): void {
  if (!bucketsOwed) return
  sweepExpired(bucketsOwed)
  bucketsOwed = 0
}

/**
 * Passes `buckets` buckets, but none twice, or fewer when the call's budget ends; returns how many records it removed.
 */
export function sweepExpired(buckets: u32): u32 {
  if (!lapStart) {
    lapStart = tickOfNow()
    lastLapStart = lapStart
  }
  buckets = min(buckets, call().bucketCount)
  let removed: u32 = 0
  while (buckets && call().expiringCount && mayVisit()) {
    const segment = segmentOf(sweepHash)
    const first = homeBucket(sweepHash, segment.depth, segment.bucketCount)
    const end = min(segment.bucketCount, first + buckets)
    let index = first
    let removedHere: u32 = 0
    while (index < end && mayVisit()) {
      const bucket = segment.buckets + index++ * BUCKET_BYTES
      if (isDue(bucket) || !trustsDues()) removedHere += sweepBucket(bucket)
    }
    const passed = index - first
    chargeVisits((passed + BUCKETS_PER_VISIT - 1) / BUCKETS_PER_VISIT)
    buckets -= passed
    const hash = sweepHash
    // One past the last hash of all is the first one again.
    sweepHash = <u32>firstHash(segment, index)
    if (!sweepHash) {
      lastLapStart = lapStart
      lapStart = tickOfNow()
    }
    bucketsInVain = removedHere ? 0 : min(bucketsInVain + passed, call().bucketCount)
    removed += removedHere
    if (removedHere) giveRoomBack(hash)
  }
  return removed
}

/** Removes the expired records of a bucket and notes when it is due again; returns how many there were. */
function sweepBucket(bucket: usize): u32 {
  for (let entry: u32 = 0; entry < BUCKET_ENTRIES; entry++) {
    if (entryTag(bucket, entry)) touch(entryRecord(bucket, entry))
  }
  chargeVisits(BUCKET_ENTRIES)
  clearDue(bucket)
  let removed: u32 = 0
  for (let entry: u32 = 0; entry < BUCKET_ENTRIES; entry++) {
    if (!entryTag(bucket, entry)) continue
    const address = entryRecord(bucket, entry)
    const record = changetype<Record>(address)
    const expiry = record.expiry
    if (!expiry) continue
    if (record.isExpired && hasEffectRoom(1, record.keyBytes)) {
      aimAt(bucket, entry)
      removeExpired(address, hashKey(record.key, record.keyBytes))
      removed++
    } else {
      noteExpiry(bucket, expiry)
    }
  }
  return removed
}

/** Removes an expired record that was just found. There must be room for its effect. */
export function removeExpired(address: usize, hash: u32): void {
  call().expired++
  removeFound(address, hash, REMOVED_BY_EXPIRY)
}
