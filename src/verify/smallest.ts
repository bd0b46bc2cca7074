// Makes a history that is not linearizable smaller, for people to look at. Each step keeps the meaning: it would leave a
// linearizable history linearizable, so what is still not linearizable afterwards proves the same of the whole.
//
// - A prefix: what had not returned by some time has an unknown outcome.
// - What is before a write, an add, a delete or an absence that nothing overlaps: it alone decides the state behind it.
//   Operations of unknown outcome stay.
// - Operations that only look.
// - Where there are only reads, writes and wipes: a value, with all its writes and reads; or all wipes and absences.
//   Deletes, adds and compare-and-sets count as wipes and writes for that, which asks less of a history: what is broken
//   even so is broken as it was.

import { ADD, COMPARE_AND_SET, DELETE, DONE, EXPIRE, INCREMENT, READ, UNKNOWN, UNMET, WIPE, WRITE } from './format.ts'
import type { KeyOperations } from './key-operations.ts'

/** Whether a history is still not linearizable; undefined when that takes too long to find out. */
export type IsBroken = (operations: KeyOperations) => boolean | undefined

/** Histories that are tried at most. */
const TRIES_MAX = 5_000

/** The smallest history that it can find. Yields between tries; `isOver` ends it early. */
export function* smallestBroken(
  operations: KeyOperations,
  evicts: boolean,
  isBroken: IsBroken,
  isOver: () => boolean,
): Generator<void, KeyOperations> {
  let smallest = yield* shortestPrefix(operations, isBroken, isOver)
  smallest = yield* latestStart(smallest, isBroken, isOver)
  smallest = withoutRefusals(smallest, isBroken)
  // Both lose the same operations; what is tried is the one that asks less.
  let tried = weakened(smallest, evicts)
  if (tried !== smallest && isBroken(tried) !== true) tried = smallest
  let tries = 0
  let hasChanged = true
  while (hasChanged) {
    hasChanged = false
    let parts = partsOf(tried, evicts)
    for (let size = Math.ceil(parts.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
      for (let first = 0; first < parts.length; ) {
        if (isOver() || ++tries > TRIES_MAX) return smallest
        const kept = keptWithout(tried.count, parts.slice(first, first + size))
        const without = tried.subset(kept)
        yield
        if (without.count === tried.count || isBroken(without) !== true) {
          first += size
          continue
        }
        smallest = smallest.subset(kept)
        tried = without
        hasChanged = true
        parts = partsOf(tried, evicts)
      }
    }
  }
  return smallest
}

/** Up to the first return that no order explains. */
function* shortestPrefix(
  operations: KeyOperations,
  isBroken: IsBroken,
  isOver: () => boolean,
): Generator<void, KeyOperations> {
  let shortest = operations
  // The prefix to return `low` is not known to be broken, the one to `high` is.
  let low = -1
  let high = operations.byReturn.length - 1
  while (high - low > 1 && !isOver()) {
    const middle = (low + high) >> 1
    const prefix = prefixOf(operations, operations.returnedNs[operations.byReturn[middle] as number] as number)
    yield
    if (isBroken(prefix) === true) {
      high = middle
      shortest = prefix
    } else low = middle
  }
  if (shortest !== operations) return shortest
  const last = operations.byReturn.at(-1)
  const whole = prefixOf(operations, last === undefined ? 0 : (operations.returnedNs[last] as number))
  return isBroken(whole) === true ? whole : operations
}

function prefixOf(operations: KeyOperations, endNs: number): KeyOperations {
  const kept: number[] = []
  for (let index = 0; index < operations.count; index++) {
    if ((operations.invokedNs[index] as number) > endNs) break
    const isOpen = (operations.returnedNs[index] as number) > endNs
    const isLook = operations.kinds[index] === READ || operations.statuses[index] === UNMET
    if (!isOpen || !isLook) kept.push(index)
  }
  const prefix = operations.subset(kept)
  for (let index = 0; index < prefix.count; index++) {
    if ((prefix.returnedNs[index] as number) <= endNs) continue
    prefix.returnedNs[index] = Number.POSITIVE_INFINITY
    prefix.statuses[index] = UNKNOWN
    prefix.versions.fill(0, 2 * index, 2 * index + 2)
  }
  return prefix
}

/** From the latest operation that decides the state alone, and still not linearizable. */
function* latestStart(
  operations: KeyOperations,
  isBroken: IsBroken,
  isOver: () => boolean,
): Generator<void, KeyOperations> {
  const starts = startsOf(operations)
  let latest = operations
  let low = -1
  let high = starts.length
  while (high - low > 1 && !isOver()) {
    const middle = (low + high) >> 1
    const rest = fromStart(operations, starts[middle] as number)
    yield
    if (isBroken(rest) === true) {
      low = middle
      latest = rest
    } else high = middle
  }
  return latest
}

/** Operations that decide the state behind them, and overlap no other that returned. */
function startsOf(operations: KeyOperations): number[] {
  const { count, kinds, statuses, invokedNs, returnedNs } = operations
  const starts: number[] = []
  let latestReturnNs = Number.NEGATIVE_INFINITY
  for (let index = 0; index < count; index++) {
    const returnNs = returnedNs[index] as number
    if (statuses[index] === UNKNOWN) continue
    const isAlone = latestReturnNs < (invokedNs[index] as number) && returnNs < nextInvocationNs(operations, index)
    latestReturnNs = Math.max(latestReturnNs, returnNs)
    const kind = kinds[index]
    const isPut = statuses[index] === DONE && (kind === WRITE || kind === ADD)
    const isAbsence = kind === DELETE || kind === WIPE || (kind === READ && statuses[index] === UNMET)
    if (isAlone && (isPut || isAbsence)) starts.push(index)
  }
  return starts
}

function nextInvocationNs(operations: KeyOperations, index: number): number {
  for (let next = index + 1; next < operations.count; next++) {
    if (operations.statuses[next] !== UNKNOWN) return operations.invokedNs[next] as number
  }
  return Number.POSITIVE_INFINITY
}

function fromStart(operations: KeyOperations, start: number): KeyOperations {
  const isPut = operations.kinds[start] === WRITE || operations.kinds[start] === ADD
  const kept: number[] = []
  for (let index = 0; index < operations.count; index++) {
    const isBefore = index < start || (index === start && !isPut)
    if (!isBefore || operations.statuses[index] === UNKNOWN) kept.push(index)
  }
  return operations.subset(kept)
}

/** Positions that can be left out together. */
function partsOf(operations: KeyOperations, evicts: boolean): number[][] {
  const { count, kinds, statuses } = operations
  const isPlain = isPlainKey(operations, evicts)
  const parts: number[][] = []
  const values = new Map<bigint, number[]>()
  const absences: number[] = []
  for (let index = 0; index < count; index++) {
    const kind = kinds[index]
    if (kind === READ || statuses[index] === UNMET) parts.push([index])
    if (kind === WIPE || statuses[index] === UNMET) absences.push(index)
    if (!isPlain || kind === WIPE || statuses[index] === UNMET) continue
    const value = operations.valueOf(index)
    const users = values.get(value)
    if (users === undefined) values.set(value, [index])
    else users.push(index)
  }
  // A value that was only read is a read, which is a part already.
  for (const users of values.values()) if (users.some((index) => kinds[index] !== READ)) parts.push(users)
  if (isPlain && absences.length > 0) parts.push(absences)
  return parts
}

/** Whether records come by writes alone and go by wipes alone, or all of them may vanish. */
function isPlainKey({ count, kinds, isMortal }: KeyOperations, evicts: boolean): boolean {
  for (let index = 0; index < count; index++) {
    const kind = kinds[index]
    if ((kind !== READ && kind !== WRITE && kind !== WIPE) || (isMortal[index] !== 0 && !evicts)) return false
  }
  return true
}

/** Without the adds and compare-and-sets that were refused, if they are not what is broken. */
function withoutRefusals(operations: KeyOperations, isBroken: IsBroken): KeyOperations {
  const { count, kinds, statuses } = operations
  const kept: number[] = []
  for (let index = 0; index < count; index++) {
    const isRefusal = statuses[index] === UNMET && (kinds[index] === ADD || kinds[index] === COMPARE_AND_SET)
    if (!isRefusal) kept.push(index)
  }
  if (kept.length === count) return operations
  const rest = operations.subset(kept)
  return isBroken(rest) === true ? rest : operations
}

/** The same operations, of which less is asked; the history as it is where that cannot be. */
function weakened(operations: KeyOperations, evicts: boolean): KeyOperations {
  const { count, kinds, statuses, isMortal } = operations
  const weak = operations.subset(Array.from({ length: count }, (_, index) => index))
  for (let index = 0; index < count; index++) {
    const kind = kinds[index] as number
    if (kind === INCREMENT || kind === EXPIRE || (isMortal[index] !== 0 && !evicts)) return operations
    if (kind === DELETE) {
      // What is known of an absence is kept as a read that found none.
      weak.kinds[index] = statuses[index] === UNMET ? READ : WIPE
    } else if (kind === ADD || kind === COMPARE_AND_SET) {
      if (statuses[index] === UNMET) return operations
      weak.kinds[index] = WRITE
    }
  }
  return weak
}

function keptWithout(count: number, parts: readonly number[][]): number[] {
  const isRemoved = new Uint8Array(count)
  for (const part of parts) for (const index of part) isRemoved[index] = 1
  const kept: number[] = []
  for (let index = 0; index < count; index++) if (isRemoved[index] === 0) kept.push(index)
  return kept
}
