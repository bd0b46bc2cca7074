// What a call tells the host, at a fixed address that the host reads without calling back.

import { CALL_AT } from './layout.ts'

/** Fields in the order in which `engine-stats.ts` and `engine.ts` read them. */
@unmanaged
export class Call {
  /** Operations of the current section that were executed. */
  resultCount: u32
  /** Address after the last result byte. */
  position: u32
  recordCount: u32
  heapBytes: u32
  heapUsedBytes: u32
  indexBytes: u32
  bucketCount: u32
  segmentCount: u32
  /** Records that have an expiry, those that have passed and are not removed yet included. */
  expiringCount: u32
  /** Cleared records whose memory is not given back yet. */
  garbageEntries: u32
  /** Bytes of effects in the buffer, and how many they are. */
  effectBytes: u32
  effectCount: u32
  /** Effect bytes that `applyEffects` applied. */
  appliedBytes: u32
  /** Records on probation. */
  probationCount: u32
  /** Entries of their queue: some stand for records that are gone. */
  queueEntries: u32
  /** 1 while records may be left in slots that were taken away. */
  discarding: u32
  /** Operations executed, of every kind. */
  operations: u64
  /** Gets that found no record. */
  misses: u64
  sets: u64
  inserts: u64
  deletes: u64
  removals: u64
  exists: u64
  /** Operations other than get, set, delete and exists. */
  others: u64
  repeats: u64
  keyBytes: u64
  valueBytes: u64
  entriesMoved: u64
  /** Records removed because they had expired. */
  expired: u64
  evicted: u64
  /** Index entries that sweeps, evictions, discards, scans and clears looked at. */
  entriesVisited: u64
  /** Effects emitted since the engine was opened: the position of the next one. */
  effectPosition: u64
  version: u64
  /** Records removed because their slot was taken away. */
  discarded: u64
}

/** The one instance. */
@inline
export function call(): Call {
  return changetype<Call>(CALL_AT)
}
