// One client's part of a phase: keeps as many blocks under way as there are, executes every operation of the feed in
// order, and checks every result. Nothing is dropped: a block is filled again only after its results came.
//
//   feed -> block -> driver ... results -> check -> release -> the writes of its read-modify-writes -> feed
//
// Closed loop: a block starts when the one before it in its memory is done. Open loop: blocks have intended starts, evenly
// spaced; one that starts late because others are under way counts from when it should have started, so that no wait is
// left out (the omission that Gil Tene named coordinated).

import type { Clock } from '../../util/clock.ts'
import type { DrivenResults, Driver } from '../drivers/driver.ts'
import { KIND_END, KIND_READ_MODIFY_WRITE, KIND_UPDATE } from '../workload/kinds.ts'
import type { ValueTable } from '../workload/values.ts'
import type { OperationBlock } from '../workload/workload.ts'
import { type CheckTally, checkResults } from './checker.ts'
import type { Latencies } from './latencies.ts'
import type { Pace } from './pace.ts'

/** Where the operations come from. */
export interface OperationFeed {
  /** Whether no operations are left. */
  isOver(): boolean
  /** Fills the block with the next operations; false when none are left. */
  fill(block: OperationBlock): boolean
}

/** The parts that a phase is driven with. */
export interface Drive {
  readonly driver: Driver
  readonly values: ValueTable
  readonly clock: Clock
  /** One for each block under way. */
  readonly blocks: readonly OperationBlock[]
  readonly feed: OperationFeed
  /** When blocks start. */
  readonly pace: Pace
  readonly tally: CheckTally
  /** Takes the time of each operation from its block's start to its last check. */
  readonly latencies: Latencies
  /** Called after each block. */
  onChecked(): void
}

const NS_PER_MS = 1e6

/**
 * Drives until the feed ends and every result is checked. Rejects when a block is not executed: then no other one starts,
 * and those under way are over.
 */
export async function drive(parts: Drive): Promise<void> {
  const failures: unknown[] = []
  const isOver = (): boolean => failures.length > 0 || parts.feed.isOver()
  const driven = parts.blocks.map((block) => driveBlock(parts, block, isOver).catch((error) => failures.push(error)))
  await Promise.all(driven)
  if (failures.length > 0) throw failures[0]
}

async function driveBlock(parts: Drive, block: OperationBlock, isOver: () => boolean): Promise<void> {
  const { driver, clock, feed, pace, latencies } = parts
  for (;;) {
    const intendedMs = pace.next()
    if (pace.isOpen && intendedMs > clock.monotonicMs()) await pace.until(intendedMs, isOver)
    // From here drawing, appending and sending happen without a pause, so blocks are executed in the order drawn.
    if (isOver() || !feed.fill(block)) return
    const startMs = pace.isOpen ? intendedMs : clock.monotonicMs()
    finish(parts, block, await driver.execute(block))
    const modified = noteLatencies(latencies, block, (clock.monotonicMs() - startMs) * NS_PER_MS)
    // A half of an operation is none.
    parts.tally.checked -= modified
    parts.onChecked()
    if (modified === 0) continue
    keepModified(block)
    finish(parts, block, await driver.execute(block))
    latencies.record(KIND_READ_MODIFY_WRITE, (clock.monotonicMs() - startMs) * NS_PER_MS, modified)
    parts.onChecked()
  }
}

function finish({ values, tally }: Drive, block: OperationBlock, results: DrivenResults): void {
  checkResults(results, block, values, tally)
  results.release()
}

const kindCounts = new Float64Array(KIND_END)

/**
 * Notes the time of all operations of the block but its read-modify-writes, which are not done yet. Returns how many these
 * are.
 */
function noteLatencies(latencies: Latencies, { kinds, count }: OperationBlock, durationNs: number): number {
  if (count === 1 && kinds[0] !== KIND_READ_MODIFY_WRITE) {
    latencies.record(kinds[0] as number, durationNs, 1)
    return 0
  }
  kindCounts.fill(0)
  for (let index = 0; index < count; index++) {
    const kind = kinds[index] as number
    kindCounts[kind] = (kindCounts[kind] as number) + 1
  }
  for (let kind = 0; kind < KIND_END; kind++) {
    const ofKind = kindCounts[kind] as number
    if (ofKind > 0 && kind !== KIND_READ_MODIFY_WRITE) latencies.record(kind, durationNs, ofKind)
  }
  return kindCounts[KIND_READ_MODIFY_WRITE] as number
}

/** Makes of the block the second half of its read-modify-writes. */
function keepModified(block: OperationBlock): void {
  const { keys, keyStrideBytes, keyLengths, ranks, kinds } = block
  let kept = 0
  for (let index = 0; index < block.count; index++) {
    if (kinds[index] !== KIND_READ_MODIFY_WRITE) continue
    keys.copyWithin(kept * keyStrideBytes, index * keyStrideBytes, (index + 1) * keyStrideBytes)
    keyLengths[kept] = keyLengths[index] as number
    ranks[kept] = ranks[index] as number
    kinds[kept] = KIND_UPDATE
    kept++
  }
  block.count = kept
}
