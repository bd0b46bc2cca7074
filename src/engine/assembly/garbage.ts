// Clearing: the table is replaced by an empty one at once, so every record is absent from the next operation on; what
// it held is given back in slices afterwards. Nobody can reach a cleared table but this file.
//
// A new table is made in advance, so that clearing works when memory is exhausted.
//
//   cleared directory:   0 next cleared directory   4 its bits

import { BUCKET_BYTES, BUCKET_ENTRIES, entryRecord, entryTag } from './bucket.ts'
import { touch } from './bytes.ts'
import { call } from './call.ts'
import { createTable, directoryBits, directoryBlock, releaseDirectory, useTable } from './directory.ts'
import { ARRAY_HEADER_BYTES, forgetFullHeap, release } from './heap.ts'
import { Record } from './record.ts'
import { releaseSegment, Segment } from './segment.ts'

/** Cleared entries given back for the memory of a table. */
const SPARE_STEP: u32 = 512

/** The table that the next clear puts into use, or 0. */
let spare: usize = 0
/** The cleared directory whose turn it is, or 0; and how far it was given back. */
let first: usize = 0
let index: u32 = 0
let bucketIndex: u32 = 0

/** Starts with an empty table. False when memory does not suffice. */
export function openTable(): bool {
  first = 0
  index = 0
  bucketIndex = 0
  const block = createTable()
  if (!block) return false
  useTable(block)
  spare = createTable()
  return spare != 0
}

/** Whether cleared records wait to be given back. */
@inline
export function hasGarbage(): bool {
  return first != 0
}

/** Makes every record absent. False when more of what was cleared before has to be given back first: some of it was. */
export function clearTable(): bool {
  if (!spare) collectGarbage(SPARE_STEP)
  if (!spare) return false
  const old = directoryBlock
  // The one whose turn it is stays in front: it is partly given back.
  store<u32>(old, first ? load<u32>(first) : 0)
  store<u32>(old, directoryBits, 4)
  if (first) store<u32>(first, <u32>old)
  else first = old
  useTable(spare)
  spare = createTable()
  forgetFullHeap()
  const state = call()
  state.garbageEntries += state.recordCount
  state.recordCount = 0
  state.expiringCount = 0
  state.keyBytes = 0
  state.valueBytes = 0
  state.probationCount = 0
  return true
}

/** Gives the table back that is kept for the next clear, if it lies in this block; a later call makes another one. */
export function releaseSpare(block: usize): bool {
  if (!spare) return false
  const segment = <usize>load<u32>(spare, ARRAY_HEADER_BYTES)
  if (block != spare && block != segment) return false
  // The block that was asked for goes last: it is the one whose place is wanted.
  if (block == spare) releaseSegment(segment)
  releaseDirectory(spare, 0)
  if (block == segment) releaseSegment(segment)
  spare = 0
  return true
}

/** Gives back what was cleared, about `entries` index entries of it. */
export function collectGarbage(entries: u32): void {
  let left = <i32>entries
  while (first && left > 0) {
    const bits = load<u32>(first, 4)
    if (index >> bits) {
      const done = first
      first = load<u32>(done)
      index = 0
      releaseDirectory(done, bits)
      continue
    }
    const block = load<u32>(first + (<usize>index << 3), ARRAY_HEADER_BYTES)
    const segment = changetype<Segment>(block)
    while (bucketIndex < segment.bucketCount && left > 0) {
      left -= BUCKET_ENTRIES
      releaseRecords(segment.buckets + bucketIndex++ * BUCKET_BYTES)
    }
    if (bucketIndex < segment.bucketCount) break
    index += 1 << (bits - segment.depth)
    bucketIndex = 0
    releaseSegment(block)
  }
  if (!spare) spare = createTable()
}

function releaseRecords(bucket: usize): void {
  for (let entry: u32 = 0; entry < BUCKET_ENTRIES; entry++) {
    if (entryTag(bucket, entry)) touch(entryRecord(bucket, entry))
  }
  const state = call()
  state.entriesVisited += BUCKET_ENTRIES
  for (let entry: u32 = 0; entry < BUCKET_ENTRIES; entry++) {
    if (!entryTag(bucket, entry)) continue
    const record = entryRecord(bucket, entry)
    release(record, changetype<Record>(record).blockBytes)
    state.garbageEntries--
  }
}

/** Segments of tables that are not in use: for `checkInvariants`. */
export function unusedSegments(): u32 {
  let count: u32 = spare ? 1 : 0
  for (let block = first; block; block = load<u32>(block)) {
    const bits = load<u32>(block, 4)
    let at: u32 = block == first ? index : 0
    while (!(at >> bits)) {
      count++
      at += 1 << (bits - changetype<Segment>(load<u32>(block + (<usize>at << 3), ARRAY_HEADER_BYTES)).depth)
    }
  }
  return count
}
