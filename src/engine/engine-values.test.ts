// Operations on a part of a value, sums, and the value before a change: of every size, over every border.

import { describe, expect, it } from 'vitest'
import {
  executeAll,
  executeSection,
  openTestEngine,
  type TestOperation,
  type TestResult,
} from '../../test/support/engine-harness.ts'
import {
  CONDITION_ABSENT,
  STATUS_MISSING,
  STATUS_NOT_A_NUMBER,
  STATUS_NUMBER,
  STATUS_NUMBER_VERSION,
  STATUS_OK,
  STATUS_OVERFLOW,
  STATUS_TOO_LARGE,
  STATUS_UNMET_VALUE,
  STATUS_VALUE,
} from '../protocol/codes.ts'
import { REPLY_BYTES_MAX, VALUE_BYTES_MAX } from '../protocol/limits.ts'
import type { Engine } from './index.ts'

const INT64_MAX = 2n ** 63n - 1n
const INT64_MIN = -(2n ** 63n)

function run(engine: Engine, ...operations: TestOperation[]): readonly TestResult[] {
  return executeSection(engine, operations).results
}

function storedValue(engine: Engine, key = 'k'): Buffer {
  return Buffer.from(run(engine, { kind: 'get', key })[0]?.value ?? [])
}

/** Bytes that tell where they belong. */
function pattern(bytes: number, salt = 0): Buffer {
  const buffer = Buffer.alloc(bytes)
  for (let at = 0; at < bytes; at++) buffer[at] = (at * 7 + (at >> 8) + salt) & 0xff
  return buffer
}

describe('the value before a change', () => {
  it('is answered whole wherever a slab ends, and its memory comes back', () => {
    const engine = openTestEngine()
    run(engine, { kind: 'set', key: 'k', value: '' })
    const { heapUsedBytes } = engine.stats()
    for (const valueBytes of [
      0,
      1,
      300_000,
      ...Array.from({ length: 60 }, (_, step) => engine.slabBytes - 40 + step),
    ]) {
      const [first, second] = [pattern(valueBytes), pattern(valueBytes, 1)]
      const results = run(
        engine,
        { kind: 'set', key: 'k', value: first },
        { kind: 'set', key: 'k', value: second, previous: true },
        { kind: 'expire', key: 'k', expiryMs: 1_000, previous: true },
        { kind: 'set', key: 'k', value: first, condition: CONDITION_ABSENT, previous: true },
        { kind: 'delete', key: 'k', previous: true },
        { kind: 'get', key: 'k' },
        { kind: 'set', key: 'k', value: '', previous: true },
      )
      expect(results.map(({ status }) => status)).toEqual([
        STATUS_OK,
        STATUS_VALUE,
        STATUS_VALUE,
        STATUS_UNMET_VALUE,
        STATUS_VALUE,
        STATUS_MISSING,
        STATUS_OK,
      ])
      const shown = results.slice(1, 5).map(({ value }) => Buffer.from(value))
      expect(shown.map((value) => value.equals(first))).toEqual([
        true,
        valueBytes === 0,
        valueBytes === 0,
        valueBytes === 0,
      ])
      for (const value of shown.slice(1)) expect(value.equals(second)).toBe(true)
      engine.checkInvariants()
      expect(engine.stats().heapUsedBytes).toBe(heapUsedBytes)
    }
  })

  it('is not touched by what is written into the same memory next', () => {
    const engine = openTestEngine()
    run(engine, { kind: 'set', key: 'k', value: pattern(300_000) })
    const operations = Array.from({ length: 20 }, (_, index): TestOperation[] => [
      { kind: 'set', key: 'k', value: pattern(300_000, index + 1), previous: true },
      { kind: 'set', key: `${index}`, value: pattern(300_000, 99) },
    ]).flat()
    const { results } = executeAll(engine, operations)
    for (let index = 0; index < 20; index++) {
      expect(Buffer.from(results[2 * index]?.value ?? []).equals(pattern(300_000, index))).toBe(true)
    }
  })

  it('counts against the limit of a reply', () => {
    const engine = openTestEngine()
    const large = pattern(VALUE_BYTES_MAX)
    run(engine, { kind: 'set', key: 'k', value: large })
    const swap: TestOperation = { kind: 'set', key: 'k', value: 'x', previous: true }
    const { results, frames, bytes } = executeAll(engine, [{ kind: 'get', key: 'k' }, swap, swap])
    expect(frames).toBe(2)
    expect(bytes.length).toBeLessThanOrEqual(2 * REPLY_BYTES_MAX)
    expect(Buffer.from(results[1]?.value ?? []).equals(large)).toBe(true)
    expect(Buffer.from(results[2]?.value ?? []).toString()).toBe('x')
  })
})

describe('add', () => {
  it.each<[string, bigint, bigint | number]>([
    ['0', 1n, 1n],
    ['-1', 1n, 0n],
    ['9', 1n, 10n],
    ['-10', 1n, -9n],
    [`${INT64_MAX}`, 0n, INT64_MAX],
    [`${INT64_MAX}`, INT64_MIN, -1n],
    [`${INT64_MAX}`, 1n, STATUS_OVERFLOW],
    [`${INT64_MAX - 1n}`, 1n, INT64_MAX],
    [`${INT64_MIN}`, -1n, STATUS_OVERFLOW],
    [`${INT64_MIN}`, INT64_MIN, STATUS_OVERFLOW],
    [`${INT64_MIN + 1n}`, -1n, INT64_MIN],
    [`${INT64_MIN}`, INT64_MAX, -1n],
    [`${INT64_MAX + 1n}`, -1n, STATUS_NOT_A_NUMBER],
    [`${INT64_MIN - 1n}`, 1n, STATUS_NOT_A_NUMBER],
    ['18446744073709551616', 0n, STATUS_NOT_A_NUMBER],
    ['99999999999999999999', 0n, STATUS_NOT_A_NUMBER],
    ['000000000000000000001', 0n, STATUS_NOT_A_NUMBER],
  ])('%s and %i make %i', (text, delta, expected) => {
    const engine = openTestEngine()
    const [, result] = run(engine, { kind: 'set', key: 'k', value: text }, { kind: 'add', key: 'k', delta })
    if (typeof expected === 'bigint') expect(result).toMatchObject({ status: STATUS_NUMBER, number: expected })
    else expect(result?.status).toBe(expected)
    expect(storedValue(engine).toString()).toBe(typeof expected === 'bigint' ? `${expected}` : text)
  })

  it.each(['', '-', '+1', '-0', '00', '01', ' 1', '1 ', '1.0', '1e3', '0x1', '1\n', '\0', '１', 'NaN', '--1', '1-'])(
    'refuses the text "%s", which is no number as it writes them',
    (text) => {
      const engine = openTestEngine()
      const [, result] = run(engine, { kind: 'set', key: 'k', value: text }, { kind: 'add', key: 'k', delta: 1n })
      expect(result?.status).toBe(STATUS_NOT_A_NUMBER)
      expect(storedValue(engine).toString()).toBe(text)
    },
  )

  it('writes each number as a reader expects it', () => {
    const engine = openTestEngine()
    let sum = 0n
    for (let digits = 0n; digits < 19n; digits++) {
      for (const delta of [10n ** digits, -3n * 10n ** digits, 10n ** digits + 7n]) {
        if (sum + delta > INT64_MAX || sum + delta < INT64_MIN) continue
        sum += delta
        expect(run(engine, { kind: 'add', key: 'k', delta })[0]?.number).toBe(sum)
        expect(storedValue(engine).toString()).toBe(`${sum}`)
      }
    }
    engine.checkInvariants()
  })
})

describe('append', () => {
  it('grows a value byte by byte and by leaps, in place and in another block', () => {
    const engine = openTestEngine()
    let expected = Buffer.alloc(0)
    for (const bytes of [0, 1, 1, 1, 1, 2, 3, 5, 60, 190, 1_000, 5_000, 70_000, 300_000]) {
      const piece = pattern(bytes, bytes)
      expected = Buffer.concat([expected, piece])
      const [result] = run(engine, { kind: 'append', key: 'k', value: piece, withVersion: true })
      expect(result).toMatchObject({ status: STATUS_NUMBER_VERSION, number: BigInt(expected.length) })
      expect(storedValue(engine).equals(expected)).toBe(true)
      engine.checkInvariants()
    }
  })

  it('stops at the largest value', () => {
    const engine = openTestEngine()
    run(engine, { kind: 'set', key: 'k', value: pattern(VALUE_BYTES_MAX - 1) })
    const statuses = run(
      engine,
      { kind: 'append', key: 'k', value: 'ab' },
      { kind: 'append', key: 'k', value: 'a' },
      { kind: 'append', key: 'k', value: 'a' },
      { kind: 'append', key: 'k', value: '' },
    ).map(({ status }) => status)
    expect(statuses).toEqual([STATUS_TOO_LARGE, STATUS_NUMBER, STATUS_TOO_LARGE, STATUS_NUMBER])
    expect(engine.stats().valueBytes).toBe(VALUE_BYTES_MAX)
  })
})

describe('write-range', () => {
  it.each<[string, number, number, string]>([
    ['inside', 3, 1, 'XY'],
    ['at the beginning', 3, 0, 'XYZ'],
    ['over the end', 3, 2, 'XY'],
    ['at the end', 3, 3, 'XY'],
    ['behind the end', 3, 200, 'XY'],
    ['far behind the end', 0, 300_000, 'X'],
    ['of nothing', 3, 1, ''],
    ['of nothing, behind the end', 3, 4_000_000_000, ''],
  ])('%s of a value', (_name, oldBytes, offset, written) => {
    for (const isThere of [true, false]) {
      const engine = openTestEngine()
      // What the memory held before must not show in the gap.
      run(engine, { kind: 'set', key: 'x', value: Buffer.alloc(400_000, '!') }, { kind: 'delete', key: 'x' })
      const old = isThere ? pattern(oldBytes) : Buffer.alloc(0)
      if (isThere) run(engine, { kind: 'set', key: 'k', value: old })
      const { version } = engine.stats()
      const [result] = run(engine, { kind: 'write-range', key: 'k', offset, value: written, withVersion: true })
      const expected = Buffer.alloc(written ? Math.max(old.length, offset + written.length) : old.length)
      old.copy(expected)
      if (written) expected.write(written, offset)
      expect(result?.number).toBe(BigInt(expected.length))
      expect(storedValue(engine).equals(expected)).toBe(true)
      expect(engine.stats().version).toBe(version + (written ? 1n : 0n))
      expect(engine.stats().records).toBe(isThere || written ? 1 : 0)
      engine.checkInvariants()
    }
  })

  it('stops at the largest value, without overflow', () => {
    const engine = openTestEngine()
    const statuses = [VALUE_BYTES_MAX - 1, VALUE_BYTES_MAX, 2 ** 31, 2 ** 32 - 1].map(
      (offset) => run(engine, { kind: 'write-range', key: 'k', offset, value: 'x' })[0]?.status,
    )
    expect(statuses).toEqual([STATUS_NUMBER, STATUS_TOO_LARGE, STATUS_TOO_LARGE, STATUS_TOO_LARGE])
  })
})

describe('read-range', () => {
  it('is clipped to the value at both ends', () => {
    const engine = openTestEngine()
    const value = pattern(1_000)
    run(engine, { kind: 'set', key: 'k', value })
    const ends = [0, 1, 500, 999, 1_000, 1_001, 2 ** 31, 2 ** 32 - 1]
    for (const offset of ends) {
      for (const bytes of ends) {
        const [result] = run(engine, { kind: 'read-range', key: 'k', offset, bytes, withVersion: true })
        expect(Buffer.from(result?.value ?? []).equals(value.subarray(offset, offset + bytes))).toBe(true)
        expect(result?.version).toBe(1001n)
      }
    }
  })

  it('reads a part of a large value over slabs', () => {
    const engine = openTestEngine()
    const value = pattern(3_000_000)
    run(engine, { kind: 'set', key: 'k', value })
    const [result] = run(engine, { kind: 'read-range', key: 'k', offset: 123_456, bytes: 2_000_001 })
    expect(Buffer.from(result?.value ?? []).equals(value.subarray(123_456, 2_123_457))).toBe(true)
  })
})
