// Reads the block of counters that the engine keeps at a fixed address (`assembly/call.ts`, same order).

/** Counters since the engine was opened, and present sizes. */
export interface EngineStats {
  readonly records: number
  /** Bytes of all keys. */
  readonly keyBytes: number
  /** Bytes of all values. */
  readonly valueBytes: number
  /** Bytes of the heap: index, records, free blocks. */
  readonly heapBytes: number
  /** Bytes of the heap that are in use. */
  readonly heapUsedBytes: number
  /** Bytes of the index: directory and segments. */
  readonly indexBytes: number
  /** Bytes of the whole WebAssembly memory, buffers included. Untouched buffer pages take no physical memory. */
  readonly memoryBytes: number
  readonly buckets: number
  readonly segments: number
  /** Records that have an expiry, those that have passed and are not removed yet included. */
  readonly expiring: number
  /** Cleared records whose memory is not given back yet. */
  readonly cleared: number
  /** Records that are new to a full cache. */
  readonly onProbation: number
  readonly gets: number
  /** Gets that found a record. */
  readonly hits: number
  readonly sets: number
  /** Writes that created a record. */
  readonly inserts: number
  readonly deletes: number
  /** Deletes that removed a record. */
  readonly removals: number
  readonly exists: number
  /** Operations of all other kinds. */
  readonly others: number
  /** Results answered by reference to an earlier one. */
  readonly repeats: number
  /** Records removed because they had expired. */
  readonly expired: number
  /** Records removed to make room for others. */
  readonly evicted: number
  /** Records removed because the slot that they were in was taken away. */
  readonly discarded: number
  /** Index entries moved by growth. */
  readonly entriesMoved: number
  /** Index entries that sweeps, evictions, discards, scans and clears looked at. */
  readonly entriesVisited: number
  /** Effects emitted: the position of the next one. */
  readonly effectPosition: number
  /** The newest version given out. */
  readonly version: bigint
}

/** Where the 64-bit counters begin. */
const COUNTERS_AT = 64

/** Reads the counters at the start of `view`. */
export function readStats(view: DataView, memoryBytes: number): EngineStats {
  const u32 = (index: number): number => view.getUint32(index * 4, true)
  const u64 = (index: number): number => Number(view.getBigUint64(COUNTERS_AT + index * 8, true))
  const [operations, misses, sets, deletes, exists, others] = [u64(0), u64(1), u64(2), u64(4), u64(6), u64(7)]
  // The commonest operation is not counted but follows from the others.
  const gets = operations - sets - deletes - exists - others
  return {
    records: u32(2),
    heapBytes: u32(3),
    heapUsedBytes: u32(4),
    indexBytes: u32(5),
    buckets: u32(6),
    segments: u32(7),
    expiring: u32(8),
    cleared: u32(9),
    onProbation: u32(13),
    gets,
    hits: gets - misses,
    sets,
    inserts: u64(3),
    deletes,
    removals: u64(5),
    exists,
    others,
    repeats: u64(8),
    keyBytes: u64(9),
    valueBytes: u64(10),
    entriesMoved: u64(11),
    expired: u64(12),
    evicted: u64(13),
    discarded: u64(17),
    entriesVisited: u64(14),
    effectPosition: u64(15),
    version: view.getBigUint64(COUNTERS_AT + 16 * 8, true),
    memoryBytes,
  }
}
