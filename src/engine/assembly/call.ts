// What a call tells the host, at a fixed address that the host reads without calling back.

import { CALL_AT } from './layout.ts'

/** Fields in the order in which `host-layout.ts` reads them. */
@unmanaged
export class Call {
  /** Operations of the current section that were executed. */
  resultCount: u32
  /** Address after the last result byte. */
  position: u32
  recordCount: u32
  heapBytes: u32
  heapUsedBytes: u32
  indexBytes: u32
  bucketCount: u32
  segmentCount: u32
  /** Operations executed, of every kind. */
  operations: u64
  /** Gets that found no record. */
  misses: u64
  sets: u64
  inserts: u64
  deletes: u64
  removals: u64
  exists: u64
  repeats: u64
  keyBytes: u64
  valueBytes: u64
  entriesMoved: u64
  version: u64
}

/** The one instance. */
@inline
export function call(): Call {
  return changetype<Call>(CALL_AT)
}
