// What a history exercised: a verdict on operations that never overlapped says nothing.

import { DONE, NOT_DONE, UNKNOWN, UNMET, WIPE } from './format.ts'
import type { Gathered, KeyOperations } from './key-operations.ts'

/** Figures of a history. Wipes count for every key that they concern. */
export interface Exercise {
  operations: number
  keys: number
  clients: number
  /** Most operations on one key that were under way together, those of unknown outcome not counted. */
  concurrencyMax: number
  /** By status. */
  done: number
  unmet: number
  unknown: number
  notDone: number
  wipes: number
}

/** Nothing yet. */
export function newExercise(operations: number, keys: number, clients: number, wipes: number): Exercise {
  return { operations, keys, clients, concurrencyMax: 0, done: 0, unmet: 0, unknown: 0, notDone: 0, wipes }
}

/** Adds a key. */
export function addToExercise(exercise: Exercise, { operations, unknownReads, notDone }: Gathered): void {
  const byStatus = [0, 0, 0, 0]
  for (let index = 0; index < operations.count; index++) {
    if (operations.kinds[index] === WIPE) continue
    const status = operations.statuses[index] as number
    byStatus[status] = (byStatus[status] ?? 0) + 1
  }
  exercise.done += byStatus[DONE] ?? 0
  exercise.unmet += byStatus[UNMET] ?? 0
  exercise.unknown += (byStatus[UNKNOWN] ?? 0) + unknownReads
  exercise.notDone += (byStatus[NOT_DONE] ?? 0) + notDone
  exercise.concurrencyMax = Math.max(exercise.concurrencyMax, concurrencyOf(operations))
}

function concurrencyOf(operations: KeyOperations): number {
  const { count, kinds, statuses, invokedNs, returnedNs, byReturn } = operations
  let most = 0
  let open = 0
  let returned = 0
  for (let index = 0; index < count; index++) {
    if (statuses[index] === UNKNOWN || kinds[index] === WIPE) continue
    for (; returned < byReturn.length; returned++) {
      const other = byReturn[returned] as number
      if ((returnedNs[other] as number) >= (invokedNs[index] as number)) break
      if (kinds[other] !== WIPE) open--
    }
    open++
    if (open > most) most = open
  }
  return most
}
