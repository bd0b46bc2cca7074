// Checks every result of a block: that its status is one that the operation may have, that a value has the size of its
// record's, and that it belongs to the key that was asked for. Every record was stored before, so a read that finds nothing
// is a mismatch, unless the workload removes records.
//
// The loop runs for every operation: no allocation, and the explanation of a mismatch is made elsewhere.

import { STATUS_MISSING, STATUS_NUMBER, STATUS_OK, STATUS_UNMET, STATUS_VALUE } from '../../protocol/codes.ts'
import { STATUSES } from '../../protocol/statuses.ts'
import type { DrivenResults } from '../drivers/driver.ts'
import { KIND_ADD, KIND_DELETE, KIND_INCREMENT, KIND_READ, KIND_READ_MODIFY_WRITE, KINDS } from '../workload/kinds.ts'
import type { ValueTable } from '../workload/values.ts'
import type { OperationBlock } from '../workload/workload.ts'

/** Of so many replies to reads one is compared byte by byte. A power of two. */
export const FULL_COMPARE_EVERY = 256

/** Mismatches that are explained; the others are counted. */
const EXPLANATIONS_MAX = 5

/** What the checks of one phase found. */
export interface CheckTally {
  /** Whether records may be gone when they are read. */
  readonly mayMiss: boolean
  /** Replies checked, right or wrong. */
  checked: number
  reads: number
  /** Reads that were answered with a value. */
  hits: number
  mismatches: number
  /** What was wrong with the first mismatches. */
  readonly explanations: string[]
}

/** An empty tally. `mayMiss`: whether records may be gone when they are read. */
export function createTally(mayMiss = false): CheckTally {
  return {
    mayMiss,
    checked: 0,
    reads: 0,
    hits: 0,
    mismatches: 0,
    explanations: [],
  }
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
  results: DrivenResults,
  block: OperationBlock,
  values: ValueTable,
  tally: CheckTally,
): void {
  const { ranks, kinds, count } = block
  // Counted on from block to block, so that small ones have their share of full comparisons too.
  let reads = tally.reads
  let hits = 0
  for (let index = 0; index < count; index++) {
    const status = results.status(index)
    const kind = kinds[index] as number
    if (kind !== KIND_READ && kind !== KIND_READ_MODIFY_WRITE) {
      if ((status !== STATUS_OK || kind === KIND_INCREMENT) && !isOtherwiseRight(results, index, kind, status)) {
        noteMismatch(results, index, block, values, tally)
      }
      continue
    }
    reads++
    if (status === STATUS_VALUE) {
      hits++
      const rank = ranks[index] as number
      const source = results.source(index)
      const start = results.valueStart(index)
      if (results.valueBytes(index) === values.valueBytesOf(rank) && values.hasStamps(source, start, rank)) {
        const isSample = (reads & (FULL_COMPARE_EVERY - 1)) === 0
        if (!isSample || values.firstDifference(source, start, rank) < 0) continue
      }
    } else if (status === STATUS_MISSING && tally.mayMiss) continue
    noteMismatch(results, index, block, values, tally)
  }
  tally.checked += count
  tally.reads = reads
  tally.hits += hits
}

/** Whether the status of an operation that is no read is right although it is not OK. */
function isOtherwiseRight(results: DrivenResults, index: number, kind: number, status: number): boolean {
  if (kind === KIND_DELETE) return status === STATUS_MISSING
  if (kind === KIND_ADD) return status === STATUS_UNMET
  return kind === KIND_INCREMENT && status === STATUS_NUMBER && results.number(index) > 0n
}

function noteMismatch(
  results: DrivenResults,
  index: number,
  block: OperationBlock,
  values: ValueTable,
  tally: CheckTally,
): void {
  tally.mismatches++
  if (tally.explanations.length < EXPLANATIONS_MAX) tally.explanations.push(explain(results, index, block, values))
}

function explain(results: DrivenResults, index: number, block: OperationBlock, values: ValueTable): string {
  const rank = block.ranks[index] as number
  const kind = block.kinds[index] as number
  const status = results.status(index)
  const name = STATUSES[status]?.name ?? String(status)
  const what = `${KINDS[kind]?.name ?? kind} of key ${rank}`
  if (kind === KIND_INCREMENT) {
    const found = status === STATUS_NUMBER ? `the number ${results.number(index)}` : `status ${name}`
    return `${what}: ${found} instead of a positive number`
  }
  if (kind !== KIND_READ && kind !== KIND_READ_MODIFY_WRITE) return `${what}: status ${name} instead of ok`
  if (status !== STATUS_VALUE) return `${what}: status ${name} instead of value`
  const size = results.valueBytes(index)
  const expected = values.valueBytesOf(rank)
  if (size !== expected) return `${what}: a value of ${size} bytes instead of ${expected}`
  const at = values.firstDifference(results.source(index), results.valueStart(index), rank)
  return `${what}: the value is not this key's, byte ${at} of ${size} is the first that differs`
}
