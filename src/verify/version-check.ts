// The check by version of one key, which asks nothing of values or kinds: one pass in the order of invocations beside one
// in the order of returns, with a running maximum.
//
// - one version stands for one value
// - acknowledged writes have different versions
// - an operation that begins after one that returned version v has no older one, and a write has a newer one
//
// A store that lost its memory may count anew, so versions are compared only between wipes: an operation that overlaps a wipe
// is in no lifetime, and a wipe of unknown outcome ends the last one.

import { DELETE, DONE, EXPIRE, READ, UNMET, WIPE } from './format.ts'
import type { KeyOperations } from './key-operations.ts'
import { LongTable } from './long-table.ts'
import type { Violation } from './zone-test.ts'

/** The first violation that is found, or undefined. */
export function versionCheck(operations: KeyOperations): Violation | undefined {
  const lifetimes = lifetimesOf(operations)
  return meaningsOf(operations, lifetimes) ?? orderOf(operations, lifetimes)
}

/** Operations whose replies carried versions. */
export function countVersions(operations: KeyOperations): number {
  let count = 0
  for (let index = 0; index < operations.count; index++) if (isVersioned(operations, index)) count++
  return count
}

/** Of operations that overlap a wipe. */
const NO_LIFETIME = -1

/** A reply that told a version. */
function isVersioned(operations: KeyOperations, index: number): boolean {
  const status = operations.statuses[index]
  return (status === DONE || status === UNMET) && operations.kinds[index] !== WIPE && operations.hasVersion(index)
}

/** Whether the operation made its version. */
function isMaker(operations: KeyOperations, index: number): boolean {
  return operations.kinds[index] !== READ && operations.statuses[index] === DONE
}

/** For each operation the number of times before it in which the store was wiped; undefined when there are none. */
function lifetimesOf(operations: KeyOperations): Int32Array | undefined {
  const { count, kinds, invokedNs, returnedNs } = operations
  const startsNs: number[] = []
  const endsNs: number[] = []
  for (let index = 0; index < count; index++) {
    if (kinds[index] !== WIPE) continue
    const last = endsNs.length - 1
    const [startNs, endNs] = [invokedNs[index] as number, returnedNs[index] as number]
    if (last >= 0 && startNs <= (endsNs[last] as number)) {
      endsNs[last] = Math.max(endsNs[last] as number, endNs)
    } else {
      startsNs.push(startNs)
      endsNs.push(endNs)
    }
  }
  if (startsNs.length === 0) return undefined
  const lifetimes = new Int32Array(count)
  let lifetime = 0
  for (let index = 0; index < count; index++) {
    while (lifetime < endsNs.length && (endsNs[lifetime] as number) < (invokedNs[index] as number)) lifetime++
    const isCut = lifetime < startsNs.length && (startsNs[lifetime] as number) <= (returnedNs[index] as number)
    lifetimes[index] = isCut ? NO_LIFETIME : lifetime
  }
  return lifetimes
}

/** What each version stands for. */
function meaningsOf(operations: KeyOperations, lifetimes: Int32Array | undefined): Violation | undefined {
  const { count, values, versions } = operations
  const table = new LongTable(count)
  const lifetimeOfVersion: number[] = []
  const makers = new Int32Array(count + 1).fill(-1)
  const witnesses = new Int32Array(count + 1).fill(-1)
  for (let index = 0; index < count; index++) {
    const lifetime = lifetimes === undefined ? 0 : (lifetimes[index] as number)
    if (!isVersioned(operations, index) || lifetime === NO_LIFETIME) continue
    const version = table.numberOf(versions[2 * index] as number, versions[2 * index + 1] as number)
    if (lifetimes !== undefined && lifetimeOfVersion[version] !== lifetime) {
      // Operations come by invocation, so lifetimes ascend: what an earlier one said of the version is over.
      lifetimeOfVersion[version] = lifetime
      makers[version] = -1
      witnesses[version] = -1
    }
    if (isMaker(operations, index)) {
      const maker = makers[version] as number
      if (maker !== -1) return { rule: 'version-of-two-writes', positions: [maker, index] }
      makers[version] = index
    }
    if (!tellsValue(operations, index)) continue
    const witness = witnesses[version] as number
    if (witness === -1) witnesses[version] = index
    else if (values[2 * witness] !== values[2 * index] || values[2 * witness + 1] !== values[2 * index + 1]) {
      return { rule: 'version-of-two-values', positions: [witness, index] }
    }
  }
  return undefined
}

/** Expire and delete tell a version but no value; what was unmet tells at most that there is a record. */
function tellsValue(operations: KeyOperations, index: number): boolean {
  const kind = operations.kinds[index] as number
  return operations.statuses[index] === DONE && kind !== EXPIRE && kind !== DELETE
}

/** Whether versions rise with time. */
function orderOf(operations: KeyOperations, lifetimes: Int32Array | undefined): Violation | undefined {
  const { count, versions, invokedNs, returnedNs, byReturn } = operations
  let ended = 0
  let newest = -1
  let newestLifetime = 0
  for (let index = 0; index < count; index++) {
    const startNs = invokedNs[index] as number
    for (; ended < byReturn.length; ended++) {
      const before = byReturn[ended] as number
      if ((returnedNs[before] as number) >= startNs) break
      const lifetime = lifetimes === undefined ? 0 : (lifetimes[before] as number)
      if (!isVersioned(operations, before) || lifetime === NO_LIFETIME) continue
      const isNewer = newest === -1 || lifetime > newestLifetime || compareLongs(versions, before, newest) > 0
      if (!isNewer) continue
      newest = before
      newestLifetime = lifetime
    }
    const lifetime = lifetimes === undefined ? 0 : (lifetimes[index] as number)
    if (newest === -1 || lifetime !== newestLifetime || !isVersioned(operations, index)) continue
    const order = compareLongs(versions, index, newest)
    const positions = newest < index ? [newest, index] : [index, newest]
    if (order < 0) return { rule: 'version-went-back', positions }
    if (order === 0 && isMaker(operations, index)) return { rule: 'write-without-new-version', positions }
  }
  return undefined
}

function compareLongs(words: Uint32Array, a: number, b: number): number {
  const high = (words[2 * a + 1] as number) - (words[2 * b + 1] as number)
  return high !== 0 ? high : (words[2 * a] as number) - (words[2 * b] as number)
}
