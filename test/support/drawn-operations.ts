// Operations as random tests draw them: all kinds with all options, few keys, sizes mostly small. A drawn operation
// may speak of the state that it will meet (an expiry from now on, the version of the record under its key); `resolve`
// makes it an operation once that state is known.

import fc from 'fast-check'
import {
  CONDITION_ABSENT,
  CONDITION_EARLIER,
  CONDITION_HAS_EXPIRY,
  CONDITION_LATER,
  CONDITION_NO_EXPIRY,
  CONDITION_PRESENT,
  CONDITION_VERSION,
} from '../../src/protocol/codes.ts'
import { EXPIRY_MS_MAX } from '../../src/protocol/limits.ts'
import type { OperationKind, TestOperation } from './engine-harness.ts'
import { keyOf, type ModelState } from './engine-model.ts'

/** An operation, and what of it follows from the state. */
export interface DrawnOperation extends TestOperation {
  readonly expiresInMs?: number | undefined
  /** A condition's version: that of the record under the key, or another. */
  readonly isVersionRight?: boolean
}

/** What is drawn. */
export interface Drawing {
  /** Keys are drawn from so many short ones, and some long ones. */
  readonly keyCount: number
  readonly valueBytesMax: number
  /** Bytes of the longest keys. */
  readonly keyBytesMax: number
  /** Milliseconds from now to an expiry; empty for no expiry at all. */
  readonly expiries: readonly number[]
  readonly groupOperationsMax: number
  /** Whether the table is cleared now and then. */
  readonly clears: boolean
}

/** What most tests draw. */
export const USUAL_DRAWING: Drawing = {
  keyCount: 14,
  valueBytesMax: 300_000,
  keyBytesMax: 65_535,
  expiries: [-1_000, 0, 1, 2, 10, 1_000, 60_000, 10_000_000, 400 * 86_400_000, EXPIRY_MS_MAX],
  groupOperationsMax: 12,
  clears: true,
}

/** Gives a drawn operation the versions and times of the state that it is about to meet. */
export function resolve(
  { expiresInMs, isVersionRight, ...operation }: DrawnOperation,
  state: ModelState,
): TestOperation {
  const record = state.records.get(keyOf(operation.key))
  const expiryMs = expiresInMs === undefined ? {} : { expiryMs: clamp(state.nowMs + expiresInMs) }
  const version = isVersionRight === undefined ? {} : { version: (record?.version ?? 7n) + (isVersionRight ? 0n : 1n) }
  return { ...operation, ...expiryMs, ...version }
}

function clamp(expiryMs: number): number {
  return Math.min(Math.max(expiryMs, 1), EXPIRY_MS_MAX)
}

/** Draws a section: operations and atomic groups of them. */
export function sectionArbitrary(drawing: Drawing, partsMax: number): fc.Arbitrary<DrawnOperation[]> {
  const keyed = keyedArbitrary(drawing)
  const group = fc
    .array(keyed, { minLength: 1, maxLength: drawing.groupOperationsMax })
    .map((members): DrawnOperation[] => [{ kind: 'atomic', count: members.length }, ...members])
  const part = fc.oneof(
    { arbitrary: keyed.map((operation) => [operation]), weight: 20 },
    { arbitrary: wholeArbitrary(drawing).map((operation) => [operation]), weight: 2 },
    { arbitrary: group, weight: 2 },
  )
  return fc.array(part, { minLength: 1, maxLength: partsMax, size: 'max' }).map((parts) => parts.flat())
}

/** Draws a key. */
export function keyArbitrary({ keyCount, keyBytesMax }: Drawing): fc.Arbitrary<Buffer> {
  return fc.oneof(
    { arbitrary: fc.nat(keyCount - 1).map((number) => Buffer.from(`key:${number}`)), weight: 30 },
    { arbitrary: fc.uint8Array({ minLength: 1, maxLength: 2 }).map((bytes) => Buffer.from(bytes)), weight: 1 },
    {
      arbitrary: fc.constantFrom(17, 252, 253, 300, keyBytesMax).map((length) => Buffer.alloc(length, 'long')),
      weight: 2,
    },
  )
}

/** Draws a value: numbers, nearly numbers, and bytes. */
export function valueArbitrary(bytesMax: number): fc.Arbitrary<Buffer> {
  const numbers = fc.oneof(
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String),
    fc.integer({ min: -20, max: 20 }).map(String),
    fc.constantFrom('-0', '00', '+1', ' 1', '1 ', '', '-', '1e3', '9223372036854775808', '-9223372036854775809'),
  )
  const filled = (length: number): Buffer => Buffer.alloc(length, `${length};`)
  return fc.oneof(
    { arbitrary: numbers.map((text) => Buffer.from(text)), weight: 8 },
    { arbitrary: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)), weight: 8 },
    { arbitrary: fc.integer({ min: 0, max: Math.min(5_000, bytesMax) }).map(filled), weight: 3 },
    { arbitrary: fc.integer({ min: 0, max: bytesMax }).map(filled), weight: 1 },
  )
}

/** Fields by the kinds that take them. */
function keyedArbitrary(drawing: Drawing): fc.Arbitrary<DrawnOperation> {
  const key = keyArbitrary(drawing)
  const value = valueArbitrary(drawing.valueBytesMax)
  const flag = fc.boolean()
  const offset = fc.oneof(
    { arbitrary: fc.nat(40), weight: 8 },
    { arbitrary: fc.nat(drawing.valueBytesMax), weight: 1 },
    { arbitrary: fc.constantFrom(2 ** 23, 2 ** 32 - 1), weight: 1 },
  )
  const delta = fc.oneof(fc.bigInt({ min: -5n, max: 5n }), fc.constantFrom(2n ** 63n - 1n, -(2n ** 63n)))
  const shared = { key, withVersion: flag }
  const kinds: readonly [number, OperationKind, Record<string, fc.Arbitrary<unknown>>][] = [
    [5, 'get', { ...shared, withExpiry: flag }],
    [1, 'get', { key }],
    [2, 'exists', { ...shared, withExpiry: flag }],
    [5, 'set', { key, value, withVersion: flag }],
    [6, 'set', { ...shared, value, previous: flag, lifetime: fc.constant('set'), condition: setCondition }],
    [4, 'delete', { ...shared, previous: flag, condition: fc.constantFrom(0, 0, CONDITION_VERSION) }],
    [4, 'expire', { ...shared, previous: flag, lifetime: fc.constant('expire'), condition: expireCondition }],
    [4, 'add', { ...shared, delta, lifetime: fc.constant('add') }],
    [3, 'append', { ...shared, value }],
    [3, 'write-range', { ...shared, value, offset }],
    [2, 'read-range', { ...shared, offset, bytes: offset }],
  ]
  return fc.oneof(
    ...kinds.map(([weight, kind, fields]) => ({
      weight,
      arbitrary: fc
        .tuple(fc.record(fields), fc.nat(), fc.boolean())
        .map(([drawn, turn, isVersionRight]) => completed({ kind, ...drawn }, turn, isVersionRight, drawing)),
    })),
  )
}

const setCondition = fc.constantFrom(0, 0, 0, CONDITION_ABSENT, CONDITION_PRESENT, CONDITION_VERSION)
const expireCondition = fc.constantFrom(
  ...[0, 0, 0, CONDITION_VERSION, CONDITION_NO_EXPIRY, CONDITION_HAS_EXPIRY, CONDITION_LATER, CONDITION_EARLIER],
)

/** Adds the fields that depend on others: an expiry or its keeping, and a condition's version. */
function completed(
  { lifetime, ...drawn }: DrawnOperation & { readonly lifetime?: unknown },
  turn: number,
  isVersionRight: boolean,
  { expiries }: Drawing,
): DrawnOperation {
  const needsExpiry = drawn.condition === CONDITION_LATER || drawn.condition === CONDITION_EARLIER
  const expiresInMs = expiries[turn % (expiries.length || 1)]
  const version = drawn.condition === CONDITION_VERSION ? { isVersionRight } : {}
  const fate = Math.floor(turn / 16) % 3
  if (lifetime === undefined) return { ...drawn, ...version }
  if (needsExpiry) return { ...drawn, expiresInMs: expiresInMs ?? EXPIRY_MS_MAX }
  if (fate === 0 && expiresInMs !== undefined) return { ...drawn, ...version, expiresInMs }
  return { ...drawn, ...version, ...(fate === 1 && lifetime === 'set' ? { keepExpiry: true } : {}) }
}

function wholeArbitrary({ clears }: Drawing): fc.Arbitrary<DrawnOperation> {
  const cursor = fc.oneof(
    fc.constant(0n),
    fc.bigInt({ min: 0n, max: 2n ** 32n }),
    fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  )
  const plain = (kind: OperationKind): fc.Arbitrary<DrawnOperation> => fc.constant({ kind })
  return fc.oneof(
    { arbitrary: plain('count'), weight: 4 },
    { arbitrary: plain('random-key'), weight: 4 },
    {
      arbitrary: fc.boolean().map((withVersion): DrawnOperation => ({ kind: 'clear', withVersion })),
      weight: clears ? 1 : 0,
    },
    {
      arbitrary: fc
        .tuple(cursor, fc.integer({ min: 1, max: 100 }))
        .map(([from, count]): DrawnOperation => ({ kind: 'scan', cursor: from, count })),
      weight: 4,
    },
  )
}
