// A digest of all records: key, value, version and expiry of each, whatever their order in memory, so two engines with
// other secrets and another history of growth agree exactly when they hold the same. Not for secrets: FNV-1a (Fowler,
// Noll, Vo) over words, mixed, and summed over the records.

import { BUCKET_BYTES, BUCKET_ENTRIES, entryRecord, entryTag } from './bucket.ts'
import { call } from './call.ts'
import { segmentOf } from './directory.ts'
import { Record } from './record.ts'
import { firstHash, Segment } from './segment.ts'

const FNV_OFFSET: u64 = 0xcbf29ce484222325
const FNV_PRIME: u64 = 0x100000001b3
const HASH_END: u64 = 1 << 32

/** Takes time in proportion to the table. */
export function digest(): u64 {
  let sum = mix(call().recordCount)
  for (let hash: u64 = 0; hash < HASH_END; ) {
    const segment = segmentOf(<u32>hash)
    sum += digestSegment(segment)
    hash = firstHash(segment, segment.bucketCount)
  }
  return sum
}

function digestSegment(segment: Segment): u64 {
  let sum: u64 = 0
  const end = segment.buckets + segment.bucketCount * BUCKET_BYTES
  for (let bucket = segment.buckets; bucket < end; bucket += BUCKET_BYTES) {
    for (let entry: u32 = 0; entry < BUCKET_ENTRIES; entry++) {
      if (entryTag(bucket, entry)) sum += digestRecord(changetype<Record>(entryRecord(bucket, entry)))
    }
  }
  return sum
}

function digestRecord(record: Record): u64 {
  let hash = (FNV_OFFSET ^ record.version) * FNV_PRIME
  hash = (hash ^ record.expiry) * FNV_PRIME
  hash = (hash ^ record.keyBytes) * FNV_PRIME
  const end = record.value + record.valueBytes
  for (let at = record.key; at < end; at += 8) {
    const left = <u32>(end - at)
    const word = left >= 8 ? load<u64>(at) : load<u64>(at) & (((<u64>1) << (<u64>left << 3)) - 1)
    hash = mix((hash ^ word) * FNV_PRIME)
  }
  return mix(hash ^ record.valueBytes)
}

/** A bijection that lets every bit take part (the finalizer of MurmurHash3, Appleby). */
@inline
function mix(value: u64): u64 {
  value = (value ^ (value >> 33)) * 0xff51afd7ed558ccd
  value = (value ^ (value >> 33)) * 0xc4ceb9fe1a85ec53
  return value ^ (value >> 33)
}
