// Walks everything the engine holds and says which invariant is broken first. For tests and for an operator in doubt:
// it takes time in proportion to the table. Runs between sections only: it uses the steps' memory as scratch.

import { BLOCK_ARRAY, BLOCK_FREE, BLOCK_INDEX, BLOCK_PREVIOUS_FREE, blockWord } from './block.ts'
import { BUCKET_BYTES, BUCKET_ENTRIES, entryRecord, entryTag, isDueBy, passedCount } from './bucket.ts'
import { call } from './call.ts'
import { directory, directoryBits, entryBucketCount, entryDepth, entrySegment } from './directory.ts'
import { isPassed } from './discard.ts'
import { trustsDues } from './expiry.ts'
import { findRecord } from './find.ts'
import { unusedSegments } from './garbage.ts'
import { hashKey, tagOf } from './hash.ts'
import { blockBytes, checkFreeLists, endOfBlocks, firstBlock } from './heap.ts'
import { STEPS_AT, STEPS_BYTES } from './layout.ts'
import { Record } from './record.ts'
import { homeBucket, Segment } from './segment.ts'
import { ownsSlot } from './slot.ts'

// The broken invariant, as `checkInvariants` returns it; 0 is none. `engine.ts` has the words.
const BROKEN_BLOCK_LENGTH: u32 = 1
const BROKEN_FREE_NEIGHBOURS: u32 = 2
const BROKEN_FREE_MARKS: u32 = 3
const BROKEN_UNREACHABLE_RECORD: u32 = 4
const BROKEN_TOTALS: u32 = 5
const BROKEN_FREE_LISTS: u32 = 6
const BROKEN_DIRECTORY: u32 = 7
const BROKEN_TAG: u32 = 8
const BROKEN_PASSED: u32 = 9
const BROKEN_ENTRY_COUNT: u32 = 10
const BROKEN_DUE: u32 = 11
const BROKEN_OWNERSHIP: u32 = 12

let freeBlocks: u32 = 0

/** 0, or the number of the first broken invariant. */
export function checkInvariants(): u32 {
  const heap = checkBlocks()
  if (heap) return heap
  if (!checkFreeLists(freeBlocks)) return BROKEN_FREE_LISTS
  return checkIndex()
}

/** Walks the heap block by block. */
function checkBlocks(): u32 {
  const state = call()
  let block = firstBlock()
  let previousFree = false
  let usedBytes: u32 = 0
  let records: u32 = 0
  let keyBytes: u64 = 0
  let valueBytes: u64 = 0
  let expiring: u32 = 0
  let onProbation: u32 = 0
  let cleared: u32 = 0
  freeBlocks = 0
  while (block < endOfBlocks()) {
    const word = blockWord(block)
    const bytes = blockBytes(block)
    if (bytes < 16 || bytes & 3 || bytes > <u32>(endOfBlocks() - block)) return BROKEN_BLOCK_LENGTH
    if (((word & BLOCK_PREVIOUS_FREE) != 0) != previousFree) return BROKEN_FREE_MARKS
    const free = (word & BLOCK_FREE) != 0
    if (free) {
      if (previousFree) return BROKEN_FREE_NEIGHBOURS
      if (load<u32>(block + bytes - 4) != bytes) return BROKEN_FREE_MARKS
      freeBlocks++
    } else {
      usedBytes += bytes
      if (!(word & BLOCK_INDEX)) {
        const record = changetype<Record>(block)
        if (findRecord(hashKey(record.key, record.keyBytes), record.key, record.keyBytes) == block) {
          records++
          keyBytes += record.keyBytes
          valueBytes += record.valueBytes
          if (record.expiryBytes) expiring++
          if (record.isOnProbation) onProbation++
        } else {
          cleared++
        }
      }
    }
    previousFree = free
    block += bytes
  }
  if (((blockWord(block) & BLOCK_PREVIOUS_FREE) != 0) != previousFree) return BROKEN_FREE_MARKS
  // A record that cannot be found is one that was cleared, or it is lost.
  if (cleared != state.garbageEntries) return BROKEN_UNREACHABLE_RECORD
  if (usedBytes != state.heapUsedBytes || records != state.recordCount) return BROKEN_TOTALS
  if (keyBytes != state.keyBytes || valueBytes != state.valueBytes) return BROKEN_TOTALS
  return expiring == state.expiringCount && onProbation == state.probationCount ? 0 : BROKEN_TOTALS
}

/** Walks the directory and every segment once. */
function checkIndex(): u32 {
  const end: u32 = 1 << directoryBits
  let index: u32 = 0
  let records: u32 = 0
  let segments: u32 = 0
  while (index < end) {
    const entry = load<u64>(directory + (index << 3))
    const block = entrySegment(entry)
    const segment = changetype<Segment>(block)
    const word = blockWord(block)
    if (word & BLOCK_FREE || !(word & BLOCK_INDEX) || word & BLOCK_ARRAY) return BROKEN_DIRECTORY
    if (segment.depth != entryDepth(entry) || segment.bucketCount != entryBucketCount(entry)) return BROKEN_DIRECTORY
    const shared: u32 = 1 << (directoryBits - segment.depth)
    if (segment.prefix * shared != index) return BROKEN_DIRECTORY
    for (let copy: u32 = 1; copy < shared; copy++) {
      if (load<u64>(directory + ((index + copy) << 3)) != entry) return BROKEN_DIRECTORY
    }
    const broken = checkSegment(segment)
    if (broken) return broken
    records += segment.entryCount
    segments++
    index += shared
  }
  return records == call().recordCount && segments + unusedSegments() == call().segmentCount ? 0 : BROKEN_TOTALS
}

/** Checks a segment's entries, and its buckets' counts of what went by against a fresh count. */
function checkSegment(segment: Segment): u32 {
  const bucketCount = segment.bucketCount
  const buckets = segment.buckets
  assert(bucketCount * 4 <= <u32>STEPS_BYTES, 'the scratch holds a count for each bucket')
  memory.fill(STEPS_AT, 0, bucketCount * 4)
  let entries: u32 = 0
  for (let index: u32 = 0; index < bucketCount; index++) {
    const bucket = buckets + index * BUCKET_BYTES
    for (let entry: u32 = 0; entry < BUCKET_ENTRIES; entry++) {
      const tag = entryTag(bucket, entry)
      if (!tag) continue
      entries++
      const record = changetype<Record>(entryRecord(bucket, entry))
      const hash = hashKey(record.key, record.keyBytes)
      if (tagOf(hash) != tag) return BROKEN_TAG
      const expiry = record.expiry
      if (expiry && trustsDues() && !isDueBy(bucket, expiry)) return BROKEN_DUE
      if (isPassed(hash) && !ownsSlot(record.key, record.keyBytes)) return BROKEN_OWNERSHIP
      if (segment.depth && hash >> (32 - segment.depth) != segment.prefix) return BROKEN_DIRECTORY
      let passed = homeBucket(hash, segment.depth, bucketCount)
      while (passed != index) {
        store<u32>(STEPS_AT + (passed << 2), load<u32>(STEPS_AT + (passed << 2)) + 1)
        if (++passed == bucketCount) passed = 0
      }
    }
  }
  for (let index: u32 = 0; index < bucketCount; index++) {
    const counted = passedCount(buckets + index * BUCKET_BYTES)
    if (counted != 255 && counted != load<u32>(STEPS_AT + (index << 2))) return BROKEN_PASSED
  }
  return entries == segment.entryCount ? 0 : BROKEN_ENTRY_COUNT
}

/** How many buckets beyond its home the farthest entry stands. */
export function farthestEntry(): u32 {
  let farthest: u32 = 0
  for (let index: u32 = 0; index < 1 << directoryBits; index++) {
    const segment = changetype<Segment>(entrySegment(load<u64>(directory + (index << 3))))
    farthest = max(farthest, farthestInSegment(segment))
  }
  return farthest
}

function farthestInSegment(segment: Segment): u32 {
  const bucketCount = segment.bucketCount
  let farthest: u32 = 0
  for (let index: u32 = 0; index < bucketCount; index++) {
    const bucket = segment.buckets + index * BUCKET_BYTES
    for (let entry: u32 = 0; entry < BUCKET_ENTRIES; entry++) {
      if (!entryTag(bucket, entry)) continue
      const record = changetype<Record>(entryRecord(bucket, entry))
      const home = homeBucket(hashKey(record.key, record.keyBytes), segment.depth, bucketCount)
      farthest = max(farthest, index >= home ? index - home : index + bucketCount - home)
    }
  }
  return farthest
}
