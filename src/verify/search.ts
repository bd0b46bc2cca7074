// Looks for an order of one key's operations that explains all replies: the search of Wing and Gong, "Testing and Verifying
// Concurrent Objects" (1993), with the memo of Lowe, "Testing for Linearizability" (2017): the same set of operations done
// and the same state need no second look.
//
// Calls and returns of operations that ended are one list in the order of time. What may be next is what was called before
// the first return in the list. An operation that is done is taken out of the list; when nothing may be next, the last one
// is put back. Operations of unknown outcome have a list of their own: they never return, so they need not be done at all.
//
//   list   call 0, call 1, | return 0, call 2, return 2, return 1        next may be 0 and 1, and every unknown called before |
//
// Four things keep it short, none of which loses an order:
// - an operation that only looks is done as soon as its reply fits; if no order follows, none follows without it
// - operations of unknown outcome are tried last
// - a write does not follow one of unknown outcome directly: the order without that one is as good
// - of operations that can stand for each other, the one that returns first is next; of unknown outcomes, the one called first
//
// A configuration in the memo: which operations of unknown outcome were used up, the first other one that is not done, the
// state, and which later ones are done. Its size is that of the concurrency, not of the history.

import { assert } from '../util/assert.ts'
import { KeyModel } from './key-model.ts'
import type { KeyOperations } from './key-operations.ts'
import { SearchFrames } from './search-frames.ts'
import { SearchMemo } from './search-memo.ts'

/** What a search knows: `exhausted` means that its memory does not suffice to find out. */
export type SearchState = 'running' | 'linearizable' | 'not' | 'exhausted'

const NONE = -1

/** One search, which goes on as long as it is told to. */
export class Search {
  /** Operations that were tried. */
  steps = 0
  state: SearchState = 'running'
  readonly #operations: KeyOperations
  readonly #model: KeyModel
  readonly #memo: SearchMemo
  readonly #count: number
  /** Entries: calls of operations that returned, by their positions; their returns behind that; then head and tail. */
  readonly #next: Int32Array
  readonly #previous: Int32Array
  readonly #head: number
  readonly #tail: number
  /** The list of unknown outcomes, with head and tail behind the positions. */
  readonly #unknownNext: Int32Array
  readonly #unknownPrevious: Int32Array
  readonly #unknownBits: Uint32Array
  readonly #unknownPlaces: Int32Array
  readonly #isDone: Uint8Array
  readonly #classes: Uint32Array
  readonly #classSizes: Uint32Array
  /** For unknown outcomes the one of the same class that was called before. */
  readonly #unknownBefore: Int32Array
  #left: number
  readonly #frames: SearchFrames
  #depth = 0
  #candidate: number
  #hasVanished = false
  #isAfterUnknown = false
  #lastDone = NONE
  /** The position of the operation that returns first; known once all that are called before it were tried. */
  #barrier = NONE

  constructor(operations: KeyOperations, evicts: boolean, memoBytesMax: number) {
    const { count } = operations
    this.#operations = operations
    this.#count = count
    this.#model = new KeyModel(operations, evicts)
    this.#head = 2 * count
    this.#tail = 2 * count + 1
    this.#next = new Int32Array(2 * count + 2)
    this.#previous = new Int32Array(2 * count + 2)
    this.#unknownNext = new Int32Array(count + 2)
    this.#unknownPrevious = new Int32Array(count + 2)
    this.#unknownPlaces = new Int32Array(count)
    this.#isDone = new Uint8Array(count)
    this.#classes = this.#model.classes()
    this.#classSizes = new Uint32Array(count)
    for (const each of this.#classes) this.#classSizes[each] = (this.#classSizes[each] as number) + 1
    this.#unknownBefore = new Int32Array(count).fill(NONE)
    this.#left = operations.byReturn.length
    this.#unknownBits = new Uint32Array(1 + ((count - this.#left) >> 5))
    this.#memo = new SearchMemo(this.#unknownBits.length, memoBytesMax)
    this.#frames = new SearchFrames(count)
    this.#link()
    this.#candidate = this.#first()
  }

  /** Tries at most so many operations more. */
  run(stepsMax: number): SearchState {
    const end = this.steps + stepsMax
    while (this.state === 'running' && this.steps < end) {
      if (this.#left === 0) this.state = 'linearizable'
      else if (this.#candidate === NONE) this.#goBack()
      else this.#try()
    }
    return this.state
  }

  /** Tries the candidate, and turns to the next one unless it is done. */
  #try(): void {
    this.steps++
    const operation = this.#candidate
    const model = this.#model
    const isUnknown = this.#isUnknown(operation)
    const isUseless = (this.#isAfterUnknown && model.isBlind(operation)) || this.#hasStandIn(operation, isUnknown)
    if (isUseless || !model.apply(operation, this.#hasVanished)) {
      this.#turn()
      return
    }
    const isForced = model.isObserver(operation) && !this.#hasVanished && model.isUnchanged
    this.#frames.push(this.#depth, operation, this.#hasVanished, isForced, model, this.#isAfterUnknown)
    this.#frames.keep(this.#depth, this.#barrier, this.#lastDone)
    model.accept()
    this.#take(operation)
    this.#isAfterUnknown = isUnknown
    const added = this.#remember()
    this.#depth++
    if (added === 'full') this.state = 'exhausted'
    else if (added === 'known') this.#goBack()
    else {
      this.#candidate = this.#first()
      this.#hasVanished = false
    }
  }

  /** Whether another operation that may be next does as well, and is the one to be tried. */
  #hasStandIn(operation: number, isUnknown: boolean): boolean {
    const own = this.#classes[operation] as number
    if (this.#classSizes[own] === 1) return false
    if (isUnknown) {
      const before = this.#unknownBefore[operation] as number
      return before !== NONE && this.#isDone[before] === 0
    }
    const { returnedNs } = this.#operations
    const returnNs = returnedNs[operation] as number
    let entry = this.#next[this.#head] as number
    for (; entry < this.#count; entry = this.#next[entry] as number) {
      if (this.#classes[entry] !== own || entry === operation) continue
      const otherNs = returnedNs[entry] as number
      if (otherNs < returnNs || (otherNs === returnNs && entry < operation)) return true
    }
    return false
  }

  /** The same operation after the record vanished, or the next one. */
  #turn(): void {
    if (!this.#hasVanished && this.#model.canVanish && !this.#model.isBlind(this.#candidate)) {
      this.#hasVanished = true
      return
    }
    this.#hasVanished = false
    this.#candidate = this.#following(this.#candidate)
  }

  /** Puts the last operation back, and turns to what may be in its place. */
  #goBack(): void {
    const frames = this.#frames
    let isForced = true
    while (isForced) {
      if (this.#depth === 0) {
        this.state = 'not'
        return
      }
      const depth = --this.#depth
      const operation = frames.operation(depth)
      this.#putBack(operation)
      frames.restore(depth, this.#model)
      this.#isAfterUnknown = frames.isAfterUnknown(depth)
      this.#hasVanished = frames.hasVanished(depth)
      this.#barrier = frames.barrier(depth)
      this.#lastDone = frames.lastDone(depth)
      this.#candidate = operation
      isForced = frames.isForced(depth)
    }
    this.#turn()
  }

  /** The first candidate: there is one that returned, as long as one is left. */
  #first(): number {
    this.#barrier = NONE
    const entry = this.#next[this.#head] as number
    return entry < this.#count ? entry : NONE
  }

  #following(operation: number): number {
    let unknown: number
    if (this.#isUnknown(operation)) {
      unknown = this.#unknownNext[operation] as number
    } else {
      const entry = this.#next[operation] as number
      if (entry < this.#count) return entry
      assert(entry < this.#head, 'a call is followed by its return')
      this.#barrier = entry - this.#count
      unknown = this.#unknownNext[this.#count] as number
    }
    if (unknown > this.#count) return NONE
    const { invokedNs, returnedNs } = this.#operations
    return (invokedNs[unknown] as number) <= (returnedNs[this.#barrier] as number) ? unknown : NONE
  }

  #isUnknown(operation: number): boolean {
    return this.#operations.returnedNs[operation] === Number.POSITIVE_INFINITY
  }

  #take(operation: number): void {
    this.#isDone[operation] = 1
    if (this.#isUnknown(operation)) {
      unlink(this.#unknownNext, this.#unknownPrevious, operation)
      this.#flip(operation)
      return
    }
    unlink(this.#next, this.#previous, operation)
    unlink(this.#next, this.#previous, operation + this.#count)
    this.#left--
    this.#lastDone = Math.max(this.#lastDone, operation)
  }

  #putBack(operation: number): void {
    this.#isDone[operation] = 0
    if (this.#isUnknown(operation)) {
      relink(this.#unknownNext, this.#unknownPrevious, operation)
      this.#flip(operation)
      return
    }
    relink(this.#next, this.#previous, operation + this.#count)
    relink(this.#next, this.#previous, operation)
    this.#left++
  }

  #flip(unknown: number): void {
    const place = this.#unknownPlaces[unknown] as number
    this.#unknownBits[place >>> 5] = (this.#unknownBits[place >>> 5] as number) ^ (1 << (place & 31))
  }

  /** Writes the configuration into the memo. */
  #remember(): 'new' | 'known' | 'full' {
    const memo = this.#memo
    const model = this.#model
    const first = this.#next[this.#head] as number
    const usedWords = this.#unknownBits.length
    memo.reserve(usedWords + 3 + Math.ceil(Math.max(0, this.#lastDone - first) / 32))
    const { entry } = memo
    for (let index = 0; index < usedWords; index++) entry[index] = this.#unknownBits[index] as number
    // Not to come after an unknown outcome allows more than to do so: it is used up, too.
    entry[0] = ((entry[0] as number) & ~1) | (this.#isAfterUnknown ? 1 : 0)
    entry[usedWords] = first
    entry[usedWords + 1] = model.value
    entry[usedWords + 2] = (model.version << 1) | (model.isMortal ? 1 : 0)
    let length = usedWords + 3
    let bits = 0
    let bitCount = 0
    for (let operation = first + 1; operation <= this.#lastDone; operation++) {
      if (!this.#isUnknown(operation)) bits |= (this.#isDone[operation] as number) << bitCount
      if (++bitCount < 32) continue
      entry[length++] = bits
      bits = 0
      bitCount = 0
    }
    if (bitCount > 0) entry[length++] = bits
    return memo.add(length)
  }

  #link(): void {
    const { invokedNs, returnedNs, byReturn } = this.#operations
    let last = this.#head
    let lastUnknown = this.#count
    const lastOfClass = new Map<number, number>()
    // Bit 0 says something else in the memo.
    let unknowns = 1
    let returned = 0
    const append = (entry: number): void => {
      this.#next[last] = entry
      this.#previous[entry] = last
      last = entry
    }
    for (let call = 0; call < this.#count; call++) {
      // What begins when another one ends is concurrent with it.
      while (
        returned < byReturn.length &&
        (returnedNs[byReturn[returned] as number] as number) < (invokedNs[call] as number)
      ) {
        append((byReturn[returned++] as number) + this.#count)
      }
      if (!this.#isUnknown(call)) {
        append(call)
        continue
      }
      this.#unknownPlaces[call] = unknowns++
      const own = this.#classes[call] as number
      this.#unknownBefore[call] = lastOfClass.get(own) ?? NONE
      lastOfClass.set(own, call)
      this.#unknownNext[lastUnknown] = call
      this.#unknownPrevious[call] = lastUnknown
      lastUnknown = call
    }
    while (returned < byReturn.length) append((byReturn[returned++] as number) + this.#count)
    append(this.#tail)
    this.#unknownNext[lastUnknown] = this.#count + 1
    this.#unknownPrevious[this.#count + 1] = lastUnknown
    assert(unknowns - 1 + byReturn.length === this.#count, 'every operation is in one of the lists')
  }
}

function unlink(next: Int32Array, previous: Int32Array, entry: number): void {
  const [before, after] = [previous[entry] as number, next[entry] as number]
  next[before] = after
  previous[after] = before
}

function relink(next: Int32Array, previous: Int32Array, entry: number): void {
  next[previous[entry] as number] = entry
  previous[next[entry] as number] = entry
}
