// One client's part of a phase: keeps as many batches in flight as there are blocks, executes every operation of the
// feed in order, and checks every reply. Nothing is dropped: a block is filled again only after its replies came.
//
//   feed -> block -> batch.getBytes / setBytes -> send ... results -> check -> release -> feed
//
// Drawing, appending and sending a block happen without a pause in between, so batches are sent in the order drawn.

import type { RecordableHistogram } from 'node:perf_hooks'
import type { Clock } from '../../util/clock.ts'
import type { ValueTable } from '../workload/values.ts'
import { KEY_STRIDE_BYTES, KIND_READ, type OperationBlock, type OperationSource } from '../workload/workload.ts'
import { type CheckedResults, type CheckTally, checkResults } from './checker.ts'

/** What is used of a client's batch. */
export interface DrivenBatch {
  getBytes(key: Uint8Array, keyStart: number, keyEnd: number): number
  setBytes(
    key: Uint8Array,
    keyStart: number,
    keyEnd: number,
    value: Uint8Array,
    valueStart: number,
    valueEnd: number,
  ): number
  send(): Promise<DrivenResults>
}

/** What is used of a batch's results. */
export interface DrivenResults extends CheckedResults {
  release(): void
}

/** What is used of a client. */
export interface DrivenClient {
  batch(): DrivenBatch
}

/** Where the operations come from. */
export interface OperationFeed {
  /** Fills the block with the next operations; false when none are left. */
  fill(block: OperationBlock): boolean
}

/** The parts that a phase is driven with. */
export interface Drive {
  readonly client: DrivenClient
  readonly values: ValueTable
  readonly clock: Clock
  /** One for each batch in flight. */
  readonly blocks: readonly OperationBlock[]
  readonly feed: OperationFeed
  readonly tally: CheckTally
  /** Takes the time of each batch from its sending to its last check, nanoseconds. */
  readonly latency: RecordableHistogram
  /** Called after each batch. */
  onChecked(): void
}

const NS_PER_MS = 1e6

/** Drives until the feed ends and every reply is checked. Rejects when a batch is not answered. */
export async function drive(parts: Drive): Promise<void> {
  await Promise.all(parts.blocks.map((block) => driveBlock(parts, block)))
}

/** Every record once, in the order of ranks: the part [first, end) of the load. */
export function loadFeed(source: OperationSource, first: number, end: number, isStopped: () => boolean): OperationFeed {
  let next = first
  return {
    fill(block) {
      if (next >= end || isStopped()) return false
      source.enumerate(block, next, end)
      next += block.count
      return true
    },
  }
}

/** A client's drawn operations, `batch` at a time, until `deadlineMs` on the monotonic clock. */
export function drawnFeed(
  source: OperationSource,
  batch: number,
  deadlineMs: number,
  clock: Clock,
  isStopped: () => boolean,
): OperationFeed {
  return {
    fill(block) {
      if (isStopped() || clock.monotonicMs() >= deadlineMs) return false
      source.draw(block, batch)
      return true
    },
  }
}

async function driveBlock(parts: Drive, block: OperationBlock): Promise<void> {
  const { client, values, clock, feed, tally, latency } = parts
  while (feed.fill(block)) {
    const batch = client.batch()
    appendOperations(batch, block, values)
    const sentMs = clock.monotonicMs()
    const results = await batch.send()
    checkResults(results, block, values, tally)
    results.release()
    latency.record(Math.max(1, Math.round((clock.monotonicMs() - sentMs) * NS_PER_MS)))
    parts.onChecked()
  }
}

// Hot: runs for every operation.
function appendOperations(batch: DrivenBatch, block: OperationBlock, values: ValueTable): void {
  const { keys, keyLengths, ranks, kinds, count } = block
  let keyEnd = 0
  for (let index = 0; index < count; index++) {
    keyEnd += KEY_STRIDE_BYTES
    const keyStart = keyEnd - (keyLengths[index] as number)
    if (kinds[index] === KIND_READ) {
      batch.getBytes(keys, keyStart, keyEnd)
    } else {
      const value = values.value(ranks[index] as number)
      batch.setBytes(keys, keyStart, keyEnd, value, 0, value.length)
    }
  }
}
