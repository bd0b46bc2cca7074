// What a batch knows of its operations, as arrays of fields: entry i of each array belongs to operation i. One such
// set costs nothing per operation, and is used again by later batches once the results are released.
//
//   appended with the operation   shards     index of its shard in the batch's routing
//   filled from the replies       statuses   status byte, or one of the two below
//                                 starts     where its value lies in its source
//                                 lengths    bytes of its value
//                                 sources    which reply holds it; for an operation that was not answered: which failure

import { assert } from '../util/assert.ts'

/** In `statuses`: the operation did not take effect and never will; `sources` names the failure. */
export const STATUS_NOT_DONE = 0xfe
/** In `statuses`: the request may have left and no reply came; `sources` names the failure. */
export const STATUS_UNKNOWN = 0xff

/** Replies and failures of one batch: what the `sources` column can tell apart. */
export const SOURCES_MAX = 65_535

/** Operations for which the smallest set of columns has room. */
const CAPACITY_MIN = 64

/** Sets of columns larger than this are left to the garbage collector (17 bytes for each operation). */
const POOLED_CAPACITY_MAX = 128 * 1024

/** Sets kept of each size. */
const POOLED_PER_SIZE_MAX = 8

/** The columns of one batch. `indexes` is room for its sections' lists of operation indexes. */
export class Columns {
  readonly capacity: number
  readonly statuses: Uint8Array
  readonly shards: Uint16Array
  readonly sources: Uint16Array
  readonly starts: Uint32Array
  readonly lengths: Uint32Array
  readonly indexes: Uint32Array

  constructor(capacity: number) {
    this.capacity = capacity
    this.statuses = new Uint8Array(capacity)
    this.shards = new Uint16Array(capacity)
    this.sources = new Uint16Array(capacity)
    this.starts = new Uint32Array(capacity)
    this.lengths = new Uint32Array(capacity)
    this.indexes = new Uint32Array(capacity)
  }
}

/** Columns that wait for their next batch, by size: sizes are powers of two. */
export class ColumnPool {
  readonly #free: Columns[][] = []

  /** Columns for at least `capacity` operations, with unspecified contents. */
  take(capacity: number): Columns {
    const size = sizeClass(capacity)
    return this.#free[size]?.pop() ?? new Columns(2 ** size)
  }

  /** Takes columns back that nobody reads any more. */
  give(columns: Columns): void {
    if (columns.capacity > POOLED_CAPACITY_MAX) return
    const size = sizeClass(columns.capacity)
    assert(2 ** size === columns.capacity, 'pooled columns have the capacity of their size class')
    const free = this.#free[size]
    if (free === undefined) this.#free[size] = [columns]
    else if (free.length < POOLED_PER_SIZE_MAX) free.push(columns)
  }

  /** Twice the room, with the shards copied; takes the old columns back. */
  grow(columns: Columns): Columns {
    const larger = this.take(columns.capacity * 2)
    larger.shards.set(columns.shards)
    this.give(columns)
    return larger
  }
}

/** Log2 of the smallest capacity that has the room. */
function sizeClass(capacity: number): number {
  return 32 - Math.clz32(Math.max(capacity, CAPACITY_MIN) - 1)
}
