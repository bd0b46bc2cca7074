// Checks a history key by key. The trick: what is quick comes first. Every key gets the version check and, if its writes are
// unique, the zone test; the others are searched in rounds, each with eight times the steps of the round before, so that one
// hard key does not use up the time of all. A generator: it yields every few milliseconds, so that its caller can show
// progress, look at a clock, and stop.

import { addToExercise, type Exercise, newExercise } from './exercise.ts'
import type { History } from './history.ts'
import { gatherKey, type KeyOperations } from './key-operations.ts'
import type { Rule } from './rules.ts'
import { Search } from './search.ts'
import { smallestBroken } from './smallest.ts'
import { countVersions, versionCheck } from './version-check.ts'
import { isForZoneTest, zoneTest } from './zone-test.ts'

/** NOT beats UNKNOWN beats LINEARIZABLE. */
export type Outcome = 'LINEARIZABLE' | 'NOT' | 'UNKNOWN'

/** A key that is not linearizable. */
export interface KeyViolation {
  readonly key: number
  readonly checker: 'zones' | 'search' | 'versions'
  readonly rule: Rule
  /** The smallest part of the key's history that could be found and still breaks the rule. */
  readonly operations: KeyOperations
  /** How many operations on the key there were. */
  readonly operationsOfKey: number
}

/** What a check found. */
export interface CheckResult {
  readonly outcome: Outcome
  /** At most `violationsMax`, and at most one for each key. */
  readonly violations: readonly KeyViolation[]
  readonly brokenKeys: number
  /** Keys that could not be judged in the time or memory given. */
  readonly unknownKeys: number
  /** Keys that the zone test judged, and the search. */
  readonly zoneKeys: number
  readonly searchedKeys: number
  /** Operations whose versions were compared. */
  readonly versionedOperations: number
  readonly exercise: Exercise
}

/** How far a check is. */
export interface CheckProgress {
  readonly phase: 'keys' | 'search' | 'smallest'
  readonly done: number
  readonly total: number
}

/** Limits of a check. */
export interface CheckOptions {
  /** Looked at at every yield: what is not judged when it turns true is UNKNOWN. Default: never. */
  readonly isOver?: () => boolean
  /** Violations that are shown. Default 5. */
  readonly violationsMax?: number
  /** Memory of a search, as much again for its table. Default 512 MiB, from 16 KiB to 4 GiB. */
  readonly memoBytesMax?: number
}

const VIOLATIONS_MAX = 5
const MEMO_BYTES_MAX = 512 * 1024 * 1024
/** Operations between two yields of the quick checks. */
const SLICE_OPERATIONS = 50_000
/** Tries of a search between two yields: some milliseconds. */
const SLICE_STEPS = 20_000
const FIRST_ROUND_STEPS = 500_000
const ROUND_FACTOR = 8
/** Tries that one smaller history is worth. */
const SMALLER_STEPS_MAX = 2_000_000

/** Judges a history, which is sorted by key. */
export function* checkHistory(history: History, options: CheckOptions = {}): Generator<CheckProgress, CheckResult> {
  const check = new Check(history, options)
  yield* check.quick()
  yield* check.search()
  return check.result()
}

class Check {
  readonly #history: History
  readonly #isOver: () => boolean
  readonly #violationsMax: number
  readonly #memoBytesMax: number
  readonly #exercise: Exercise
  readonly #violations: KeyViolation[] = []
  readonly #hard: number[] = []
  #brokenKeys = 0
  #unknownKeys = 0
  #zoneKeys = 0
  #searchedKeys = 0
  #versionedOperations = 0

  constructor(history: History, options: CheckOptions) {
    const { isOver = () => false, violationsMax = VIOLATIONS_MAX, memoBytesMax = MEMO_BYTES_MAX } = options
    this.#history = history
    this.#isOver = isOver
    this.#violationsMax = violationsMax
    this.#memoBytesMax = memoBytesMax
    this.#exercise = newExercise(history.operations, history.keys, history.clients, history.wipes.length)
  }

  /** The version check and the zone test. */
  *quick(): Generator<CheckProgress, void> {
    const total = this.#history.keys
    let sinceYield = 0
    for (let key = 0; key < total; key++) {
      const gathered = gatherKey(this.#history, key)
      addToExercise(this.#exercise, gathered)
      yield* this.#quickKey(key, gathered.operations)
      sinceYield += gathered.operations.count + 1
      if (sinceYield < SLICE_OPERATIONS) continue
      sinceYield = 0
      yield { phase: 'keys', done: key + 1, total }
      if (!this.#isOver()) continue
      this.#unknownKeys += total - key - 1
      return
    }
  }

  *#quickKey(key: number, operations: KeyOperations): Generator<CheckProgress, void> {
    const versions = versionCheck(operations)
    this.#versionedOperations += countVersions(operations)
    if (versions !== undefined) {
      this.#add(key, 'versions', versions.rule, operations.subset(versions.positions), operations.count)
      return
    }
    if (!isForZoneTest(operations, this.#history.evicts)) {
      this.#hard.push(key)
      return
    }
    this.#zoneKeys++
    const zones = zoneTest(operations)
    if (zones === undefined) return
    // The operations that bound two zones are a handful; whether fewer do is soon tried.
    const isBroken = (smaller: KeyOperations): boolean => zoneTest(smaller)?.rule === zones.rule
    const smallest = yield* this.#smallest(operations.subset(zones.positions), isBroken)
    this.#add(key, 'zones', zones.rule, smallest, operations.count)
  }

  /** Searches the keys that are left, in rounds. */
  *search(): Generator<CheckProgress, void> {
    const total = this.#hard.length
    let left = this.#hard
    for (let stepsMax = FIRST_ROUND_STEPS; left.length > 0; stepsMax *= ROUND_FACTOR) {
      const next: number[] = []
      for (const [index, key] of left.entries()) {
        const isJudged = yield* this.#searchKey(key, stepsMax, {
          done: total - left.length + index - next.length,
          total,
        })
        if (isJudged) continue
        if (this.#isOver()) {
          this.#unknownKeys += left.length - index + next.length
          return
        }
        next.push(key)
      }
      left = next
    }
  }

  /** False when the steps do not suffice. */
  *#searchKey(
    key: number,
    stepsMax: number,
    progress: { readonly done: number; readonly total: number },
  ): Generator<CheckProgress, boolean> {
    if (this.#isOver()) return false
    const { operations } = gatherKey(this.#history, key)
    const search = new Search(operations, this.#history.evicts, this.#memoBytesMax)
    while (search.run(SLICE_STEPS) === 'running' && search.steps < stepsMax) {
      yield { phase: 'search', ...progress }
      if (this.#isOver()) return false
    }
    yield { phase: 'search', ...progress }
    if (search.state === 'running') return false
    if (search.state === 'exhausted') {
      this.#unknownKeys++
      return true
    }
    this.#searchedKeys++
    if (search.state === 'not') {
      const isBroken = (smaller: KeyOperations): boolean | undefined => this.#isBroken(smaller)
      this.#add(key, 'search', 'no-order', yield* this.#smallest(operations, isBroken), operations.count)
    }
    return true
  }

  #isBroken(operations: KeyOperations): boolean | undefined {
    const search = new Search(operations, this.#history.evicts, this.#memoBytesMax)
    const state = search.run(SMALLER_STEPS_MAX)
    return state === 'not' ? true : state === 'linearizable' ? false : undefined
  }

  /** As small as it can be made, when it will be shown. */
  *#smallest(
    operations: KeyOperations,
    isBroken: (operations: KeyOperations) => boolean | undefined,
  ): Generator<CheckProgress, KeyOperations> {
    if (this.#violations.length === this.#violationsMax) return operations
    const total = this.#violations.length + 1
    const steps = smallestBroken(operations, this.#history.evicts, isBroken, this.#isOver)
    for (;;) {
      const step = steps.next()
      if (step.done === true) return step.value
      yield { phase: 'smallest', done: total - 1, total }
    }
  }

  #add(
    key: number,
    checker: KeyViolation['checker'],
    rule: Rule,
    operations: KeyOperations,
    operationsOfKey: number,
  ): void {
    this.#brokenKeys++
    if (this.#violations.length === this.#violationsMax) return
    this.#violations.push({ key, checker, rule, operations, operationsOfKey })
  }

  result(): CheckResult {
    return {
      outcome: this.#brokenKeys > 0 ? 'NOT' : this.#unknownKeys > 0 ? 'UNKNOWN' : 'LINEARIZABLE',
      violations: this.#violations,
      brokenKeys: this.#brokenKeys,
      unknownKeys: this.#unknownKeys,
      zoneKeys: this.#zoneKeys,
      searchedKeys: this.#searchedKeys,
      versionedOperations: this.#versionedOperations,
      exercise: this.#exercise,
    }
  }
}
