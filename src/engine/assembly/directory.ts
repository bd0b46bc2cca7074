// The index: extendible hashing (Fagin et al., 1979) over segments. The directory maps the upper bits of a hash to
// its segment; a segment with fewer bits than the directory stands in several neighbouring entries.
//
//   entry, 64 bits:  | segment block, 32 | bucketCount, 16 | depth, 16 |
//
// A full segment is rebuilt into one about 1.4 times as large, or into two when it would pass SEGMENT_BUCKETS_MAX.
// The factor is drawn anew each time, so segments do not fill up all at once: the load of the whole index, and the
// work of growing, stay even from a thousand records to many millions. One rebuild moves at most
// SEGMENT_BUCKETS_MAX x 12 entries, and one frame at most MOVED_ENTRIES_MAX.

import { BLOCK_DIRECTORY, BLOCK_INDEX, blockWord, setBlockWord } from './block.ts'
import { BUCKET_BYTES, BUCKET_ENTRIES, entryRecord, entryTag } from './bucket.ts'
import { touch } from './bytes.ts'
import { call } from './call.ts'
import { hashKey, nextRandom } from './hash.ts'
import { allocate, directoryBlockBytes, release } from './heap.ts'
import { Record } from './record.ts'
import { createSegment, insertEntry, releaseSegment, Segment } from './segment.ts'

/** Buckets of the first segment of an empty table. */
const SEGMENT_BUCKETS_MIN: u32 = 4
/** Buckets of the largest segment: 16 KiB, rebuilt in some tens of microseconds. */
const SEGMENT_BUCKETS_MAX: u32 = 256
/** Directory bits of the largest table: 4 GiB of the smallest records need 17. */
const DIRECTORY_BITS_MAX: u32 = 22

/** A segment grows when more than this share of its entries is taken, in 256ths: 0.90. */
const LOAD_MAX_256: u32 = 230
/** When the frame's budget of moves is spent, a segment may fill up to this share before the frame has to stop: 0.96. */
const LOAD_FORCED_256: u32 = 246
/** A segment grows by a factor between 1.25 and 1.25 + 0.3. */
const GROWTH_MIN_256: u32 = 320
const GROWTH_SPREAD_256: u32 = 76

/** Entries that one frame may move to other buckets. */
const MOVED_ENTRIES_MAX: u32 = 32_768

let directoryBlock: usize = 0
export let directory: usize = 0
export let directoryBits: u32 = 0
let movesLeft: u32 = 0

/** Starts with one small segment. */
export function openDirectory(): bool {
  directoryBits = 0
  directoryBlock = createDirectory(0)
  if (!directoryBlock) return false
  directory = directoryBlock + 16
  const segment = createSegment(SEGMENT_BUCKETS_MIN, 0, 0)
  if (!segment) return false
  publish(changetype<Segment>(segment))
  return true
}

/** Sets the frame's budget of moves. */
export function allowMoves(): void {
  movesLeft = MOVED_ENTRIES_MAX
}

/** The directory's entry for a hash. */
@inline
export function directoryEntry(hash: u32): u64 {
  return load<u64>(directory + (<usize>(<u64>hash >> (32 - directoryBits)) << 3))
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
  const segment = changetype<Segment>(entrySegment(directoryEntry(hash)))
  const capacity = segment.bucketCount * BUCKET_ENTRIES
  if (segment.entryCount << 8 < capacity * LOAD_MAX_256) return true
  if (segment.entryCount <= movesLeft) {
    movesLeft -= segment.entryCount
    grow(segment)
    return true
  }
  return segment.entryCount << 8 < capacity * LOAD_FORCED_256
}

/** Rebuilds a segment with more room; leaves it as it is when memory does not suffice. */
function grow(segment: Segment): void {
  const factor = GROWTH_MIN_256 + (<u32>nextRandom() % GROWTH_SPREAD_256)
  const bucketCount = (segment.bucketCount * factor + 255) >> 8
  if (bucketCount <= SEGMENT_BUCKETS_MAX) {
    const larger = createSegment(bucketCount, segment.prefix, segment.depth)
    if (!larger) return
    if (!moveEntries(segment, changetype<Segment>(larger), changetype<Segment>(larger))) unreachable()
    publish(changetype<Segment>(larger))
  } else if (!split(segment, (bucketCount + 1) >> 1)) {
    return
  }
  releaseSegment(changetype<usize>(segment))
}

/**
 * Distributes a segment over two of `bucketCount` buckets each. False, and nothing changed, when memory does not
 * suffice or one half gets more than it can hold, which only keys made with the secret at hand bring about.
 */
function split(segment: Segment, bucketCount: u32): bool {
  if (segment.depth == directoryBits && !doubleDirectory()) return false
  const depth = segment.depth + 1
  const lower = createSegment(bucketCount, segment.prefix << 1, depth)
  if (!lower) return false
  const upper = createSegment(bucketCount, (segment.prefix << 1) | 1, depth)
  if (!upper) {
    releaseSegment(lower)
    return false
  }
  if (!moveEntries(segment, changetype<Segment>(lower), changetype<Segment>(upper))) {
    releaseSegment(lower)
    releaseSegment(upper)
    return false
  }
  publish(changetype<Segment>(lower))
  publish(changetype<Segment>(upper))
  return true
}

/** Inserts every entry of a segment into `lower` or, by the hash bit that tells them apart, `upper`; false when one is full. */
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
  const entry = <u64>changetype<usize>(segment) | (<u64>segment.bucketCount << 32) | (<u64>segment.depth << 48)
  let at = directory + ((<usize>segment.prefix * repeat) << 3)
  for (let index: u32 = 0; index < repeat; index++, at += 8) store<u64>(at, entry)
}

function createDirectory(bits: u32): usize {
  const block = allocate(directoryBlockBytes(bits))
  if (!block) return 0
  setBlockWord(block, blockWord(block) | BLOCK_INDEX | BLOCK_DIRECTORY | (bits << 8))
  call().indexBytes += directoryBlockBytes(bits)
  return block
}

/** Copies the directory into one with twice the entries. */
function doubleDirectory(): bool {
  if (directoryBits == DIRECTORY_BITS_MAX) return false
  const block = createDirectory(directoryBits + 1)
  if (!block) return false
  const larger = block + 16
  const count: u32 = 1 << directoryBits
  for (let index: u32 = 0; index < count; index++) {
    const entry = load<u64>(directory + (index << 3))
    store<u64>(larger + (index << 4), entry)
    store<u64>(larger + (index << 4), entry, 8)
  }
  const oldBytes = directoryBlockBytes(directoryBits)
  call().indexBytes -= oldBytes
  release(directoryBlock, oldBytes)
  directoryBlock = block
  directory = larger
  directoryBits++
  return true
}
