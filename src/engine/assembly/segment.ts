// A segment: some hundred buckets for one prefix of the hash. The bits after the prefix, read as a fraction, choose
// the home bucket, so buckets stand in the order of the hash and their number need not be a power of two. An entry
// whose home is full goes to the next bucket, around the end.
//
//   block:  0 entryCount   4 prefix   8 word = BLOCK_INDEX | bucketCount << 8   12 depth   ...   buckets, aligned to 64

import { BLOCK_INDEX, blockWord, setBlockWord } from './block.ts'
import {
  BUCKET_BYTES,
  BUCKET_ENTRIES,
  clearEntry,
  entryRecord,
  entryTag,
  matchFree,
  matchTag,
  noteExpiry,
  pass,
  passedCount,
  setEntry,
  unpass,
} from './bucket.ts'
import { equalBytes } from './bytes.ts'
import { call } from './call.ts'
import { hashKey, tagOf } from './hash.ts'
import { allocate, release, segmentBlockBytes } from './heap.ts'
import { Record } from './record.ts'

@unmanaged
export class Segment {
  entryCount: u32
  /** The hash bits that all its records share, in the lowest `depth` bits. */
  prefix: u32
  word: u32
  /** How many upper bits of the hash lead here. */
  depth: u32

  @inline
  get bucketCount(): u32 {
    return this.word >> 8
  }

  @inline
  get buckets(): usize {
    return bucketsOf(changetype<usize>(this))
  }
}

/** Buckets of the largest segment: 16 KiB, rebuilt in some tens of microseconds. */
export const SEGMENT_BUCKETS_MAX: u32 = 256

/** Where `findEntry` found its record, or `insertEntry` put it. Valid until the index changes. */
export let foundBucket: usize = 0
export let foundEntry: u32 = 0

/** Takes memory for an empty segment, or returns 0. */
export function createSegment(bucketCount: u32, prefix: u32, depth: u32): usize {
  const block = allocate(segmentBlockBytes(bucketCount))
  if (!block) return 0
  const segment = changetype<Segment>(block)
  segment.entryCount = 0
  segment.prefix = prefix
  segment.depth = depth
  setBlockWord(block, blockWord(block) | BLOCK_INDEX | (bucketCount << 8))
  memory.fill(segment.buckets, 0, bucketCount * BUCKET_BYTES)
  const state = call()
  state.indexBytes += segmentBlockBytes(bucketCount)
  state.bucketCount += bucketCount
  state.segmentCount++
  return block
}

/** Gives a segment's memory back; its entries must have been moved. */
export function releaseSegment(block: usize): void {
  const bucketCount = changetype<Segment>(block).bucketCount
  const state = call()
  state.indexBytes -= segmentBlockBytes(bucketCount)
  state.bucketCount -= bucketCount
  state.segmentCount--
  release(block, segmentBlockBytes(bucketCount))
}

/** First bucket of the segment in a block. */
@inline
export function bucketsOf(block: usize): usize {
  return (block + 16 + 63) & ~63
}

/** Number of the bucket where a hash is at home. */
@inline
export function homeBucket(hash: u32, depth: u32, bucketCount: u32): u32 {
  return <u32>((<u64>(<u32>(<u64>hash << depth)) * bucketCount) >> 32)
}

/** The record under a key, or 0; sets `foundBucket` and `foundEntry`. */
export function findEntry(buckets: usize, bucketCount: u32, home: u32, tag: u32, key: usize, keyBytes: u32): usize {
  let index = home
  do {
    const bucket = buckets + index * BUCKET_BYTES
    for (let matches = matchTag(bucket, tag); matches; matches &= matches - 1) {
      const entry = ctz(matches)
      const address = entryRecord(bucket, entry)
      const record = changetype<Record>(address)
      if (record.keyBytes == keyBytes && equalBytes(record.key, key, keyBytes)) {
        foundBucket = bucket
        foundEntry = entry
        return address
      }
    }
    if (!passedCount(bucket)) return 0
    if (++index == bucketCount) index = 0
  } while (index != home)
  return 0
}

/** Takes an entry for the found one. */
export function aimAt(bucket: usize, entry: u32): void {
  foundBucket = bucket
  foundEntry = entry
}

/** The record on probation under a key of this hash, or 0; sets `foundBucket` and `foundEntry`. */
export function findOnProbation(segment: Segment, hash: u32): usize {
  const bucketCount = segment.bucketCount
  const buckets = segment.buckets
  const home = homeBucket(hash, segment.depth, bucketCount)
  let index = home
  do {
    const bucket = buckets + index * BUCKET_BYTES
    for (let matches = matchTag(bucket, tagOf(hash)); matches; matches &= matches - 1) {
      const entry = ctz(matches)
      const address = entryRecord(bucket, entry)
      const record = changetype<Record>(address)
      if (!record.isOnProbation || hashKey(record.key, record.keyBytes) != hash) continue
      aimAt(bucket, entry)
      return address
    }
    if (!passedCount(bucket)) return 0
    if (++index == bucketCount) index = 0
  } while (index != home)
  return 0
}

/**
 * The smallest hash that is at home in a bucket; one past the largest of the segment for the bucket behind the last.
 */
export function firstHash(segment: Segment, bucket: u32): u64 {
  const span = <u64>1 << (32 - segment.depth)
  const bucketCount = <u64>segment.bucketCount
  return <u64>segment.prefix * span + (<u64>bucket * span + bucketCount - 1) / bucketCount
}

/** Adds an entry for a record whose key is not in the segment; false when every bucket is full. */
export function insertEntry(segment: Segment, hash: u32, record: usize): bool {
  const bucketCount = segment.bucketCount
  if (segment.entryCount >= bucketCount * BUCKET_ENTRIES) return false
  const buckets = segment.buckets
  let index = homeBucket(hash, segment.depth, bucketCount)
  let bucket = buckets + index * BUCKET_BYTES
  let free = matchFree(bucket)
  while (!free) {
    pass(bucket)
    if (++index == bucketCount) index = 0
    bucket = buckets + index * BUCKET_BYTES
    free = matchFree(bucket)
  }
  foundBucket = bucket
  foundEntry = ctz(free)
  setEntry(bucket, foundEntry, tagOf(hash), record)
  segment.entryCount++
  const expiry = changetype<Record>(record).expiry
  if (expiry) noteExpiry(bucket, expiry)
  return true
}

/** Removes the entry at a place that `findEntry` just found for this hash. */
export function removeEntry(segment: Segment, hash: u32, bucket: usize, entry: u32): void {
  assert(entryTag(bucket, entry) == tagOf(hash), 'the entry is one of this hash')
  const bucketCount = segment.bucketCount
  const buckets = segment.buckets
  let index = homeBucket(hash, segment.depth, bucketCount)
  while (buckets + index * BUCKET_BYTES != bucket) {
    unpass(buckets + index * BUCKET_BYTES)
    if (++index == bucketCount) index = 0
  }
  clearEntry(bucket, entry)
  segment.entryCount--
}
