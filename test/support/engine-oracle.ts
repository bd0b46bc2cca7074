// The judge of an engine with effects: each reply must be what the model says, and each change must be in the stream,
// in its order, with its key, value, expiry, reason and version.
//
// What the engine does at a time of its own choosing, the stream tells: a removal of an expired or evicted record is
// taken from it where an operation's changes or its result demand one before them, and only if it is one that may be.

import { REMOVED_BY_DELETE, REMOVED_BY_EVICTION, REMOVED_BY_EXPIRY } from '../../src/engine/assembly/outcomes.ts'
import type { EvictionPolicy } from '../../src/engine/index.ts'
import {
  STATUS_ABORTED,
  STATUS_MISSING,
  STATUS_NO_MEMORY,
  STATUS_NOT_A_NUMBER,
  STATUS_NUMBER,
  STATUS_OK,
  STATUS_OK_VERSION,
  STATUS_VALUE,
} from '../../src/protocol/codes.ts'
import { ScanPageReader } from '../../src/protocol/scan-page.ts'
import { decodeEffects, type TestEffect } from './effects.ts'
import type { TestOperation, TestReply, TestResult } from './engine-harness.ts'
import {
  conditionHolds,
  keyOf,
  type ModelChange,
  type ModelRecord,
  type ModelResult,
  ModelState,
  perform,
  unmet,
} from './engine-model.ts'

/** How the judged engine was opened. */
export interface OracleOptions {
  readonly versionStart: bigint
  /** Whether its memory may be exhausted. Default false: then nothing may fail for lack of it. */
  readonly isLimited?: boolean
  readonly eviction?: EvictionPolicy
}

/** What an operation, or an atomic group with its own, must answer and change. */
interface Expectation {
  readonly results: readonly (ModelResult | ((result: TestResult) => boolean))[]
  readonly changes: readonly (ModelChange & { readonly reason: number })[]
}

const READS: ReadonlySet<string> = new Set(['get', 'exists', 'read-range'])

/** Follows one engine from its opening on. */
export class EngineOracle {
  readonly state = new ModelState()
  /** The newest version that was seen. */
  version: bigint
  /** What the runs met, so that a test can tell that it tested something. */
  readonly seen = { changes: 0, expired: 0, evicted: 0, noMemory: 0, committed: 0, aborted: 0, unmet: 0 }
  readonly #isLimited: boolean
  readonly #eviction: EvictionPolicy
  /** Whether versions may have been given out to changes that were taken back. */
  #maySkipVersions = false
  #effects: readonly TestEffect[] = []
  #next = 0

  constructor({ versionStart, isLimited = false, eviction = 'none' }: OracleOptions) {
    this.version = versionStart
    this.#isLimited = isLimited
    this.#eviction = eviction
  }

  /**
   * Judges what became of the operations that were executed; `frames` says how many frames it took. Throws what
   * differs.
   */
  expectReply(operations: readonly TestOperation[], reply: TestReply & { frames?: number }, nowMs: number): void {
    this.state.nowMs = Math.max(this.state.nowMs, nowMs)
    this.#maySkipVersions ||= this.#isLimited || (reply.frames ?? 1) > 1 || reply.effectsFull > 0
    this.#effects = decodeEffects(reply.effects)
    this.#next = 0
    const { results } = reply
    for (let index = 0; index < results.length; ) {
      const operation = operations[index] as TestOperation
      const count = operation.kind === 'atomic' ? 1 + (operation.count ?? 0) : 1
      this.#judge(operations.slice(index, index + count), results.slice(index, index + count), index)
      index += count
    }
    while (this.#takeRemoval());
    const left = this.#effects[this.#next]
    if (left !== undefined) throw new Error(`an effect of no operation: ${describeEffect(left)}`)
  }

  /** Judges effects that no operation made: those of maintenance. */
  expectRemovals(effects: Uint8Array, nowMs: number): void {
    this.expectReply([], { outcome: 0, results: [], bytes: new Uint8Array(0), effects, effectsFull: 0 }, nowMs)
  }

  #judge(operations: readonly TestOperation[], results: readonly TestResult[], index: number): void {
    for (;;) {
      const expectation = this.#expect(operations, results)
      const difference = this.#difference(expectation, results)
      if (difference === undefined) {
        for (const change of expectation.changes) this.#commit(change)
        return
      }
      // What differs may be for a removal that came before.
      if (this.#takeRemoval()) continue
      const effect = this.#effects[this.#next]
      throw new Error(
        `operation ${index} ${describe(operations[0])}: ${difference}; next effect ${effect ? describeEffect(effect) : 'none'}`,
      )
    }
  }

  #expect(operations: readonly TestOperation[], results: readonly TestResult[]): Expectation {
    const [operation] = operations
    if (operation === undefined) throw new Error('there is an operation')
    if (results[0]?.status === STATUS_NO_MEMORY && this.#isLimited) return this.#expectNoMemory(operations)
    switch (operation.kind) {
      case 'atomic':
        return expectGroup(this.state, operations.slice(1))
      case 'count':
        return { results: [{ status: STATUS_NUMBER, number: BigInt(this.state.records.size) }], changes: [] }
      case 'random-key':
        return { results: [(result) => this.#isAnyKey(result)], changes: [] }
      case 'scan':
        return { results: [(result) => this.#isPage(operation, result)], changes: [] }
      case 'clear': {
        const record = { value: Buffer.alloc(0), expiryMs: 0, version: 0n }
        const status = operation.withVersion === true ? STATUS_OK_VERSION : STATUS_OK
        const change = { kind: 'clear', key: '', record, reason: 0 } as const
        return { results: [{ status, ...(operation.withVersion ? { stamp: record } : {}) }], changes: [change] }
      }
    }
    const removal = expiredRemoval(this.state, operation)
    const record = this.state.live(keyOf(operation.key))
    if (!conditionHolds(operation, record)) return { results: [unmet(operation, record)], changes: removal }
    const result = perform(this.state, operation)
    const change = result.change === undefined ? [] : [{ ...result.change, reason: REMOVED_BY_DELETE }]
    return { results: [result], changes: [...removal, ...change] }
  }

  #expectNoMemory(operations: readonly TestOperation[]): Expectation {
    const [first, ...members] = operations
    const mayFail = first !== undefined && !READS.has(first.kind) && first.kind !== 'delete'
    const result = (actual: TestResult): boolean => mayFail && actual.status === STATUS_NO_MEMORY
    return { results: [result, ...members.map(() => ({ status: STATUS_ABORTED }))], changes: [] }
  }

  #difference({ results, changes }: Expectation, actual: readonly TestResult[]): string | undefined {
    let newest = this.version
    for (const [at, change] of changes.entries()) {
      const effect = this.#effects[this.#next + at]
      if (effect === undefined || !isEffectOf(effect, change)) return `no effect of ${change.kind} ${brief(change.key)}`
      if (!this.#mayFollow(newest, effect.version)) return `version ${effect.version} behind ${newest}`
      newest = effect.version
      change.record.version = effect.version
    }
    for (const [at, expected] of results.entries()) {
      const result = actual[at]
      if (result === undefined) return 'a result is missing'
      const isEqual = typeof expected === 'function' ? expected(result) : equals(expected, result)
      if (!isEqual) return `result ${at} is ${describe(result)}, expected ${describe(expected)}`
    }
    this.#count(actual)
    return undefined
  }

  #commit(change: ModelChange & { readonly reason: number }): void {
    this.state.apply(change)
    this.version = change.record.version
    this.#maySkipVersions = this.#isLimited
    this.#next++
    this.seen.changes++
    if (change.reason === REMOVED_BY_EXPIRY) this.seen.expired++
  }

  /** Takes the next effect when it is the removal of a record that expired, or that may be evicted. */
  #takeRemoval(): boolean {
    const effect = this.#effects[this.#next]
    if (effect?.kind !== 'remove') return false
    const key = keyOf(effect.key)
    const record = this.state.records.get(key)
    if (record === undefined || !this.#mayRemove(record, effect.reason)) return false
    if (!this.#mayFollow(this.version, effect.version)) return false
    if (effect.reason === REMOVED_BY_EVICTION) this.seen.evicted++
    this.#commit({ kind: 'remove', key, record: { ...record, version: effect.version }, reason: effect.reason })
    return true
  }

  #mayRemove(record: ModelRecord, reason: number): boolean {
    if (reason === REMOVED_BY_EXPIRY) return this.state.isExpired(record)
    if (reason !== REMOVED_BY_EVICTION || !this.#isLimited || this.#eviction === 'none') return false
    return this.#eviction === 'any' || record.expiryMs !== 0
  }

  #mayFollow(version: bigint, next: bigint): boolean {
    return this.#maySkipVersions ? next > version : next === version + 1n
  }

  #isAnyKey({ status, value }: TestResult): boolean {
    if (status === STATUS_MISSING) return this.state.liveKeys().length === 0
    return status === STATUS_VALUE && this.state.live(keyOf(value)) !== undefined
  }

  #isPage({ cursor = 0n }: TestOperation, { status, value }: TestResult): boolean {
    if (status !== STATUS_VALUE) return false
    const page = readPage(value)
    const isForward = page.cursor === 0n || page.cursor > cursor
    return isForward && new Set(page.keys).size === page.keys.length && page.keys.every((key) => this.state.live(key))
  }

  #count(results: readonly TestResult[]): void {
    const [first] = results
    if (first === undefined) return
    if (first.status === STATUS_NO_MEMORY) this.seen.noMemory++
    if (first.status >= 11 && first.status <= 14) this.seen.unmet++
    if (first.status === STATUS_ABORTED) this.seen.aborted++
    else if (results.length > 1 && first.status === STATUS_OK) this.seen.committed++
    // The changes of a group that was taken back had versions too.
    if (results.length > 1 && first.status !== STATUS_OK) this.#maySkipVersions = true
  }
}

/** The keys of a scan's page, and where it goes on. */
export function readPage(value: Uint8Array): { readonly cursor: bigint; readonly keys: string[] } {
  const reader = new ScanPageReader()
  reader.open(value, 0, value.length)
  const keys: string[] = []
  while (reader.next()) keys.push(keyOf(value.subarray(reader.start, reader.end)))
  return { cursor: reader.cursor, keys }
}

/** The whole group's fate: conditions first, then all operations in turn or none. */
function expectGroup(state: ModelState, members: readonly TestOperation[]): Expectation {
  const live = (operation: TestOperation): ModelRecord | undefined => state.live(keyOf(operation.key))
  const aborted = { status: STATUS_ABORTED }
  if (members.some((member) => !conditionHolds(member, live(member)))) {
    const results = members.map((member) =>
      conditionHolds(member, live(member)) ? aborted : unmet(member, live(member)),
    )
    return { results: [aborted, ...results], changes: [] }
  }
  const working = new ModelState(state.records, state.nowMs)
  const changes: Expectation['changes'][number][] = []
  const results: ModelResult[] = []
  for (const [at, member] of members.entries()) {
    const removal = expiredRemoval(working, member)
    const result = perform(working, member)
    if (result.status >= STATUS_NOT_A_NUMBER) {
      return { results: [aborted, ...members.map((_, other) => (other === at ? result : aborted))], changes: [] }
    }
    const change = result.change === undefined ? [] : [{ ...result.change, reason: REMOVED_BY_DELETE }]
    for (const each of [...removal, ...change]) {
      working.apply(each)
      changes.push(each)
    }
    results.push(result)
  }
  return { results: [{ status: STATUS_OK }, ...results], changes }
}

/** An operation that may write removes the expired record under its key first. */
function expiredRemoval(state: ModelState, { kind, key }: TestOperation): Expectation['changes'] {
  const name = keyOf(key)
  const record = state.records.get(name)
  if (READS.has(kind) || record === undefined || !state.isExpired(record)) return []
  return [{ kind: 'remove', key: name, record: { ...record, version: 0n }, reason: REMOVED_BY_EXPIRY }]
}

function isEffectOf(effect: TestEffect, { kind, key, record, reason }: Expectation['changes'][number]): boolean {
  if (effect.kind !== kind || keyOf(effect.key) !== key || effect.reason !== reason) return false
  if (kind !== 'set') return effect.expiryMs === 0 && effect.value.length === 0
  return effect.expiryMs === record.expiryMs && effect.value.equals(record.value)
}

function equals(expected: ModelResult, { status, value, version, expiryMs, number }: TestResult): boolean {
  if (status !== expected.status || version !== expected.stamp?.version) return false
  if (expiryMs !== expected.expiryMs || number !== expected.number) return false
  return expected.value === undefined ? value.length === 0 : expected.value.equals(value)
}

function describeEffect({ kind, key, version, expiryMs, reason, value }: TestEffect): string {
  return `${kind} ${brief(keyOf(key))} version ${version} expiry ${expiryMs} reason ${reason} with ${value.length} bytes`
}

function describe(thing: unknown): string {
  if (typeof thing === 'function') return 'something else'
  return JSON.stringify(thing, (_, value) => {
    if (typeof value === 'bigint') return `${value}n`
    if (value instanceof Uint8Array || value?.type === 'Buffer') return `${(value.data ?? value).length} bytes`
    return typeof value === 'string' ? brief(value) : value
  })
}

function brief(text: string): string {
  return text.length > 40 ? `${text.slice(0, 20)}... (${text.length})` : text
}
