// Records in the index: find, write, remove. The one place where a record and its entry change together, and where
// versions are given out.

import { copyExactly } from './bytes.ts'
import { setEntry } from './bucket.ts'
import { call } from './call.ts'
import { directoryEntry, entryBucketCount, entryDepth, entrySegment, makeRoom } from './directory.ts'
import { tagOf } from './hash.ts'
import { allocate, release } from './heap.ts'
import { Record, recordBlockBytes } from './record.ts'
import { bucketsOf, findEntry, foundBucket, foundEntry, homeBucket, insertEntry, removeEntry, Segment } from './segment.ts'
import { ownsSlot } from './slot.ts'
import { Step } from './step.ts'

/** Results of `writeRecord`. */
export const CHANGE_DONE: u32 = 0
/** Memory is exhausted; what was stored is intact. */
export const CHANGE_NO_MEMORY: u32 = 1
/** The frame's budget for index growth is spent; nothing changed. */
export const CHANGE_LATER: u32 = 2
/** The record would be created in a slot that is not owned; nothing changed. */
export const CHANGE_WRONG_SLOT: u32 = 3

/** The record under a key, or 0. */
export function findRecord(hash: u32, key: usize, keyBytes: u32): usize {
  const entry = directoryEntry(hash)
  const bucketCount = entryBucketCount(entry)
  const home = homeBucket(hash, entryDepth(entry), bucketCount)
  return findEntry(bucketsOf(entrySegment(entry)), bucketCount, home, tagOf(hash), key, keyBytes)
}

/** Stores a step's value under its key, whose present record (or 0) the caller looked up. */
export function writeRecord(address: usize, step: Step): u32 {
  if (!address) return createRecord(step)
  const record = changetype<Record>(address)
  const oldBytes = recordBlockBytes(record.keyBytes, record.valueBytes)
  if (oldBytes != recordBlockBytes(step.keyBytes, step.valueBytes)) return replaceRecord(record, oldBytes, step)
  const state = call()
  state.valueBytes += <u64>step.valueBytes - <u64>record.valueBytes
  record.version = ++state.version
  record.resize(step.valueBytes)
  copyExactly(record.value, step.value, step.valueBytes)
  return CHANGE_DONE
}

/** Removes the record under a key; false when there is none. */
export function removeRecord(hash: u32, key: usize, keyBytes: u32): bool {
  const address = findRecord(hash, key, keyBytes)
  if (!address) return false
  const record = changetype<Record>(address)
  removeEntry(segmentOf(hash), hash, foundBucket, foundEntry)
  const state = call()
  state.version++
  state.removals++
  state.recordCount--
  state.keyBytes -= keyBytes
  state.valueBytes -= record.valueBytes
  release(address, recordBlockBytes(keyBytes, record.valueBytes))
  return true
}

/** Moves a record to a block of another length: the old one stays until the new one is complete. */
function replaceRecord(record: Record, oldBytes: u32, step: Step): u32 {
  const address = storeRecord(step)
  if (!address) return CHANGE_NO_MEMORY
  // A hint says where the record is, not where its entry is.
  const found = findRecord(step.hash, step.key, step.keyBytes)
  assert(found == changetype<usize>(record), 'the record was looked up under this key')
  setEntry(foundBucket, foundEntry, tagOf(step.hash), address)
  call().valueBytes += <u64>step.valueBytes - <u64>record.valueBytes
  release(found, oldBytes)
  return CHANGE_DONE
}

function createRecord(step: Step): u32 {
  if (!ownsSlot(step.key, step.keyBytes)) return CHANGE_WRONG_SLOT
  if (!makeRoom(step.hash)) return CHANGE_LATER
  const address = storeRecord(step)
  if (!address) return CHANGE_NO_MEMORY
  if (!insertEntry(segmentOf(step.hash), step.hash, address)) {
    release(address, recordBlockBytes(step.keyBytes, step.valueBytes))
    return CHANGE_NO_MEMORY
  }
  const state = call()
  state.inserts++
  state.recordCount++
  state.keyBytes += step.keyBytes
  state.valueBytes += step.valueBytes
  return CHANGE_DONE
}

/** Writes a step's key and value into a fresh block, under the next version; 0 when memory is exhausted. */
function storeRecord(step: Step): usize {
  const address = allocate(recordBlockBytes(step.keyBytes, step.valueBytes))
  if (!address) return 0
  const record = changetype<Record>(address)
  record.describe(++call().version, step.keyBytes, step.valueBytes)
  copyExactly(record.key, step.key, step.keyBytes + step.valueBytes)
  return address
}

@inline
function segmentOf(hash: u32): Segment {
  return changetype<Segment>(entrySegment(directoryEntry(hash)))
}
