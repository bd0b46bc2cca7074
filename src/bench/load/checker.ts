// Checks every reply of a batch: that its status is the expected one, that a value has the size of all values, and that
// it belongs to the key that was asked for. Every record was stored before, so a read that finds nothing is a mismatch.
//
// The loop runs for every operation: no allocation, and the explanation of a mismatch is made elsewhere.

import type { BatchResults } from '../../client/batch-results.ts'
import { STATUS_OK, STATUS_VALUE } from '../../protocol/codes.ts'
import { STATUSES } from '../../protocol/statuses.ts'
import type { ValueTable } from '../workload/values.ts'
import { KIND_READ, type OperationBlock } from '../workload/workload.ts'

/** Of so many replies to reads one is compared byte by byte. A power of two. */
export const FULL_COMPARE_EVERY = 256

/** Mismatches that are explained; the others are counted. */
const EXPLANATIONS_MAX = 5

/** The part of a batch's results that is looked at. */
export type CheckedResults = Pick<BatchResults, 'status' | 'source' | 'valueStart' | 'valueBytes'>

/** What the checks of one phase found. */
export interface CheckTally {
  /** Replies checked, right or wrong. */
  checked: number
  reads: number
  /** Reads that were answered with a value. */
  hits: number
  mismatches: number
  /** What was wrong with the first mismatches. */
  readonly explanations: string[]
}

export function createTally(): CheckTally {
  return { checked: 0, reads: 0, hits: 0, mismatches: 0, explanations: [] }
}

/** Adds one tally to another. */
export function addTally(total: CheckTally, tally: Readonly<CheckTally>): void {
  total.checked += tally.checked
  total.reads += tally.reads
  total.hits += tally.hits
  total.mismatches += tally.mismatches
  const room = EXPLANATIONS_MAX - total.explanations.length
  total.explanations.push(...tally.explanations.slice(0, room))
}

/** Checks the results of a block, entry by entry. */
export function checkResults(
  results: CheckedResults,
  block: OperationBlock,
  values: ValueTable,
  tally: CheckTally,
): void {
  const { ranks, kinds, count } = block
  const size = values.valueBytes
  // Counted on from batch to batch, so that small batches have their share of full comparisons too.
  let reads = tally.reads
  let hits = 0
  for (let index = 0; index < count; index++) {
    const status = results.status(index)
    if (kinds[index] !== KIND_READ) {
      if (status !== STATUS_OK) noteMismatch(results, index, block, values, tally)
      continue
    }
    reads++
    if (status === STATUS_VALUE) {
      hits++
      const rank = ranks[index] as number
      const source = results.source(index)
      const start = results.valueStart(index)
      if (results.valueBytes(index) === size && values.hasStamps(source, start, rank)) {
        const isSample = (reads & (FULL_COMPARE_EVERY - 1)) === 0
        if (!isSample || values.firstDifference(source, start, rank) < 0) continue
      }
    }
    noteMismatch(results, index, block, values, tally)
  }
  tally.checked += count
  tally.reads = reads
  tally.hits += hits
}

function noteMismatch(
  results: CheckedResults,
  index: number,
  block: OperationBlock,
  values: ValueTable,
  tally: CheckTally,
): void {
  tally.mismatches++
  if (tally.explanations.length < EXPLANATIONS_MAX) tally.explanations.push(explain(results, index, block, values))
}

function explain(results: CheckedResults, index: number, block: OperationBlock, values: ValueTable): string {
  const rank = block.ranks[index] as number
  const status = results.status(index)
  const name = STATUSES[status]?.name ?? String(status)
  if (block.kinds[index] !== KIND_READ) return `set of key ${rank}: status ${name} instead of ok`
  if (status !== STATUS_VALUE) return `get of key ${rank}: status ${name} instead of value`
  const size = results.valueBytes(index)
  if (size !== values.valueBytes) return `get of key ${rank}: a value of ${size} bytes instead of ${values.valueBytes}`
  const start = results.valueStart(index)
  const at = values.firstDifference(results.source(index), start, rank)
  return `get of key ${rank}: the value is not this key's, byte ${at} of ${size} is the first that differs`
}
