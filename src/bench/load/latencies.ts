// Latencies of each kind of operation, in memory that threads share: a client counts into its own, anybody may read while
// it does, and those of several clients or moments are added and subtracted like numbers.
//
// A histogram of HDR's kind: 64 steps to each doubling, so that a percentile is known to 1.6 %. Node's own takes one value
// at a time, while all operations of a batch end at once; libraries that take a count bring their own formats and tables.
//
//   counts   | kind 0: BUCKETS | kind 1: BUCKETS | ...

import { assert } from '../../util/assert.ts'
import { KIND_END } from '../workload/kinds.ts'

const STEPS = 64
/** Nothing is shorter than 2^7 ns, and what is longer than 2^37 ns, 137 seconds, counts as that. */
const EXPONENT_MIN = 7
const EXPONENT_MAX = 36
const BUCKETS = (EXPONENT_MAX - EXPONENT_MIN + 1) * STEPS

/** Numbers that the latencies of one client take. */
export const LATENCY_FIELDS = KIND_END * BUCKETS

/** Counts of latencies, for each kind of operation. */
export class Latencies {
  readonly #counts: Float64Array

  /** @param counts LATENCY_FIELDS of them, zero at first; shared memory, or the latencies' own. */
  constructor(counts: Float64Array = new Float64Array(LATENCY_FIELDS)) {
    assert(counts.length === LATENCY_FIELDS, 'every kind has its buckets')
    this.#counts = counts
  }

  /** Counts so many operations of a kind that took this long. */
  record(kind: number, durationNs: number, operationCount: number): void {
    const at = kind * BUCKETS + bucketOf(durationNs)
    this.#counts[at] = (this.#counts[at] as number) + operationCount
  }

  /** Adds others to these. */
  add(others: Latencies): void {
    for (let at = 0; at < LATENCY_FIELDS; at++) (this.#counts[at] as number) += others.#counts[at] as number
  }

  /** A copy, from which `earlier` is subtracted. */
  since(earlier: Latencies): Latencies {
    return new Latencies(this.#counts.map((count, at) => count - (earlier.#counts[at] as number)))
  }

  /** A copy that counts for itself. */
  copy(): Latencies {
    return new Latencies(this.#counts.slice())
  }

  /** Operations counted, of one kind or of all. */
  count(kind?: number): number {
    let sum = 0
    for (const each of kindsOf(kind)) for (let at = 0; at < BUCKETS; at++) sum += this.#at(each, at)
    return sum
  }

  /**
   * The latency that `share` of the operations did not exceed, of one kind or of all, in nanoseconds; undefined without
   * operations.
   */
  percentileNs(share: number, kind?: number): number | undefined {
    const kinds = kindsOf(kind)
    const rank = Math.max(1, Math.ceil(this.count(kind) * share))
    let passed = 0
    for (let at = 0; at < BUCKETS; at++) {
      for (const each of kinds) passed += this.#at(each, at)
      if (passed >= rank) return upperBoundNs(at)
    }
    return undefined
  }

  #at(kind: number, bucket: number): number {
    return this.#counts[kind * BUCKETS + bucket] as number
  }
}

const ALL_KINDS: readonly number[] = Array.from({ length: KIND_END }, (_, kind) => kind)

function kindsOf(kind: number | undefined): readonly number[] {
  return kind === undefined ? ALL_KINDS : [kind]
}

function bucketOf(ns: number): number {
  if (ns < 2 ** EXPONENT_MIN) return 0
  const exponent = Math.min(Math.floor(Math.log2(ns)), EXPONENT_MAX)
  const step = Math.min(STEPS - 1, Math.floor((ns / 2 ** exponent - 1) * STEPS))
  // A logarithm that is rounded up gives a step below 0.
  return (exponent - EXPONENT_MIN) * STEPS + Math.max(0, step)
}

function upperBoundNs(bucket: number): number {
  const exponent = Math.floor(bucket / STEPS) + EXPONENT_MIN
  return 2 ** exponent * (1 + ((bucket % STEPS) + 1) / STEPS)
}
