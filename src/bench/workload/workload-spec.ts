// What a workload is: which operations, on which records, with which keys and values. Plain data, which travels to client
// threads and to other machines, and stands in results.

/** How often records are asked for, by rank; rank 0 is the first one. */
export type Distribution =
  | { readonly kind: 'uniform' }
  /** Rank k has a share of 1 / (k + 1)^theta; the first records are the most frequent ones. */
  | { readonly kind: 'zipf'; readonly theta: number }
  /** The same shares, but the frequent records lie anywhere among all, as YCSB scatters them. */
  | { readonly kind: 'scrambled-zipf'; readonly theta: number }
  /** The records that were inserted last, by the same client or by the load, are the most frequent ones. */
  | { readonly kind: 'latest'; readonly theta: number }
  /** The first `hotShare` of the records get `hotOperations` of all operations, both from 0 to 1, evenly inside each part. */
  | { readonly kind: 'hotspot'; readonly hotShare: number; readonly hotOperations: number }

/**
 * How a record's key follows from its rank: `decimal` as the reference does, or `user` as YCSB does in its default order, by
 * `user` and a hash of the rank with up to 19 digits. That two of 10^8 records get one key has a chance of 1 in 2,000; it
 * would show, as a value that is not the record's.
 */
export type KeyFormat = 'decimal' | 'user'

/** How many bytes the value of a record has; it follows from the rank, so every value can be checked. */
export type ValueSizes =
  | { readonly kind: 'fixed'; readonly bytes: number }
  /** Evenly from `least` to `most`. */
  | { readonly kind: 'uniform'; readonly least: number; readonly most: number }
  /** Sizes with their weights. */
  | { readonly kind: 'histogram'; readonly rows: readonly (readonly [bytes: number, weight: number])[] }

/** A whole workload. */
export interface WorkloadSpec {
  /** `ycsb-b`, or `custom`. */
  readonly name: string
  /** Share of each kind of operation, by the kind's number; together 1. */
  readonly mix: readonly number[]
  readonly distribution: Distribution
  readonly keyFormat: KeyFormat
  readonly valueSizes: ValueSizes
  /** Records that the load stores. */
  readonly records: number
}
