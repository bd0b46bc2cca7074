// Looks records up, and counts those that come and go.

import { call } from './call.ts'
import { directoryEntry, entryBucketCount, entryDepth, entrySegment } from './directory.ts'
import { tagOf } from './hash.ts'
import { Record } from './record.ts'
import { bucketsOf, findEntry, homeBucket } from './segment.ts'

/** The record under a key, expired or not, or 0; sets `foundBucket` and `foundEntry`. */
export function findRecord(hash: u32, key: usize, keyBytes: u32): usize {
  const entry = directoryEntry(hash)
  const bucketCount = entryBucketCount(entry)
  const home = homeBucket(hash, entryDepth(entry), bucketCount)
  return findEntry(bucketsOf(entrySegment(entry)), bucketCount, home, tagOf(hash), key, keyBytes)
}

/** Counts a record that an entry points to from now on. */
export function countRecord(record: Record): void {
  const state = call()
  state.recordCount++
  state.keyBytes += record.keyBytes
  state.valueBytes += record.valueBytes
  if (record.expiryBytes) state.expiringCount++
  if (record.isOnProbation) state.probationCount++
}

/** Counts a record out. */
export function uncountRecord(record: Record): void {
  const state = call()
  state.recordCount--
  state.keyBytes -= record.keyBytes
  state.valueBytes -= record.valueBytes
  if (record.expiryBytes) state.expiringCount--
  if (record.isOnProbation) state.probationCount--
}
