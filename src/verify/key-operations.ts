// The operations that concern one key, as columns in the order of their invocation: what every checker works on. Made for
// one key after the other, so its memory is bounded by the key with the most operations.
//
// Invariants:
// - what says nothing is not here: operations not done, and reads without a reply
// - an operation of unknown outcome returns at Infinity, and no other does
// - a long lies in a column as two words, the low one first

import { assert } from '../util/assert.ts'
import { MORTAL, NO_SLOT, NOT_DONE, READ, STATUS_MASK, UNKNOWN, WIPE, WIPE_SLOTS } from './format.ts'
import type { History } from './history.ts'
import { sortByTime } from './time-sort.ts'

/** Bytes of memory for each operation of the key that is looked at, with the orders and the tables of the checkers. */
export const KEY_OPERATION_MEMORY_BYTES = 130

/** Columns of one key. */
export class KeyOperations {
  readonly count: number
  readonly invokedNs: Float64Array
  readonly returnedNs: Float64Array
  readonly kinds: Uint8Array
  /** Without MORTAL. */
  readonly statuses: Uint8Array
  readonly isMortal: Uint8Array
  readonly values: Uint32Array
  readonly versions: Uint32Array
  readonly arguments: Uint32Array
  readonly clients: Uint32Array
  #byReturn: Uint32Array | undefined

  constructor(count: number) {
    this.count = count
    this.invokedNs = new Float64Array(count)
    this.returnedNs = new Float64Array(count)
    this.kinds = new Uint8Array(count)
    this.statuses = new Uint8Array(count)
    this.isMortal = new Uint8Array(count)
    this.values = new Uint32Array(2 * count)
    this.versions = new Uint32Array(2 * count)
    this.arguments = new Uint32Array(2 * count)
    this.clients = new Uint32Array(count)
  }

  /** Operations that returned, in the order of that. Made at the first call. */
  get byReturn(): Uint32Array {
    if (this.#byReturn !== undefined) return this.#byReturn
    const order = new Uint32Array(this.count)
    let returned = 0
    for (let index = 0; index < this.count; index++) {
      if (this.returnedNs[index] !== Number.POSITIVE_INFINITY) order[returned++] = index
    }
    sortByTime(order, returned, this.returnedNs)
    this.#byReturn = order.subarray(0, returned)
    return this.#byReturn
  }

  /** Whether the operation's reply carried a version. */
  hasVersion(index: number): boolean {
    return this.versions[2 * index] !== 0 || this.versions[2 * index + 1] !== 0
  }

  valueOf(index: number): bigint {
    return longAt(this.values, index)
  }

  versionOf(index: number): bigint {
    return longAt(this.versions, index)
  }

  argumentOf(index: number): bigint {
    return longAt(this.arguments, index)
  }

  /** Those at the positions, which ascend, as a history of their own. */
  subset(positions: ArrayLike<number>): KeyOperations {
    const subset = new KeyOperations(positions.length)
    for (let index = 0; index < subset.count; index++) {
      const from = positions[index] as number
      subset.invokedNs[index] = this.invokedNs[from] as number
      subset.returnedNs[index] = this.returnedNs[from] as number
      subset.kinds[index] = this.kinds[from] as number
      subset.statuses[index] = this.statuses[from] as number
      subset.isMortal[index] = this.isMortal[from] as number
      subset.clients[index] = this.clients[from] as number
      for (const word of [0, 1]) {
        subset.values[2 * index + word] = this.values[2 * from + word] as number
        subset.versions[2 * index + word] = this.versions[2 * from + word] as number
        subset.arguments[2 * index + word] = this.arguments[2 * from + word] as number
      }
    }
    return subset
  }

  /** Throws if an invariant of the file's head is broken. */
  checkInvariants(): void {
    for (let index = 0; index < this.count; index++) {
      const isUnknown = this.statuses[index] === UNKNOWN
      assert(this.statuses[index] !== NOT_DONE, 'what was not done says nothing')
      assert(!isUnknown || this.kinds[index] !== READ, 'a read without a reply says nothing')
      assert(isUnknown === (this.returnedNs[index] === Number.POSITIVE_INFINITY), 'only unknown outcomes never return')
      assert(
        index === 0 || (this.invokedNs[index - 1] as number) <= (this.invokedNs[index] as number),
        'operations are in the order of their invocation',
      )
    }
  }
}

/** A key's operations, and how many of it were left out because they say nothing. */
export interface Gathered {
  readonly operations: KeyOperations
  readonly unknownReads: number
  readonly notDone: number
}

/** Takes the operations of a key, and the wipes that concern it, out of a history. */
export function gatherKey(history: History, key: number): Gathered {
  const own = history.positionsOf(key)
  const positions = new Uint32Array(own.length + history.wipes.length)
  let count = 0
  let unknownReads = 0
  let notDone = 0
  let lastNs = Number.NEGATIVE_INFINITY
  for (const position of own) {
    const word = history.word(position, 6)
    const status = (word >>> 28) & STATUS_MASK
    const isUnknownRead = status === UNKNOWN && ((word >>> 24) & 15) === READ
    if (isUnknownRead) unknownReads++
    else if (status === NOT_DONE) notDone++
    else positions[count++] = position
    if (status === UNKNOWN) lastNs = Number.POSITIVE_INFINITY
    else lastNs = Math.max(lastNs, history.returnedNs(position))
  }
  if (count > 0) {
    for (const position of history.wipes) {
      // Nobody sees a wipe behind the last reply.
      const isSeen = history.invokedNs(position) <= lastNs
      if (isSeen && concernsSlot(history, position, history.slotOf(key))) positions[count++] = position
    }
  }
  return { operations: columnsOf(history, positions.subarray(0, count)), unknownReads, notDone }
}

function concernsSlot(history: History, position: number, slot: number): boolean {
  const word = history.word(position, 6)
  if (((word >>> 28) & STATUS_MASK) === NOT_DONE) return false
  if (((word >>> 24) & 15) !== WIPE_SLOTS) return true
  const slots = history.word(position, 4)
  return slot !== NO_SLOT && slot >= (slots & 0xffff) && slot <= slots >>> 16
}

function columnsOf(history: History, positions: Uint32Array): KeyOperations {
  const columns = new KeyOperations(positions.length)
  const times = new Float64Array(positions.length)
  const order = new Uint32Array(positions.length)
  for (let index = 0; index < positions.length; index++) {
    times[index] = history.invokedNs(positions[index] as number)
    order[index] = index
  }
  sortByTime(order, order.length, times)
  for (let index = 0; index < order.length; index++) {
    const position = positions[order[index] as number] as number
    const word = history.word(position, 6)
    const kind = (word >>> 24) & 15
    columns.invokedNs[index] = history.invokedNs(position)
    columns.returnedNs[index] = history.returnedNs(position)
    columns.kinds[index] = kind === WIPE_SLOTS ? WIPE : kind
    columns.statuses[index] = (word >>> 28) & STATUS_MASK
    columns.isMortal[index] = ((word >>> 28) & MORTAL) === 0 ? 0 : 1
    columns.clients[index] = history.word(position, 7)
    for (let half = 0; half < 2; half++) {
      columns.values[2 * index + half] = history.word(position, half)
      columns.versions[2 * index + half] = history.word(position, 2 + half)
      columns.arguments[2 * index + half] = history.word(position, 4 + half)
    }
  }
  return columns
}

function longAt(words: Uint32Array, index: number): bigint {
  return (BigInt(words[2 * index + 1] as number) << 32n) | BigInt(words[2 * index] as number)
}
