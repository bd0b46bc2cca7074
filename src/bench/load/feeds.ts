// Where the operations of a phase come from.

import type { Clock } from '../../util/clock.ts'
import { KIND_INSERT, KIND_READ } from '../workload/kinds.ts'
import type { OperationSource } from '../workload/workload.ts'
import type { OperationFeed } from './drive.ts'

/** Every record once, in the order of ranks: the part [first, end) of the load. */
export function loadFeed(source: OperationSource, first: number, end: number, isStopped: () => boolean): OperationFeed {
  return rangeFeed(source, KIND_INSERT, first, end, isStopped)
}

/** A read of every record in [first, end), once. */
export function verifyFeed(
  source: OperationSource,
  first: number,
  end: number,
  isStopped: () => boolean,
): OperationFeed {
  return rangeFeed(source, KIND_READ, first, end, isStopped)
}

/** A client's drawn operations, `batch` at a time, until `deadlineMs` on the monotonic clock. */
export function drawnFeed(
  source: OperationSource,
  batch: number,
  deadlineMs: number,
  clock: Clock,
  isStopped: () => boolean,
): OperationFeed {
  const isOver = (): boolean => isStopped() || clock.monotonicMs() >= deadlineMs
  return {
    isOver,
    fill(block) {
      if (isOver()) return false
      source.draw(block, batch)
      return true
    },
  }
}

function rangeFeed(
  source: OperationSource,
  kind: number,
  first: number,
  end: number,
  isStopped: () => boolean,
): OperationFeed {
  let next = first
  const isOver = (): boolean => next >= end || isStopped()
  return {
    isOver,
    fill(block) {
      if (isOver()) return false
      source.enumerate(block, kind, next, end)
      next += block.count
      return true
    },
  }
}
