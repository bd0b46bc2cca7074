// What one key's record may do: the sequential rules that a search tries to explain replies by.
//
// A state is the record's value, its version, and whether it may vanish by itself. What was never told is not made up: a
// version may be not known, and is settled by the first reply that tells it. A record that may vanish (it has an expiry, or
// the store evicts) is removed just before the first operation that needs its absence; removing it earlier would explain
// no more.

import { assert } from '../util/assert.ts'
import { ADD, COMPARE_AND_SET, DELETE, DONE, EXPIRE, INCREMENT, READ, UNKNOWN, UNMET, WIPE, WRITE } from './format.ts'
import type { KeyOperations } from './key-operations.ts'
import { LongTable } from './long-table.ts'

/** The value of a record that is not there; values are numbered from 1. */
const NO_VALUE = 0
/** A version that is not known; versions are numbered from 1. */
const NO_VERSION = 0

/** Applies operations to a state. Fields, not objects: a search does it millions of times. */
export class KeyModel {
  value = NO_VALUE
  version = NO_VERSION
  isMortal = false
  /** The state after the operation that was applied last. */
  nextValue = NO_VALUE
  nextVersion = NO_VERSION
  nextIsMortal = false
  readonly #operations: KeyOperations
  readonly #evicts: boolean
  readonly #longs: LongTable
  readonly #values: Uint32Array
  readonly #versions: Uint32Array
  readonly #expected: Uint32Array

  constructor(operations: KeyOperations, evicts: boolean) {
    const { count, values, versions } = operations
    this.#operations = operations
    this.#evicts = evicts
    this.#longs = new LongTable(count)
    const versionTable = new LongTable(count)
    this.#values = new Uint32Array(count)
    this.#versions = new Uint32Array(count)
    this.#expected = new Uint32Array(count)
    for (let index = 0; index < count; index++) {
      const [low, high] = [2 * index, 2 * index + 1]
      this.#values[index] = this.#longs.numberOf(values[low] as number, values[high] as number)
      if (operations.hasVersion(index)) {
        this.#versions[index] = versionTable.numberOf(versions[low] as number, versions[high] as number)
      }
      if (operations.kinds[index] === COMPARE_AND_SET) {
        const expected = operations.arguments
        this.#expected[index] = versionTable.numberOf(expected[low] as number, expected[high] as number)
      }
    }
    this.#mergeUnread()
  }

  /**
   * For each operation the number of its class: operations of one class are told and answered the same, so they can stand
   * for each other. Values that nobody read are one value, unless counts are made of them.
   */
  classes(): Uint32Array {
    const { count, kinds, statuses, isMortal, arguments: told } = this.#operations
    const numbers = new Map<string, number>()
    return Uint32Array.from({ length: count }, (_, index) => {
      const name = [
        kinds[index],
        statuses[index],
        isMortal[index],
        statuses[index] === UNKNOWN ? 0 : this.#versions[index],
        kinds[index] === DELETE || kinds[index] === WIPE ? 0 : this.#values[index],
        kinds[index] === INCREMENT || kinds[index] === COMPARE_AND_SET
          ? `${told[2 * index]} ${told[2 * index + 1]}`
          : 0,
      ].join(' ')
      const number = numbers.get(name) ?? numbers.size
      numbers.set(name, number)
      return number
    })
  }

  #mergeUnread(): void {
    const { count, kinds, statuses } = this.#operations
    const isRead = new Uint8Array(this.#longs.count + 1)
    for (let index = 0; index < count; index++) {
      if (kinds[index] === INCREMENT) return
      if (kinds[index] === READ && statuses[index] === DONE) isRead[this.#values[index] as number] = 1
    }
    const unread = this.#longs.count + 1
    for (let index = 0; index < count; index++) {
      if (isRead[this.#values[index] as number] === 0) this.#values[index] = unread
    }
  }

  /** Whether another outcome is possible when the record vanished first. */
  get canVanish(): boolean {
    return this.isMortal && this.value !== NO_VALUE
  }

  /** Whether the last operation applied left the state as it was. */
  get isUnchanged(): boolean {
    return this.nextValue === this.value && this.nextVersion === this.version && this.nextIsMortal === this.isMortal
  }

  /** Makes the next state the state. */
  accept(): void {
    this.value = this.nextValue
    this.version = this.nextVersion
    this.isMortal = this.nextIsMortal
  }

  /** Whether the operation writes whatever there was. */
  isBlind(index: number): boolean {
    const kind = this.#operations.kinds[index]
    return kind === WRITE || kind === WIPE
  }

  /** Whether the operation changes nothing but what is known of the version, in any state that its reply fits. */
  isObserver(index: number): boolean {
    return this.#operations.kinds[index] === READ || this.#operations.statuses[index] === UNMET
  }

  /**
   * Whether the operation may follow the state, or the state without the record, with the reply that it got; sets the next
   * state then. One of unknown outcome that would change nothing may not: it might as well not have happened.
   */
  apply(index: number, hasVanished: boolean): boolean {
    const value = hasVanished ? NO_VALUE : this.value
    const version = hasVanished ? NO_VERSION : this.version
    const isMortal = !hasVanished && this.isMortal
    this.nextValue = value
    this.nextVersion = version
    this.nextIsMortal = isMortal
    const status = this.#operations.statuses[index] as number
    switch (this.#operations.kinds[index]) {
      case READ:
        if (status === UNMET) return value === NO_VALUE
        return value === this.#values[index] && this.#settleVersion(version, this.#versions[index] as number)
      case WRITE:
        return this.#put(index)
      case WIPE:
        return this.#remove()
      case DELETE:
        if (status === DONE && value === NO_VALUE) return false
        return status === UNMET ? value === NO_VALUE : this.#remove()
      case ADD:
        if (status !== UNMET) return value === NO_VALUE && this.#put(index)
        return value !== NO_VALUE && this.#settleVersion(version, this.#versions[index] as number)
      case COMPARE_AND_SET:
        return this.#compareAndSet(index, status, value, version)
      case INCREMENT:
        return this.#increment(index, status, value, isMortal)
      case EXPIRE:
        if (status === UNMET) return value === NO_VALUE
        this.nextVersion = this.#versions[index] as number
        this.nextIsMortal = this.#evicts || this.#operations.isMortal[index] !== 0
        return value !== NO_VALUE
      default:
        assert(false, 'every kind has a meaning')
    }
  }

  #settleVersion(version: number, told: number): boolean {
    if (version === NO_VERSION) this.nextVersion = told
    return version === NO_VERSION || told === NO_VERSION || version === told
  }

  #put(index: number): boolean {
    this.nextValue = this.#values[index] as number
    this.nextVersion = this.#versions[index] as number
    this.nextIsMortal = this.#evicts || this.#operations.isMortal[index] !== 0
    return true
  }

  #remove(): boolean {
    this.nextValue = NO_VALUE
    this.nextVersion = NO_VERSION
    this.nextIsMortal = false
    return true
  }

  #compareAndSet(index: number, status: number, value: number, version: number): boolean {
    const expected = this.#expected[index] as number
    if (status === UNMET) return value === NO_VALUE || version !== expected
    return value !== NO_VALUE && (version === NO_VERSION || version === expected) && this.#put(index)
  }

  /** What is not there counts as 0. A sum keeps the record's expiry. */
  #increment(index: number, status: number, value: number, isMortal: boolean): boolean {
    if (status === UNMET) return value !== NO_VALUE
    const sum = this.#sum(index, value)
    if (status !== UNKNOWN && sum !== this.#values[index]) return false
    this.nextValue = sum
    this.nextVersion = this.#versions[index] as number
    this.nextIsMortal = this.#evicts || isMortal || this.#operations.isMortal[index] !== 0
    return true
  }

  #sum(index: number, value: number): number {
    const { arguments: deltas } = this.#operations
    const low = (value === NO_VALUE ? 0 : this.#longs.low(value)) + (deltas[2 * index] as number)
    const high = (value === NO_VALUE ? 0 : this.#longs.high(value)) + (deltas[2 * index + 1] as number)
    return this.#longs.numberOf(low >>> 0, (high + (low > 0xffff_ffff ? 1 : 0)) >>> 0)
  }
}
