// The index: extendible hashing (Fagin et al., 1979) over segments. The directory maps the upper bits of a hash to
// its segment; a segment with fewer bits than the directory stands in several neighbouring entries.
//
//   entry, 64 bits:  | segment block, 32 | bucketCount, 16 | depth, 16 |
//
// A full segment is rebuilt into one about 1.4 times as large, or into two when it would pass SEGMENT_BUCKETS_MAX.
// The factor is drawn anew each time, so segments do not fill up all at once: the load of the whole index, and the
// work of growing, stay even from a thousand records to many millions. One rebuild moves at most
// SEGMENT_BUCKETS_MAX x 12 entries, and one call a bounded number for each of its operations.

import { BLOCK_ARRAY, BLOCK_INDEX, blockWord, setBlockWord } from './block.ts'
import { BUCKET_BYTES, BUCKET_ENTRIES, entryRecord, entryTag } from './bucket.ts'
import { touch } from './bytes.ts'
import { call } from './call.ts'
import { hashKey, nextRandom } from './hash.ts'
import {
  allocate,
  ARRAY_HEADER_BYTES,
  arrayBlockBytes,
  noteFailed,
  noteHeapChange,
  release,
  segmentBlockBytes,
} from './heap.ts'
import { keptCount, removedEntries } from './kept.ts'
import { Record } from './record.ts'
import {
  bucketsOf,
  createSegment,
  firstHash,
  homeBucket,
  insertEntry,
  releaseSegment,
  Segment,
  SEGMENT_BUCKETS_MAX,
} from './segment.ts'

/** Buckets of the first segment of an empty table. */
const SEGMENT_BUCKETS_MIN: u32 = 4
/** Directory bits of the largest table: 4 GiB of the smallest records need 17. One doubling copies at most 2 MiB. */
const DIRECTORY_BITS_MAX: u32 = 18

/** A segment grows when more than this share of its entries is taken, in 256ths: 0.90. */
const LOAD_MAX_256: u32 = 230
/**
 * When the frame's budget of moves is spent, a segment may fill up to this share before the frame has to stop: 0.96.
 */
const LOAD_FORCED_256: u32 = 246
/** A segment grows by a factor between 1.25 and 1.25 + 0.3. */
const GROWTH_MIN_256: u32 = 320
const GROWTH_SPREAD_256: u32 = 76

/** A segment is rebuilt smaller when less than this share of its entries is taken, in 256ths: 0.25 ... */
const LOAD_MIN_256: u32 = 64
/** ... so that this share is taken afterwards: 0.62. */
const LOAD_SHRUNK_256: u32 = 160

/** Entries that one call may move to other buckets: so many, */
const MOVED_ENTRIES_BASE: u32 = 4_096
/** and so many more for each operation. Growing moves about three for a record inserted. */
const MOVED_ENTRIES_PER_OPERATION: u32 = 4

export let directoryBlock: usize = 0
export let directory: usize = 0
export let directoryBits: u32 = 0
let movesLeft: u32 = 0

/** The block of a directory with a single small segment, or 0. Nothing points to it yet. */
export function createTable(): usize {
  const block = createDirectory(0)
  if (!block) return 0
  const segment = createSegment(SEGMENT_BUCKETS_MIN, 0, 0)
  if (!segment) {
    releaseDirectory(block, 0)
    return 0
  }
  store<u64>(block, entryOf(changetype<Segment>(segment)), ARRAY_HEADER_BYTES)
  return block
}

/** Makes the table of `createTable` the one that is in use. */
export function useTable(block: usize): void {
  directoryBlock = block
  directory = block + ARRAY_HEADER_BYTES
  directoryBits = 0
  noteHeapChange()
}

/** Gives a directory's memory back. */
export function releaseDirectory(block: usize, bits: u32): void {
  const bytes = arrayBlockBytes(bits)
  call().indexBytes -= bytes
  release(block, bytes)
}

/** Sets the call's budget of moves. */
export function allowMoves(operations: u32): void {
  movesLeft = MOVED_ENTRIES_BASE + operations * MOVED_ENTRIES_PER_OPERATION
}

/** The segment of a hash. */
@inline
export function segmentOf(hash: u32): Segment {
  return changetype<Segment>(entrySegment(directoryEntry(hash)))
}

/** Address of the bucket where a hash is at home. */
@inline
export function homeOf(hash: u32): usize {
  const entry = directoryEntry(hash)
  return bucketsOf(entrySegment(entry)) + homeBucket(hash, entryDepth(entry), entryBucketCount(entry)) * BUCKET_BYTES
}

/** The directory's entry for a hash. */
@inline
export function directoryEntry(hash: u32): u64 {
  return load<u64>(directory + entryOffset(hash, directoryBits))
}

/** Where the entry of a hash lies in a directory of 2^bits entries. */
@inline
export function entryOffset(hash: u32, bits: u32): usize {
  return <usize>(<u64>hash >> (32 - bits)) << 3
}

@inline
export function entrySegment(entry: u64): usize {
  return <usize>(entry & 0xffffffff)
}

@inline
export function entryBucketCount(entry: u64): u32 {
  return <u32>(entry >> 32) & 0xffff
}

@inline
export function entryDepth(entry: u64): u32 {
  return <u32>(entry >> 48)
}

/**
 * Sees to it that the segment of a hash can take one more entry, memory permitting. False when that would move more
 * entries than the frame has left: the operation must wait for the next one.
 */
export function makeRoom(hash: u32): bool {
  const segment = segmentOf(hash)
  const capacity = segment.bucketCount * BUCKET_ENTRIES
  if (segment.entryCount << 8 < capacity * LOAD_MAX_256) return true
  const entryCount = segment.entryCount
  if (entryCount <= movesLeft) {
    // Without memory for it nothing was moved, and the segment fills up.
    if (grow(segment)) movesLeft -= entryCount
    return true
  }
  return segment.entryCount << 8 < capacity * LOAD_FORCED_256
}

/**
 * Rebuilds the segment of a hash smaller after an entry was removed, when little of it is taken; merges it with its
 * neighbour when both are of the smallest size. Does nothing when the call has no moves left: a later removal will.
 */
export function giveRoomBack(hash: u32): void {
  const segment = segmentOf(hash)
  const entryCount = segment.entryCount
  if (entryCount << 8 >= segment.bucketCount * BUCKET_ENTRIES * LOAD_MIN_256 || entryCount > movesLeft) return
  if (segment.bucketCount > SEGMENT_BUCKETS_MIN && !shrink(segment)) return
  while (mergeWithNeighbour(segmentOf(hash))) {
    // What was merged may merge again.
  }
}

/** Rebuilds a segment of which little is taken smaller; false when there is no memory for it. */
function shrink(segment: Segment): bool {
  const entryCount = segment.entryCount
  const wanted = (entryCount << 8) / (BUCKET_ENTRIES * LOAD_SHRUNK_256) + 1
  const smaller = createSegment(max(wanted, SEGMENT_BUCKETS_MIN), segment.prefix, segment.depth)
  if (!smaller) return false
  movesLeft -= entryCount
  if (!moveEntries(segment, changetype<Segment>(smaller), changetype<Segment>(smaller))) unreachable()
  publish(changetype<Segment>(smaller))
  releaseSegment(changetype<usize>(segment))
  return true
}

/** Moves the directory to another block; false when the block is not the directory or there is no memory for it. */
export function moveDirectory(block: usize): bool {
  if (block != directoryBlock) return false
  const target = createDirectory(directoryBits)
  if (!target) return false
  memory.copy(target + ARRAY_HEADER_BYTES, block + ARRAY_HEADER_BYTES, 8 << directoryBits)
  directoryBlock = target
  directory = target + ARRAY_HEADER_BYTES
  releaseDirectory(block, directoryBits)
  return true
}

/** Moves the segment in a block to another block; false when it is not in use or there is no memory for it. */
export function moveSegment(block: usize): bool {
  const segment = changetype<Segment>(block)
  const depth = segment.depth
  if (changetype<usize>(segmentOf(depth ? segment.prefix << (32 - depth) : 0)) != block) return false
  const target = createSegment(segment.bucketCount, segment.prefix, depth)
  if (!target) return false
  const copy = changetype<Segment>(target)
  copy.entryCount = segment.entryCount
  memory.copy(copy.buckets, segment.buckets, segment.bucketCount * BUCKET_BYTES)
  publish(copy)
  releaseSegment(block)
  return true
}

/**
 * Makes one segment of two that differ in the last bit of their prefix, when both are small and little of them is
 * taken; else false.
 */
function mergeWithNeighbour(segment: Segment): bool {
  const depth = segment.depth
  if (!depth || segment.bucketCount != SEGMENT_BUCKETS_MIN) return false
  const neighbour = segmentOf((segment.prefix ^ 1) << (32 - depth))
  const capacity = SEGMENT_BUCKETS_MIN * BUCKET_ENTRIES
  const entryCount = segment.entryCount + neighbour.entryCount
  if (neighbour.depth != depth || neighbour.bucketCount != SEGMENT_BUCKETS_MIN) return false
  if (entryCount << 8 > capacity * LOAD_SHRUNK_256 || entryCount > movesLeft) return false
  const merged = createSegment(SEGMENT_BUCKETS_MIN, segment.prefix >> 1, depth - 1)
  if (!merged) return false
  movesLeft -= entryCount
  for (let half = 0; half < 2; half++) {
    const from = half ? neighbour : segment
    if (!moveEntries(from, changetype<Segment>(merged), changetype<Segment>(merged))) unreachable()
    releaseSegment(changetype<usize>(from))
  }
  publish(changetype<Segment>(merged))
  return true
}

/** Rebuilds a segment with more room; false, and it stays as it is, when memory does not suffice. */
function grow(segment: Segment): bool {
  const factor = GROWTH_MIN_256 + (<u32>nextRandom() % GROWTH_SPREAD_256)
  const bucketCount = (segment.bucketCount * factor + 255) >> 8
  if (bucketCount <= SEGMENT_BUCKETS_MAX) {
    const larger = createSegment(bucketCount, segment.prefix, segment.depth)
    if (!larger) return false
    if (!moveEntries(segment, changetype<Segment>(larger), changetype<Segment>(larger))) unreachable()
    publish(changetype<Segment>(larger))
  } else if (!split(segment, bucketCount)) {
    return false
  }
  releaseSegment(changetype<usize>(segment))
  return true
}

// Results of `distribute`.
const DISTRIBUTED: u32 = 0
const HALF_IS_FULL: u32 = 1
const LACKS_MEMORY: u32 = 2

/**
 * Distributes a segment over two with `bucketCount` buckets together. False, and nothing changed, when memory does not
 * suffice. Halves of the same size nearly always do; but whoever lists keys learns the order of their hashes and may
 * store only such as go to one half, and an atomic group may have to put back what it removed from one. Then each half
 * is as large as it needs.
 */
function split(segment: Segment, bucketCount: u32): bool {
  if (segment.depth == directoryBits && !doubleDirectory()) return false
  if (!keptCount) {
    const half = (bucketCount + 1) >> 1
    const result = distribute(segment, half, half)
    if (result != HALF_IS_FULL) return result == DISTRIBUTED
  }
  const depth = segment.depth + 1
  const prefix = segment.prefix << 1
  const upperEntries = entriesAbove(segment)
  const lowerEntries = segment.entryCount - upperEntries + removedEntries(prefix, depth)
  const lowerBuckets = halfBuckets(bucketCount, segment, lowerEntries)
  const upperBuckets = halfBuckets(bucketCount, segment, upperEntries + removedEntries(prefix | 1, depth))
  const result = distribute(segment, lowerBuckets, upperBuckets)
  assert(result != HALF_IS_FULL, 'each half has the room that it needs')
  return result == DISTRIBUTED
}

/** Puts the entries of a segment into two new ones and publishes these; else nothing changed. */
function distribute(segment: Segment, lowerBuckets: u32, upperBuckets: u32): u32 {
  const depth = segment.depth + 1
  const lower = createSegment(lowerBuckets, segment.prefix << 1, depth)
  const upper = lower ? createSegment(upperBuckets, (segment.prefix << 1) | 1, depth) : 0
  if (!upper) {
    if (lower) releaseSegment(lower)
    // Room for one of them would not help.
    noteFailed(segmentBlockBytes(lowerBuckets) + segmentBlockBytes(upperBuckets))
    return LACKS_MEMORY
  }
  if (!moveEntries(segment, changetype<Segment>(lower), changetype<Segment>(upper))) {
    releaseSegment(lower)
    releaseSegment(upper)
    return HALF_IS_FULL
  }
  publish(changetype<Segment>(lower))
  publish(changetype<Segment>(upper))
  return DISTRIBUTED
}

/** Buckets for one half of a segment: its entries' share of all, between the least and the most that a segment has. */
function halfBuckets(bucketCount: u32, segment: Segment, entries: u32): u32 {
  const share = (bucketCount * entries + segment.entryCount - 1) / segment.entryCount
  return min(max(share, SEGMENT_BUCKETS_MIN), SEGMENT_BUCKETS_MAX)
}

/** Entries of a segment whose next bit of the hash is set. */
function entriesAbove(segment: Segment): u32 {
  const half = firstHash(segment, segment.bucketCount) - ((<u64>1 << 31) >> segment.depth)
  let above: u32 = 0
  for (let index: u32 = 0; index < segment.bucketCount; index++) {
    const bucket = segment.buckets + index * BUCKET_BYTES
    for (let entry: u32 = 0; entry < BUCKET_ENTRIES; entry++) {
      if (!entryTag(bucket, entry)) continue
      const record = changetype<Record>(entryRecord(bucket, entry))
      if (<u64>hashKey(record.key, record.keyBytes) >= half) above++
    }
  }
  return above
}

/**
 * Inserts every entry of a segment into `lower` or, by the hash bit that tells them apart, `upper`; false when one is
 * full.
 */
function moveEntries(segment: Segment, lower: Segment, upper: Segment): bool {
  const divided = lower != upper
  const shift = 31 - segment.depth
  const end = segment.buckets + segment.bucketCount * BUCKET_BYTES
  for (let bucket = segment.buckets; bucket < end; bucket += BUCKET_BYTES) {
    // All of a bucket's records are asked for before the first is needed, so that their cache misses overlap.
    for (let entry: u32 = 0; entry < BUCKET_ENTRIES; entry++) {
      if (entryTag(bucket, entry)) touch(entryRecord(bucket, entry))
    }
    for (let entry: u32 = 0; entry < BUCKET_ENTRIES; entry++) {
      if (!entryTag(bucket, entry)) continue
      const address = entryRecord(bucket, entry)
      const record = changetype<Record>(address)
      const hash = hashKey(record.key, record.keyBytes)
      if (!insertEntry(divided && (hash >> shift) & 1 ? upper : lower, hash, address)) return false
    }
  }
  call().entriesMoved += segment.entryCount
  return true
}

/** Points the directory at a segment, in all entries that share its prefix. */
function publish(segment: Segment): void {
  const repeat: u32 = 1 << (directoryBits - segment.depth)
  const entry = entryOf(segment)
  let at = directory + ((<usize>segment.prefix * repeat) << 3)
  for (let index: u32 = 0; index < repeat; index++, at += 8) store<u64>(at, entry)
}

@inline
function entryOf(segment: Segment): u64 {
  return <u64>changetype<usize>(segment) | (<u64>segment.bucketCount << 32) | (<u64>segment.depth << 48)
}

function createDirectory(bits: u32): usize {
  const block = allocate(arrayBlockBytes(bits))
  if (!block) return 0
  setBlockWord(block, blockWord(block) | BLOCK_INDEX | BLOCK_ARRAY | (bits << 8))
  call().indexBytes += arrayBlockBytes(bits)
  return block
}

/** Copies the directory into one with twice the entries. */
function doubleDirectory(): bool {
  if (directoryBits == DIRECTORY_BITS_MAX) return false
  const block = createDirectory(directoryBits + 1)
  if (!block) return false
  const larger = block + ARRAY_HEADER_BYTES
  const count: u32 = 1 << directoryBits
  for (let index: u32 = 0; index < count; index++) {
    const entry = load<u64>(directory + (index << 3))
    store<u64>(larger + (index << 4), entry)
    store<u64>(larger + (index << 4), entry, 8)
  }
  releaseDirectory(directoryBlock, directoryBits)
  directoryBlock = block
  directory = larger
  directoryBits++
  return true
}
