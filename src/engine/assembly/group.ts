// The early passes over a group of operations. The engine is bound by cache misses: each loop below starts the
// group's misses of one kind together, so that they overlap instead of being waited for one by one.
//
//   1  parse and hash        reads the request only
//   2  ask for the buckets   one miss an operation
//   3  match tags, ask for the records
//
// What they find are hints: the last pass (execute.ts) looks again when anything was moved or freed since.

import { OP_CODE_MASK, OP_SET } from '../../protocol/codes.ts'
import { BUCKET_BYTES, entryRecord, matchTag } from './bucket.ts'
import { directoryEntry, entryBucketCount, entryDepth, entrySegment } from './directory.ts'
import { touch } from './bytes.ts'
import { hashKey, tagOf } from './hash.ts'
import { lengthEnd, readLength } from './request.ts'
import { bucketsOf, homeBucket } from './segment.ts'
import { stepAt } from './step.ts'

/** Fills the first `count` steps from the operations at `at`; returns where the next group starts. */
export function loadGroup(at: usize, count: u32): usize {
  const end = parseGroup(at, count)
  touchBuckets(count)
  touchRecords(count)
  return end
}

function parseGroup(at: usize, count: u32): usize {
  for (let index: u32 = 0; index < count; index++) {
    const step = stepAt(index)
    const operation = <u32>load<u8>(at)
    const keyBytes = readLength(at + 1)
    const valueBytes = (operation & OP_CODE_MASK) == OP_SET ? readLength(lengthEnd) : 0
    const key = lengthEnd
    const hash = hashKey(key, keyBytes)
    const entry = directoryEntry(hash)
    const home = homeBucket(hash, entryDepth(entry), entryBucketCount(entry))
    step.operation = operation
    step.hash = hash
    step.key = key
    step.keyBytes = keyBytes
    step.value = key + keyBytes
    step.valueBytes = valueBytes
    step.bucket = bucketsOf(entrySegment(entry)) + home * BUCKET_BYTES
    at = key + keyBytes + valueBytes
  }
  return at
}

function touchBuckets(count: u32): void {
  for (let index: u32 = 0; index < count; index++) touch(stepAt(index).bucket)
}

function touchRecords(count: u32): void {
  for (let index: u32 = 0; index < count; index++) {
    const step = stepAt(index)
    const matches = matchTag(step.bucket, tagOf(step.hash))
    const record = matches ? entryRecord(step.bucket, ctz(matches)) : 0
    step.record = record
    // Without a match this asks for address 0, which is as good as any.
    touch(record)
    touch(record + 64)
    touch(record + 128)
  }
}
