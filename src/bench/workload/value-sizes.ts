// How many bytes the value of a record has, where not all have the same: it follows from the rank, by a fixed hash that is
// unrelated to the distribution of operations, so every client and every run agrees.
//
//   uniform    least + hash * (most - least + 1) / 2^32
//   histogram  the row in whose part of the 2^32 hashes the rank's falls; parts are as long as weights say

import { assert } from '../../util/assert.ts'
import type { ValueSizes } from './workload-spec.ts'

/** Rows of a histogram. */
export const HISTOGRAM_ROWS_MAX = 1_000

const RANGE_32 = 2 ** 32

/** Sets the sizes apart from all else that is made of ranks. */
const SIZE_SEED = 0x5175_1ce5

/** Sizes that vary, by rank. */
export class ValueSizer {
  /** Of a uniform distribution; the count is 0 for a histogram. */
  readonly #least: number
  readonly #sizeCount: number
  /** Of a histogram: one past the last hash of each row, and the row's bytes. */
  readonly #bounds: Float64Array
  readonly #rowBytes: Float64Array

  constructor(sizes: Exclude<ValueSizes, { kind: 'fixed' }>) {
    const rows = sizes.kind === 'histogram' ? sizes.rows : []
    assert(sizes.kind === 'uniform' || rows.length > 0, 'a histogram has rows')
    this.#least = sizes.kind === 'uniform' ? sizes.least : 0
    this.#sizeCount = sizes.kind === 'uniform' ? sizes.most - sizes.least + 1 : 0
    this.#bounds = boundsOf(rows)
    this.#rowBytes = Float64Array.from(rows, ([bytes]) => bytes)
  }

  /** Bytes of the value of a rank. */
  bytesOf(rank: number): number {
    const hash = hashOf(rank)
    if (this.#sizeCount > 0) return this.#least + Math.floor((hash / RANGE_32) * this.#sizeCount)
    return this.#rowBytes[rowOf(this.#bounds, hash)] as number
  }
}

/** Bytes of the largest value that there may be. */
export function valueBytesMost(sizes: ValueSizes): number {
  if (sizes.kind === 'fixed') return sizes.bytes
  return sizes.kind === 'uniform' ? sizes.most : Math.max(...sizes.rows.map(([bytes]) => bytes))
}

/** Mean bytes of a value, over many records. */
export function valueBytesMean(sizes: ValueSizes): number {
  if (sizes.kind === 'fixed') return sizes.bytes
  if (sizes.kind === 'uniform') return (sizes.least + sizes.most) / 2
  const weights = sizes.rows.reduce((sum, [, weight]) => sum + weight, 0)
  return sizes.rows.reduce((sum, [bytes, weight]) => sum + bytes * (weight / weights), 0)
}

function boundsOf(rows: readonly (readonly [bytes: number, weight: number])[]): Float64Array {
  const weights = rows.reduce((sum, [, weight]) => sum + weight, 0)
  let sum = 0
  const bounds = Float64Array.from(rows, ([, weight]) => {
    sum += weight
    return Math.round((sum / weights) * RANGE_32)
  })
  // Whatever the sums are rounded to, the last row takes the last hash.
  if (bounds.length > 0) bounds[bounds.length - 1] = RANGE_32
  return bounds
}

/** The first row whose bound is above the hash, by halving. */
function rowOf(bounds: Float64Array, hash: number): number {
  let first = 0
  let end = bounds.length - 1
  while (first < end) {
    const middle = (first + end) >>> 1
    if ((bounds[middle] as number) > hash) end = middle
    else first = middle + 1
  }
  return first
}

/** A bijection of 32-bit numbers that scatters neighbours (Wellons, "lowbias32", 2018). */
function hashOf(rank: number): number {
  let hash = rank ^ SIZE_SEED
  hash = Math.imul(hash ^ (hash >>> 16), 0x7feb_352d)
  hash = Math.imul(hash ^ (hash >>> 15), 0x846c_a68b)
  return (hash ^ (hash >>> 16)) >>> 0
}
