import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { arbitraryMutation } from '../../test/support/byte-splits.ts'
import { AssertionError } from '../util/assert.ts'
import { readU64, writeU64 } from '../util/bytes.ts'
import {
  STATUS_END,
  STATUS_MISSING,
  STATUS_OK,
  STATUS_OK_VERSION,
  STATUS_REPEAT,
  STATUS_VALUE,
  STATUS_VALUE_VERSION,
} from './codes.ts'
import { compactSize, writeCompact } from './compact.ts'
import { type ResultColumns, readResults } from './result-reader.ts'
import { RESULT_SHAPES, STATUSES, type StatusRow } from './statuses.ts'

/** A result as a caller sees it; the value in Latin-1, which compares faster than bytes do. */
interface Result {
  readonly status: number
  readonly expiry?: bigint
  readonly version?: bigint
  readonly number?: bigint
  readonly value?: string
}

function encode({ status, expiry, version, number, value }: Result): Uint8Array {
  const head = new Uint8Array(1 + 5 + 3 * 8)
  head[0] = status
  let at = 1
  if (value !== undefined) at = writeCompact(head, at, value.length)
  for (const word of [expiry, version, number]) {
    if (word === undefined) continue
    writeU64(head, at, word)
    at += 8
  }
  return Buffer.concat([head.subarray(0, at), Buffer.from(value ?? '', 'latin1')])
}

function repeat(distance: number): Uint8Array {
  const bytes = new Uint8Array(1 + compactSize(distance))
  bytes[0] = STATUS_REPEAT
  writeCompact(bytes, 1, distance)
  return bytes
}

function columnsFor(count: number): ResultColumns {
  // Leftovers of an earlier batch: every entry must be overwritten.
  return {
    statuses: new Uint8Array(count).fill(0xee),
    starts: new Uint32Array(count).fill(0xeeee),
    lengths: new Uint32Array(count).fill(0xeeee),
  }
}

function resultAt(bytes: Uint8Array, columns: ResultColumns, index: number): Result {
  const [status, start, length] = [
    columns.statuses[index] ?? 0,
    columns.starts[index] ?? 0,
    columns.lengths[index] ?? 0,
  ]
  const row = STATUSES[status]
  if (row === undefined) throw new Error(`status ${status}`)
  const { hasLength, stampBytes, numberBytes } = RESULT_SHAPES[row.shape]
  if (row.shape === 'empty') expect(start).toBe(0)
  if (!hasLength) expect(length).toBe(numberBytes)
  return {
    status,
    ...(stampBytes === 16 && { expiry: readU64(bytes, start - 16) }),
    ...(stampBytes > 0 && { version: readU64(bytes, start - 8) }),
    ...(numberBytes > 0 && { number: BigInt.asIntN(64, readU64(bytes, start)) }),
    ...(hasLength && { value: Buffer.from(bytes.subarray(start, start + length)).toString('latin1') }),
  }
}

/** All but REPEAT, which stands for another result. */
const ROWS: readonly StatusRow[] = STATUSES.filter(({ code }) => code !== STATUS_REPEAT)

const arbitraryResult: fc.Arbitrary<Result> = fc
  .record({
    row: fc.constantFrom(...ROWS),
    word: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    valueBytes: fc.constantFrom(0, 1, 10, 252, 253, 70_000),
  })
  .map(({ row, word, valueBytes }) => resultOf(row, word, valueBytes))

function resultOf({ code, shape }: StatusRow, word: bigint, valueBytes: number): Result {
  const { hasLength, stampBytes, numberBytes } = RESULT_SHAPES[shape]
  return {
    status: code,
    ...(stampBytes === 16 && { expiry: word ^ 1n }),
    ...(stampBytes > 0 && { version: word }),
    ...(numberBytes > 0 && { number: BigInt.asIntN(64, word ^ 2n) }),
    ...(hasLength && { value: '\u00ff'.repeat(valueBytes) }),
  }
}

/** Results, some of them repeats of an earlier one: what is sent, and what the caller must see. */
const arbitrarySection = fc.array(fc.tuple(arbitraryResult, fc.nat({ max: 6 })), { maxLength: 12 }).map((steps) => {
  const expected: Result[] = []
  const sent: Uint8Array[] = []
  for (const [result, distance] of steps) {
    const earlier = distance === 0 ? undefined : expected.at(-distance)
    sent.push(earlier === undefined ? encode(result) : repeat(distance))
    expected.push(earlier ?? result)
  }
  return { expected, sent: new Uint8Array(Buffer.concat(sent)) }
})

describe('readResults', () => {
  it('gives each result its status, value and version, and resolves repeats', () => {
    fc.assert(
      fc.property(arbitrarySection, fc.nat({ max: 3 }), ({ expected, sent }, first) => {
        const columns = columnsFor(first + expected.length + 1)
        expect(readResults(sent, 0, sent.length, expected.length, columns, first)).toBe(sent.length)
        expect(expected.map((_, position) => resultAt(sent, columns, first + position))).toEqual(expected)
        expect(columns.statuses.subarray(0, first)).toEqual(new Uint8Array(first).fill(0xee))
        expect(columns.statuses.at(-1)).toBe(0xee)
      }),
    )
  })

  it.each(ROWS.map((row) => [row.name, row] as const))('takes %s whole, and no shorter', (_, row) => {
    const result = resultOf(row, 0x8182_8384_8586_8788n, 3)
    const sent = encode(result)
    const columns = columnsFor(1)
    readResults(sent, 0, sent.length, 1, columns, 0)
    expect(resultAt(sent, columns, 0)).toEqual(result)
    for (let end = 0; end < sent.length; end++) {
      const read = () => readResults(sent, 0, end, 1, columnsFor(1), 0)
      expect(read).toThrow(expect.objectContaining({ code: 'PROTOCOL' }))
    }
  })

  it('deals results out by a list of indexes', () => {
    fc.assert(
      fc.property(arbitrarySection, ({ expected, sent }) => {
        const count = expected.length
        const indexes = Uint32Array.from({ length: count }, (_, position) => 2 * (count - 1 - position))
        const columns = columnsFor(2 * count)
        readResults(sent, 0, sent.length, count, columns, 0, indexes)
        expect(Array.from(indexes, (index) => resultAt(sent, columns, index))).toEqual(expected)
        for (let index = 1; index < 2 * count; index += 2) expect(columns.statuses[index]).toBe(0xee)
      }),
    )
  })

  it('counts positions from the start of the array', () => {
    const sent = Uint8Array.of(0xff, 0xff, STATUS_VALUE, 2, 0x61, 0x62, 0xff)
    const columns = columnsFor(1)
    expect(readResults(sent, 2, 6, 1, columns, 0)).toBe(6)
    expect([columns.starts[0], columns.lengths[0]]).toEqual([4, 2])
  })

  it('follows a repeat of a repeat', () => {
    const sent = Uint8Array.of(STATUS_VALUE, 1, 0x61, STATUS_MISSING, ...repeat(2), ...repeat(1), ...repeat(3))
    const columns = columnsFor(5)
    readResults(sent, 0, sent.length, 5, columns, 0)
    expect([...columns.statuses]).toEqual([STATUS_VALUE, STATUS_MISSING, STATUS_VALUE, STATUS_VALUE, STATUS_MISSING])
    expect([...columns.starts]).toEqual([2, 0, 2, 2, 0])
  })

  it.each([
    ['an unknown status', 'unknown status', [STATUS_END], 1],
    ['a repeat of itself', 'no earlier', [STATUS_OK, STATUS_REPEAT, 0], 2],
    ['a repeat of what came before the section', 'no earlier', [STATUS_OK, STATUS_REPEAT, 2], 2],
    ['a repeat without a distance', 'no earlier', [STATUS_OK, STATUS_REPEAT], 2],
    ['a value that passes the end', 'do not end', [STATUS_VALUE, 2, 0x61], 1],
    ['a value of 2^32 - 1 bytes', 'do not end', [STATUS_VALUE, 254, 255, 255, 255, 255], 1],
    ['a length that is longer than needed', 'malformed length', [STATUS_VALUE, 253, 1, 0, 0x61], 1],
    ['a version that is cut short', 'do not end', [STATUS_OK_VERSION, 1, 2, 3, 4, 5, 6, 7], 1],
    ['a value that begins behind the end', 'do not end', [STATUS_VALUE_VERSION, 0, 1, 2, 3, 4, 5, 6, 7], 1],
    ['fewer results than said', 'fewer results', [STATUS_OK], 2],
    ['a result behind one that passes the end', 'fewer results', [STATUS_VALUE, 2, 0x61], 2],
    ['bytes behind the last result', 'do not end', [STATUS_OK, STATUS_OK], 1],
    ['bytes but no results', 'do not end', [STATUS_OK], 0],
  ])('refuses %s', (_, message, sent, count) => {
    // Bytes behind the section look like results: they must not be read as such.
    const bytes = Uint8Array.of(...sent, STATUS_OK, STATUS_OK)
    const read = () => readResults(bytes, 0, sent.length, count, columnsFor(4), 0)
    expect(read).toThrow(expect.objectContaining({ code: 'PROTOCOL', message: expect.stringContaining(message) }))
  })

  it('never points outside the section, whatever the bytes are', () => {
    const mutated = arbitrarySection.chain(({ sent, expected }) =>
      fc.record({
        bytes: sent.length === 0 ? fc.uint8Array() : arbitraryMutation(sent),
        count: fc.constant(expected.length),
      }),
    )
    fc.assert(
      fc.property(mutated, ({ bytes, count }) => {
        const columns = columnsFor(count)
        try {
          readResults(bytes, 0, bytes.length, count, columns, 0)
        } catch (error) {
          expect(error).toMatchObject({ name: 'SluiceError', code: 'PROTOCOL' })
          return
        }
        for (let index = 0; index < count; index++) {
          expect((columns.starts[index] ?? 0) + (columns.lengths[index] ?? 0)).toBeLessThanOrEqual(bytes.length)
          expect(columns.statuses[index]).not.toBe(STATUS_REPEAT)
        }
      }),
    )
  })

  it('asserts that the columns hold the results', () => {
    const sent = Uint8Array.of(STATUS_OK, STATUS_OK)
    expect(() => readResults(sent, 0, 2, 2, columnsFor(2), 1)).toThrow(AssertionError)
    expect(() => readResults(sent, 0, 2, 2, columnsFor(2), 0, new Uint32Array(1))).toThrow(AssertionError)
  })
})
