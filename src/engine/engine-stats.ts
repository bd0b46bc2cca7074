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
  readonly gets: number
  /** Gets that found a record. */
  readonly hits: number
  readonly sets: number
  /** Sets that created a record. */
  readonly inserts: number
  readonly deletes: number
  /** Deletes that removed a record. */
  readonly removals: number
  readonly exists: number
  /** Results answered by reference to an earlier one. */
  readonly repeats: number
  /** Index entries moved by growth. */
  readonly entriesMoved: number
  /** The newest version given out. */
  readonly version: bigint
}

/** Reads the counters at the start of `view`. */
export function readStats(view: DataView, memoryBytes: number): EngineStats {
  const u32 = (index: number): number => view.getUint32(index * 4, true)
  const u64 = (index: number): number => Number(view.getBigUint64(32 + index * 8, true))
  const [operations, misses, sets, deletes, exists] = [u64(0), u64(1), u64(2), u64(4), u64(6)]
  // The commonest operation is not counted but follows from the others.
  const gets = operations - sets - deletes - exists
  return {
    heapBytes: u32(3),
    heapUsedBytes: u32(4),
    indexBytes: u32(5),
    buckets: u32(6),
    segments: u32(7),
    records: u32(2),
    gets,
    hits: gets - misses,
    sets,
    inserts: u64(3),
    deletes,
    removals: u64(5),
    exists,
    repeats: u64(7),
    keyBytes: u64(8),
    valueBytes: u64(9),
    entriesMoved: u64(10),
    version: view.getBigUint64(32 + 11 * 8, true),
    memoryBytes,
  }
}
