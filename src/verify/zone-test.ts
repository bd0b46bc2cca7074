// The black-box test of one key whose writes are unique, after Gibbons and Korach, "Testing Shared Memories" (1997): by
// what went in and came out alone, in O(n log n).
//
// A write and its reads are a cluster. f is the earliest return in it, s the latest invocation: the value was there at some
// time up to f and at some time from s on. Two clusters can follow each other in one order or the other unless each has an
// operation that ended before one of the other began:
//
//   conflict of A and B   <=>   fA < sB and fB < sA
//
// With f < s a cluster has the forward zone [f, s], else the backward zone [s, f]. Two backward zones never conflict; two
// forward ones do when they overlap, and a backward one does with a forward one that it lies inside of. No conflict, and no
// read before its write, is also enough.
//
// The initial absence is a cluster whose write ended before everything. A write of unknown outcome that nobody read may not
// have happened, and is left out; one that was read has a return that never came, which is no earliest one.

import { DONE, READ, UNKNOWN, UNMET, WRITE } from './format.ts'
import type { KeyOperations } from './key-operations.ts'
import { LongTable } from './long-table.ts'
import type { Rule } from './rules.ts'
import { sortByTime } from './time-sort.ts'

/** What a direct test found: a rule that is broken, and the operations that break it. */
export interface Violation {
  readonly rule: Rule
  /** Positions, ascending. */
  readonly positions: readonly number[]
}

/** Whether the zone test can judge the key: plain reads and writes, all values different, and no record vanishes. */
export function isForZoneTest(operations: KeyOperations, evicts: boolean): boolean {
  if (evicts) return false
  const { count, kinds, values, isMortal } = operations
  const written = new LongTable(count)
  let writes = 0
  for (let index = 0; index < count; index++) {
    const kind = kinds[index]
    if (kind === READ) continue
    if (kind !== WRITE || isMortal[index] !== 0) return false
    written.numberOf(values[2 * index] as number, values[2 * index + 1] as number)
    if (written.count !== ++writes) return false
  }
  return true
}

/** The first violation that is found, or undefined: then the key is linearizable. */
export function zoneTest(operations: KeyOperations): Violation | undefined {
  const clusters = new Clusters(operations)
  return clusters.problemOfReads() ?? clusters.conflict()
}

const NONE = -1
/** The cluster of the initial absence; values are numbered from 1. */
const ABSENT = 0
/** A time before all others. */
const BEGINNING_NS = -1

class Clusters {
  readonly #operations: KeyOperations
  readonly #count: number
  readonly #numbers: Uint32Array
  readonly #writes: Int32Array
  readonly #earliestReturnNs: Float64Array
  readonly #latestInvocationNs: Float64Array
  /** The operations that have these times. */
  readonly #earliest: Int32Array
  readonly #latest: Int32Array

  constructor(operations: KeyOperations) {
    this.#operations = operations
    const { count, kinds, statuses, values, returnedNs, invokedNs } = operations
    const table = new LongTable(count)
    this.#numbers = new Uint32Array(count)
    for (let index = 0; index < count; index++) {
      const isAbsence = kinds[index] === READ && statuses[index] === UNMET
      this.#numbers[index] = isAbsence
        ? ABSENT
        : table.numberOf(values[2 * index] as number, values[2 * index + 1] as number)
    }
    this.#count = table.count + 1
    this.#writes = new Int32Array(this.#count).fill(NONE)
    this.#earliestReturnNs = new Float64Array(this.#count).fill(Number.POSITIVE_INFINITY)
    this.#latestInvocationNs = new Float64Array(this.#count).fill(BEGINNING_NS)
    this.#earliest = new Int32Array(this.#count).fill(NONE)
    this.#latest = new Int32Array(this.#count).fill(NONE)
    this.#earliestReturnNs[ABSENT] = BEGINNING_NS
    for (let index = 0; index < count; index++) {
      const cluster = this.#numbers[index] as number
      if (kinds[index] === WRITE) this.#writes[cluster] = index
      if ((returnedNs[index] as number) < (this.#earliestReturnNs[cluster] as number)) {
        this.#earliestReturnNs[cluster] = returnedNs[index] as number
        this.#earliest[cluster] = index
      }
      if ((invokedNs[index] as number) >= (this.#latestInvocationNs[cluster] as number)) {
        this.#latestInvocationNs[cluster] = invokedNs[index] as number
        this.#latest[cluster] = index
      }
    }
  }

  /** A read of what nobody wrote, or before its write. */
  problemOfReads(): Violation | undefined {
    const { count, kinds, statuses, returnedNs, invokedNs } = this.#operations
    for (let index = 0; index < count; index++) {
      if (kinds[index] !== READ || statuses[index] !== DONE) continue
      const write = this.#writes[this.#numbers[index] as number] as number
      if (write === NONE) return { rule: 'never-written', positions: [index] }
      if ((returnedNs[index] as number) < (invokedNs[write] as number)) {
        return { rule: 'read-before-write', positions: ascending([write, index]) }
      }
    }
    return undefined
  }

  /** Two clusters, neither of which can be first. */
  conflict(): Violation | undefined {
    const { forward, backward } = this.#zones()
    for (let place = 1; place < forward.length; place++) {
      const [before, after] = [forward[place - 1] as number, forward[place] as number]
      if (this.#isConflict(before, after)) return this.#violation('two-values-at-once', before, after)
    }
    // Forward zones touch at most, so only the last one that begins before the end of a backward zone may hold it.
    let last = NONE
    for (const inner of backward) {
      const startNs = this.#latestInvocationNs[inner] as number
      while (last + 1 < forward.length && this.#startOf(forward[last + 1] as number) < startNs) last++
      const outer = last === NONE ? undefined : forward[last]
      if (outer !== undefined && this.#isConflict(outer, inner)) {
        return this.#violation('value-inside-another', outer, inner)
      }
    }
    return undefined
  }

  /** Clusters by the start of their zones. */
  #zones(): { readonly forward: Uint32Array; readonly backward: Uint32Array } {
    const forward = new Uint32Array(this.#count)
    const backward = new Uint32Array(this.#count)
    let forwardCount = 0
    let backwardCount = 0
    for (let cluster = 0; cluster < this.#count; cluster++) {
      const returnNs = this.#earliestReturnNs[cluster] as number
      const invocationNs = this.#latestInvocationNs[cluster] as number
      if (returnNs < invocationNs) forward[forwardCount++] = cluster
      else if (cluster !== ABSENT && !this.#isUnreadUnknown(cluster)) backward[backwardCount++] = cluster
    }
    sortByTime(forward, forwardCount, this.#earliestReturnNs)
    sortByTime(backward, backwardCount, this.#latestInvocationNs)
    return { forward: forward.subarray(0, forwardCount), backward: backward.subarray(0, backwardCount) }
  }

  #startOf(cluster: number): number {
    return this.#earliestReturnNs[cluster] as number
  }

  /** Such a write never returned, and nothing read it. */
  #isUnreadUnknown(cluster: number): boolean {
    const write = this.#writes[cluster] as number
    return this.#operations.statuses[write] === UNKNOWN && this.#earliest[cluster] === NONE
  }

  #isConflict(a: number, b: number): boolean {
    const [returnA, returnB] = [this.#earliestReturnNs[a] as number, this.#earliestReturnNs[b] as number]
    const [invocationA, invocationB] = [this.#latestInvocationNs[a] as number, this.#latestInvocationNs[b] as number]
    return returnA < invocationB && returnB < invocationA
  }

  /** Their writes, and the operations that bound their zones: these alone conflict. */
  #violation(rule: Rule, a: number, b: number): Violation {
    const bounds = [a, b].flatMap((cluster) => [
      this.#writes[cluster] as number,
      this.#earliest[cluster] as number,
      this.#latest[cluster] as number,
    ])
    return { rule, positions: ascending(bounds.filter((position) => position !== NONE)) }
  }
}

function ascending(positions: readonly number[]): number[] {
  return [...new Set(positions)].sort((a, b) => a - b)
}
