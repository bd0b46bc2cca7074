import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { arbitraryMutation } from '../../test/support/byte-splits.ts'
import { encodeUtf8 } from '../util/bytes.ts'
import * as codes from './codes.ts'
import { ATOMIC_OPS_MAX, EXPIRY_MS_MAX, SCAN_KEYS_MAX } from './limits.ts'
import type { OperationFields } from './operation-head.ts'
import { decodeOperation, operationEnd, skipOperations } from './operation-walk.ts'
import { OPERATIONS, type OperationRow, takesOptions } from './operations.ts'
import { OPERATIONS_START, SectionWriter } from './section-writer.ts'

const U64_MAX = 2n ** 64n - 1n

interface Operation {
  readonly row: OperationRow
  readonly fields: OperationFields
}

/** Any operation with any options that the table allows, but atomic: what follows it matters. */
const arbitraryOperation: fc.Arbitrary<Operation> = fc
  .constantFrom<OperationRow[]>(...OPERATIONS.slice(0, -1))
  .chain((row) => {
    const options = Array.from({ length: 256 }, (_, byte) => byte).filter((byte) => takesOptions(row, byte))
    return fc
      .record({
        options: fc.constantFrom(...options),
        withVersion: fc.boolean(),
        key: fc.constantFrom('k', 'k\u00e9y', 'x'.repeat(252), 'x'.repeat(253)),
        value: fc.constantFrom('', 'v', 'v'.repeat(253), 'v'.repeat(70_000)),
        isText: fc.boolean(),
        word: fc.bigInt({ min: 0n, max: U64_MAX }),
        expiryMs: fc.oneof(fc.constantFrom(1, EXPIRY_MS_MAX), fc.integer({ min: 1, max: EXPIRY_MS_MAX })),
        offset: fc.nat(2 ** 32 - 1),
        count: fc.integer({ min: 1, max: SCAN_KEYS_MAX }),
      })
      .map((drawn) => ({ row, fields: fieldsOf(row, drawn) }))
  })

interface Drawn {
  readonly options: number
  readonly withVersion: boolean
  readonly key: string
  readonly value: string
  readonly isText: boolean
  readonly word: bigint
  readonly expiryMs: number
  readonly offset: number
  readonly count: number
}

/** The drawn fields that the operation takes. */
function fieldsOf(row: OperationRow, { options, word, isText, ...drawn }: Drawn): OperationFields {
  const condition = options & codes.OPTION_CONDITION_MASK
  const names = row.arguments.map(({ name }) => name)
  const toBytes = (text: string) => (isText ? text : encodeUtf8(text))
  return {
    key: row.hasKey ? toBytes(drawn.key) : undefined,
    value: row.hasValue ? toBytes(drawn.value) : undefined,
    withVersion: drawn.withVersion && row.takesVersion,
    condition,
    version: condition === codes.CONDITION_VERSION ? word : undefined,
    expiryMs: (options & codes.OPTION_EXPIRY) === 0 ? undefined : drawn.expiryMs,
    keepExpiry: (options & codes.OPTION_KEEP_EXPIRY) !== 0,
    previous: (options & codes.OPTION_PREVIOUS) !== 0,
    withExpiry: (options & codes.OPTION_WITH_EXPIRY) !== 0,
    delta: names.includes('delta') ? BigInt.asIntN(64, word) : undefined,
    offset: names.includes('offset') ? drawn.offset : undefined,
    bytes: names.includes('bytes') ? 2 ** 32 - 1 - drawn.offset : undefined,
    cursor: names.includes('cursor') ? word : undefined,
    count: names.includes('count') ? drawn.count : undefined,
  }
}

function encode(...operations: readonly (readonly [number, OperationFields])[]): Uint8Array {
  const writer = new SectionWriter()
  for (const [code, fields] of operations) writer.appendOperation(code, fields)
  expect(writer.operationCount).toBe(operations.length)
  return writer.buffer.slice(OPERATIONS_START, writer.end)
}

function toBytes(text: string | Uint8Array | undefined): Uint8Array | undefined {
  return typeof text === 'string' ? encodeUtf8(text) : text
}

describe('an operation with options and arguments', () => {
  it('is read as it was written, and written again the same', () => {
    fc.assert(
      fc.property(fc.array(arbitraryOperation, { minLength: 1, maxLength: 8 }), (operations) => {
        const bytes = encode(...operations.map(({ row, fields }) => [row.code, fields] as const))
        expect(skipOperations(bytes, 0, bytes.length, operations.length)).toBe(bytes.length)
        const again = new SectionWriter()
        let at = 0
        for (const { row, fields } of operations) {
          const decoded = decodeOperation(bytes, at, bytes.length)
          const { key = new Uint8Array(0), value } = fields
          expect(decoded).toEqual({ ...fields, row, key: toBytes(key), value: toBytes(value), end: decoded.end })
          again.appendOperation(row.code, decoded)
          at = decoded.end
        }
        expect(Buffer.compare(again.buffer.subarray(OPERATIONS_START, again.end), bytes)).toBe(0)
      }),
    )
  })

  it('is refused when it is cut short anywhere', () => {
    fc.assert(
      fc.property(arbitraryOperation, ({ row, fields }) => {
        const short = { ...fields, ...(row.hasValue && { value: 'v' }), ...(row.hasKey && { key: 'k' }) }
        const bytes = encode([row.code, short])
        expect(operationEnd(bytes, 0, bytes.length)).toBe(bytes.length)
        for (let end = 0; end < bytes.length; end++) expect(operationEnd(bytes, 0, end)).toBe(-1)
      }),
    )
  })

  it('never leads outside its bytes, whatever they are', () => {
    const mutated = arbitraryOperation.chain(({ row, fields }) => arbitraryMutation(encode([row.code, fields])))
    fc.assert(
      fc.property(mutated, (bytes) => {
        const end = operationEnd(bytes, 0, bytes.length)
        if (end < 0) return
        expect(end).toBeLessThanOrEqual(bytes.length)
        expect(decodeOperation(bytes, 0, bytes.length).end).toBe(end)
      }),
    )
  })

  it('may have an options byte of 0', () => {
    for (const { code, name } of OPERATIONS) {
      if (name === 'atomic') continue
      const fields: Readonly<Record<string, OperationFields>> = {
        scan: { cursor: 0n, count: 1 },
        'random-key': {},
        count: {},
        clear: {},
        add: { key: 'k', delta: 1n },
        'write-range': { key: 'k', value: 'v', offset: 0 },
        'read-range': { key: 'k', offset: 0, bytes: 1 },
        set: { key: 'k', value: 'v' },
        append: { key: 'k', value: 'v' },
      }
      const [operation = 0, ...rest] = encode([code, fields[name] ?? { key: 'k' }])
      const bytes = Uint8Array.of(operation | codes.OP_OPTIONS, 0, ...rest)
      expect(operationEnd(bytes, 0, bytes.length)).toBe(bytes.length)
    }
  })

  it.each([
    ['a scan of no keys', [codes.OP_SCAN, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]],
    ['a scan of too many keys', [codes.OP_SCAN, 0, 0, 0, 0, 0, 0, 0, 0, 1, 16, 0, 0]],
    ['an atomic group of none', [codes.OP_ATOMIC, 0, 0]],
    ['an atomic group of too many', [codes.OP_ATOMIC, 1, 4]],
    ['an expiry of 0', [codes.OP_SET | codes.OP_OPTIONS, 8, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0x61]],
    ['an expiry of 49 bits', [codes.OP_SET | codes.OP_OPTIONS, 8, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0x61]],
    ['bit 7 of the options', [codes.OP_GET | codes.OP_OPTIONS, 0x80, 1, 0x61]],
    ['options of an operation without any', [codes.OP_COUNT | codes.OP_OPTIONS, codes.OPTION_WITH_EXPIRY]],
    ['a version of a scan', [codes.OP_SCAN | codes.OP_WITH_VERSION, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0]],
    ['a version of a count', [codes.OP_COUNT | codes.OP_WITH_VERSION]],
    ['a version of a random key', [codes.OP_RANDOM_KEY | codes.OP_WITH_VERSION]],
    ['a version of an atomic group', [codes.OP_ATOMIC | codes.OP_WITH_VERSION, 1, 0]],
  ])('is refused on the wire: %s', (_, bytes) => {
    expect(operationEnd(Uint8Array.from(bytes), 0, bytes.length)).toBe(-1)
  })

  const SET = { key: 'k', value: 'v' }
  const KEY = { key: 'k' }
  const REFUSED: readonly (readonly [string, number, OperationFields])[] = [
    ['no such code', codes.OP_CODE_END, KEY],
    ['a code with flags', codes.OP_GET | codes.OP_WITH_VERSION, KEY],
    ['no key', codes.OP_GET, {}],
    ['no value', codes.OP_SET, KEY],
    ['a value that is not taken', codes.OP_GET, SET],
    ['a key that is not taken', codes.OP_COUNT, KEY],
    ['a version that is not taken', codes.OP_COUNT, { withVersion: true }],
    ['KEEP_EXPIRY with EXPIRY', codes.OP_SET, { ...SET, keepExpiry: true, expiryMs: 1 }],
    ['WITH_EXPIRY of a set', codes.OP_SET, { ...SET, withExpiry: true }],
    ['PREVIOUS of a get', codes.OP_GET, { ...KEY, previous: true }],
    ['an expiry of 0', codes.OP_SET, { ...SET, expiryMs: 0 }],
    ['a late expiry', codes.OP_SET, { ...SET, expiryMs: EXPIRY_MS_MAX + 1 }],
    ['half a millisecond', codes.OP_SET, { ...SET, expiryMs: 1.5 }],
    ['a condition that is not taken', codes.OP_DELETE, { ...KEY, condition: codes.CONDITION_ABSENT }],
    ['no such condition', codes.OP_SET, { ...SET, condition: 8 }],
    ['a negative condition', codes.OP_SET, { ...SET, condition: -1 }],
    ['a condition on no version', codes.OP_SET, { ...SET, condition: codes.CONDITION_VERSION }],
    ['a version without the condition', codes.OP_SET, { ...SET, version: 1n }],
    ['a version of 65 bits', codes.OP_SET, { ...SET, condition: codes.CONDITION_VERSION, version: U64_MAX + 1n }],
    ['later than nothing', codes.OP_EXPIRE, { ...KEY, condition: codes.CONDITION_LATER }],
    ['earlier than nothing', codes.OP_EXPIRE, { ...KEY, condition: codes.CONDITION_EARLIER }],
    ['no delta', codes.OP_ADD, KEY],
    ['a delta of 65 bits', codes.OP_ADD, { ...KEY, delta: 2n ** 63n }],
    ['a delta that is not taken', codes.OP_GET, { ...KEY, delta: 1n }],
    ['half an offset', codes.OP_READ_RANGE, { ...KEY, offset: 0.5, bytes: 1 }],
    ['a negative offset', codes.OP_WRITE_RANGE, { ...SET, offset: -1 }],
    ['a large offset', codes.OP_WRITE_RANGE, { ...SET, offset: 2 ** 32 }],
    ['no range', codes.OP_READ_RANGE, { ...KEY, offset: 0 }],
    ['a scan without cursor', codes.OP_SCAN, { count: 1 }],
    ['a scan of no keys', codes.OP_SCAN, { cursor: 0n, count: 0 }],
    ['a scan of too many keys', codes.OP_SCAN, { cursor: 0n, count: SCAN_KEYS_MAX + 1 }],
    ['a group of none', codes.OP_ATOMIC, { count: 0 }],
    ['a group of too many', codes.OP_ATOMIC, { count: ATOMIC_OPS_MAX + 1 }],
  ]

  it.each(REFUSED)('is refused by the writer, which stays as it was: %s', (_, code, fields) => {
    const writer = new SectionWriter()
    writer.appendString(codes.OP_GET, 'before')
    const { end } = writer
    expect(() => writer.appendOperation(code, fields)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }))
    expect(writer).toMatchObject({ end, operationCount: 1 })
  })
})

describe('an atomic group', () => {
  const GET = [codes.OP_GET, { key: 'k' }] as const
  const COUNT = [codes.OP_COUNT, {}] as const
  const ATOMIC = [codes.OP_ATOMIC, { count: 2 }] as const

  it('is stepped over whole or not at all', () => {
    const bytes = encode(GET, ATOMIC, GET, GET, COUNT)
    const positions = [0, 1, 2, 3, 4, 5].map((count) => skipOperations(bytes, 0, bytes.length, count))
    expect(positions).toEqual([0, 3, -1, -1, 12, 13])
  })

  it.each([
    ['holds an operation without a key', encode(ATOMIC, GET, COUNT), 3],
    ['holds a group', encode(ATOMIC, GET, ATOMIC, GET, GET), 5],
    ['is larger than its section', encode(ATOMIC, GET), 2],
  ])('is refused when it %s', (_, bytes, count) => {
    expect(skipOperations(bytes, 0, bytes.length, count)).toBe(-1)
  })
})
