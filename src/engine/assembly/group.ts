// The early passes over a group of operations. The engine is bound by cache misses: each loop below starts the
// group's misses of one kind together, so that they overlap instead of being waited for one by one. The hashes are
// there already (request.ts).
//
//   1  ask for the buckets            one miss an operation
//   2  match tags, ask for the records
//
// What they find are hints: the last pass (execute.ts) looks again when anything was moved or freed since.
//
//   step, 4 bytes:   address of the home bucket, then of the first record whose tag matched in it, or 0

import { BUCKET_BYTES, entryRecord, matchTag } from './bucket.ts'
import { touch } from './bytes.ts'
import {
  directory,
  directoryBits,
  entryBucketCount,
  entryDepth,
  entryOffset,
  entrySegment,
} from './directory.ts'
import { tagOf } from './hash.ts'
import { STEPS_AT } from './layout.ts'
import { hashPlace } from './request.ts'
import { bucketsOf, homeBucket } from './segment.ts'

/** Operations that are taken through the passes together; measured in docs/BENCHMARKS.md. */
export const GROUP_STEPS: u32 = 48

/** Fills the first `count` steps for the listed operations from `first` on. */
export function loadGroup(first: u32, count: u32): void {
  const end = STEPS_AT + (<usize>count << 2)
  // Operations without a key are listed with hash 0: asking for that bucket in vain costs less than telling them apart.
  let hashAt = hashPlace(first)
  const entries = directory
  const bits = directoryBits
  for (let step: usize = STEPS_AT; step < end; step += 4, hashAt += 8) {
    const hash = load<u32>(hashAt)
    const entry = load<u64>(entries + entryOffset(hash, bits))
    const home = homeBucket(hash, entryDepth(entry), entryBucketCount(entry))
    const bucket = bucketsOf(entrySegment(entry)) + home * BUCKET_BYTES
    store<u32>(step, <u32>bucket)
  }
  for (let step: usize = STEPS_AT; step < end; step += 4) touch(load<u32>(step))
  hashAt = hashPlace(first)
  for (let step: usize = STEPS_AT; step < end; step += 4, hashAt += 8) {
    const bucket = <usize>load<u32>(step)
    const matches = matchTag(bucket, tagOf(load<u32>(hashAt)))
    const record = matches ? entryRecord(bucket, ctz(matches)) : 0
    store<u32>(step, <u32>record)
  }
  // Without a match this asks for address 0, which is as good as any.
  for (let step: usize = STEPS_AT; step < end; step += 4) {
    const record = <usize>load<u32>(step)
    touch(record)
    touch(record + 64)
    touch(record + 128)
  }
}
