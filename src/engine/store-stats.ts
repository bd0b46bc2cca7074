// The numbers of a store, out of those of its engine.

import type { EngineStats } from './engine-stats.ts'

/** Present sizes, and counters since the store was opened. */
export interface StoreStats {
  /** Records; those that have expired are among them until their memory is given back. */
  readonly records: number
  /** Of them, records with an expiry. */
  readonly expiring: number
  /** Bytes of all keys. */
  readonly keyBytes: number
  /** Bytes of all values. */
  readonly valueBytes: number
  /** Bytes in use: keys, values, what records have beside them, and the index. */
  readonly usedBytes: number
  /** Bytes taken from the system for index and records; at most `maxBytes`. Given back by `close` alone. */
  readonly memoryBytes: number
  /** Bytes in use beside key and value, for each record; 0 without records. */
  readonly overheadPerRecord: number
  /** Reads of values: `get`, `getRecord`, and what iteration over values reads. */
  readonly gets: number
  /** Of them, those that found a record. */
  readonly hits: number
  /** And those that found none. */
  readonly misses: number
  /** Records written by `set` and `exchange`, or not written because a condition did not hold. */
  readonly sets: number
  /** Calls of `delete` and `take`. */
  readonly deletes: number
  /** Records removed because they had expired. */
  readonly expired: number
  /** Records removed to make room for others. */
  readonly evicted: number
}

/** Names a store's numbers. */
export function storeStats(stats: EngineStats): StoreStats {
  const { records, expiring, keyBytes, valueBytes, gets, hits, sets, deletes, expired, evicted } = stats
  const usedBytes = stats.heapUsedBytes
  return {
    records,
    expiring,
    keyBytes,
    valueBytes,
    usedBytes,
    memoryBytes: stats.heapBytes,
    overheadPerRecord: records === 0 ? 0 : (usedBytes - keyBytes - valueBytes) / records,
    gets,
    hits,
    misses: gets - hits,
    sets,
    deletes,
    expired,
    evicted,
  }
}
