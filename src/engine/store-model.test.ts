// The store against a plain Map: any calls, alone and in batches, while time passes.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { openTestStore } from '../../test/support/store-harness.ts'
import { type Answer, type StoreCall, StoreOracle } from '../../test/support/store-oracle.ts'
import type { SetOptions } from '../protocol/write-options.ts'
import { SluiceError } from '../util/errors.ts'
import type { Store } from './store.ts'
import type { StoreBatch } from './store-batch.ts'
import type { StoreBatchResults } from './store-batch-results.ts'

const ttlArbitrary = fc.constantFrom(1, 2, 5, 10, 100, Infinity)
const callArbitrary: fc.Arbitrary<StoreCall> = fc.record({
  kind: fc.constantFrom(
    ...(['get', 'has', 'set', 'set', 'set', 'exchange', 'delete', 'take', 'expire', 'add', 'append'] as const),
    ...(['writeRange', 'readRange'] as const),
  ),
  key: fc.oneof(
    { weight: 5, arbitrary: fc.integer({ min: 0, max: 6 }).map((number) => `key:${number}`) },
    fc.constantFrom('é', '鍵', `long:${'k'.repeat(300)}`, 'ü'.repeat(200)),
  ),
  value: fc.oneof(
    { weight: 4, arbitrary: fc.string({ unit: 'grapheme', maxLength: 40 }) },
    fc.integer().map(String),
    fc.constantFrom(`${2n ** 63n - 1n}`, '-0', '007', 'x'.repeat(253), 'é'.repeat(127), 'y'.repeat(300_000)),
  ),
  ttlMs: fc.option(ttlArbitrary, { nil: undefined }),
  keepExpiry: fc.boolean(),
  setIf: fc.constantFrom(undefined, undefined, 'absent', 'present'),
  expireIf: fc.constantFrom(undefined, undefined, 'no-expiry', 'has-expiry', 'later', 'earlier'),
  delta: fc.oneof(fc.integer({ min: -5, max: 5 }), fc.maxSafeInteger()),
  offset: fc.nat({ max: 50 }),
  bytes: fc.nat({ max: 50 }),
})

type Step =
  | { readonly calls: readonly StoreCall[]; readonly way: 'alone' | 'batch' | 'atomic' }
  | { readonly advanceMs: number }
  | { readonly clear: true }
  | { readonly maintain: number }

const stepArbitrary: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      calls: fc.array(callArbitrary, { minLength: 1, maxLength: 12 }),
      way: fc.constantFrom('alone', 'batch', 'atomic'),
    }),
  },
  { weight: 3, arbitrary: fc.record({ advanceMs: fc.constantFrom(1, 2, 7, 50, 1_000) }) },
  fc.constant({ clear: true } as const),
  fc.record({ maintain: fc.constantFrom(1, 1_000) }),
)

/** Without what the kind of the call does not take. */
function setOptions({ ttlMs, keepExpiry, setIf }: StoreCall): SetOptions {
  const expiry = keepExpiry ? { keepExpiry } : ttlMs === undefined ? {} : { ttlMs }
  return { ...expiry, ...(setIf === undefined ? {} : { if: setIf }) }
}

function expireArguments({ ttlMs = 3, expireIf }: StoreCall) {
  const isVain = ttlMs === Infinity && (expireIf === 'later' || expireIf === 'earlier')
  return { ttlMs: isVain ? 3 : ttlMs, options: expireIf === undefined ? undefined : { if: expireIf } }
}

/** The call as the oracle has to see it: with the same lifetime. */
function seenByOracle(call: StoreCall): StoreCall {
  return call.kind === 'expire' ? { ...call, ttlMs: expireArguments(call).ttlMs } : call
}

function callAlone(store: Store, call: StoreCall): Answer {
  const { kind, key, value, ttlMs, delta, offset, bytes } = call
  const found = (value: string | undefined): Answer => ({ ok: value !== undefined, value })
  try {
    if (kind === 'get') return found(store.get(key))
    if (kind === 'has') return { ok: store.has(key) }
    if (kind === 'set') return { ok: store.set(key, value, setOptions(call)) }
    if (kind === 'delete') return { ok: store.delete(key) }
    if (kind === 'take') return found(store.take(key))
    if (kind === 'readRange') return found(store.readRange(key, offset, bytes))
    if (kind === 'append') return { ok: true, number: store.append(key, value) }
    if (kind === 'writeRange') return { ok: true, number: store.writeRange(key, offset, value) }
    if (kind === 'add') return { ok: true, number: store.add(key, delta, ttlMs === undefined ? {} : { ttlMs }) }
    if (kind === 'expire') {
      const { ttlMs, options } = expireArguments(call)
      return { ok: store.expire(key, ttlMs, options) }
    }
    const { written, previous } = store.exchange(key, value, setOptions(call))
    return { ok: written, value: previous }
  } catch (error) {
    if (error instanceof SluiceError) return { ok: false, error: error.code }
    throw error
  }
}

function addToBatch(batch: StoreBatch<string>, call: StoreCall): number {
  const { kind, key, value, ttlMs, delta, offset, bytes } = call
  if (kind === 'set' || kind === 'exchange') return batch[kind](key, value, setOptions(call))
  if (kind === 'add') return batch.add(key, delta, ttlMs === undefined ? {} : { ttlMs })
  if (kind === 'readRange') return batch.readRange(key, offset, bytes)
  if (kind === 'append') return batch.append(key, value)
  if (kind === 'writeRange') return batch.writeRange(key, offset, value)
  if (kind !== 'expire') return batch[kind](key)
  const expiry = expireArguments(call)
  return batch.expire(key, expiry.ttlMs, expiry.options)
}

function answerOf(results: StoreBatchResults<string>, index: number, kind: StoreCall['kind']): Answer {
  const error = results.error(index)
  if (error !== undefined) return { ok: results.ok(index), error: error.code }
  if (kind === 'add' || kind === 'append' || kind === 'writeRange') {
    return { ok: results.ok(index), number: results.number(index) }
  }
  return { ok: results.ok(index), value: results.value(index) }
}

const WITH_VALUE = new Set(['get', 'take', 'exchange', 'readRange'])

/** What of an answer a call of this kind tells. */
function told({ ok, value, number, error }: Answer, kind: StoreCall['kind']): unknown {
  if (error !== undefined) return { ok, error }
  return { ok, ...(WITH_VALUE.has(kind) ? { value } : {}), ...(number === undefined ? {} : { number }) }
}

class Rig {
  readonly test: ReturnType<typeof openTestStore>
  readonly oracle: StoreOracle

  constructor(ttlMs: number) {
    this.test = openTestStore({ ttlMs, maxBytes: 64 * 1024 * 1024 })
    this.oracle = new StoreOracle(this.test.clock.nowMs(), ttlMs)
  }

  take(step: Step): void {
    const { store, clock } = this.test
    if ('advanceMs' in step) {
      clock.advance(step.advanceMs)
      this.oracle.nowMs = clock.nowMs()
    } else if ('clear' in step) {
      store.clear()
      this.oracle.records.clear()
    } else if ('maintain' in step) {
      store.maintain(step.maintain)
    } else if (step.way === 'alone') {
      for (const call of step.calls) {
        const expected = told(this.oracle.execute(seenByOracle(call)), call.kind)
        expect(told(callAlone(store, call), call.kind), call.kind).toEqual(expected)
      }
    } else {
      this.#runBatch(step.calls, step.way === 'atomic')
    }
  }

  #runBatch(calls: readonly StoreCall[], atomic: boolean): void {
    const batch = this.test.store.batch({ atomic })
    expect(calls.map((call) => addToBatch(batch, call))).toEqual(calls.map((_, index) => index))
    const results = batch.run()
    const seen = calls.map(seenByOracle)
    const expected = atomic
      ? this.oracle.executeAtomic(seen)
      : { committed: true, answers: seen.map((call) => this.oracle.execute(call)) }
    expect(results.committed).toBe(expected.committed)
    expect(results.length).toBe(calls.length)
    for (const [index, { kind }] of calls.entries()) {
      const answer = expected.answers[index] ?? { ok: false }
      expect(told(answerOf(results, index, kind), kind), `${kind} ${index}`).toEqual(told(answer, kind))
    }
    const firstError = expected.answers.find(({ error }) => error !== undefined)?.error
    expect(results.firstError?.code).toBe(firstError)
  }

  /** Compares everything. */
  check(): void {
    const { store, clock, checkInvariants } = this.test
    checkInvariants()
    const keys = this.oracle.liveKeys()
    expect([...store.keys()].sort()).toEqual(keys)
    expect(store.size).toBeGreaterThanOrEqual(keys.length)
    for (const key of keys) {
      const { value, expiresAtMs } = this.oracle.live(key) ?? { value: Buffer.alloc(0), expiresAtMs: 0 }
      expect(store.getRecord(key)).toMatchObject({ value: value.toString(), expiresAtMs })
      expect(store.ttlMs(key)).toBe(expiresAtMs - clock.nowMs())
      expect(Buffer.compare(store.bytes.get(key) ?? Buffer.alloc(0), value)).toBe(0)
    }
  }
}

describe('a store against a Map', () => {
  it.each([
    ['without a lifetime of its own', Infinity],
    ['whose records live 20 ms unless told otherwise', 20],
  ])('answers alike %s', (_name, ttlMs) => {
    fc.assert(
      fc.property(fc.array(stepArbitrary, { maxLength: 40 }), (steps) => {
        const rig = new Rig(ttlMs)
        for (const step of steps) rig.take(step)
        rig.check()
      }),
      { numRuns: 150 },
    )
  })
})
