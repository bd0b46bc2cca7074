import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AssertionError } from '../util/assert.ts'
import { encodeUtf8 } from '../util/bytes.ts'
import {
  OP_ADD,
  OP_APPEND,
  OP_COUNT,
  OP_DELETE,
  OP_EXISTS,
  OP_GET,
  OP_OPTIONS,
  OP_SET,
  OP_WITH_VERSION,
} from './codes.ts'
import { FRAME_HEADER_BYTES } from './frame.ts'
import { KEY_BYTES_MAX, VALUE_BYTES_MAX } from './limits.ts'
import { type DecodedOperation, decodeOperation } from './operation-walk.ts'
import { SectionReader } from './section-reader.ts'
import { OPERATIONS_START, SectionWriter } from './section-writer.ts'

/** Longer than every loop and every one-byte length, and not ASCII. */
const LONG_TEXT = 'k\u00e9y'.repeat(100)

const KEY_TEXTS = ['k', 'key:1', 'k\u00e9y', '\u{1f600}', 'x'.repeat(32), 'x'.repeat(33), 'x'.repeat(252), LONG_TEXT]

function operationsOf(writer: SectionWriter): DecodedOperation[] {
  const operations: DecodedOperation[] = []
  for (let at = OPERATIONS_START; at < writer.end; at = operations.at(-1)?.end ?? at) {
    operations.push(decodeOperation(writer.buffer, at, writer.end))
  }
  expect(operations).toHaveLength(writer.operationCount)
  return operations
}

describe('a section writer', () => {
  it('writes what the reader of operations reads, through every method', () => {
    const key = fc.constantFrom(...KEY_TEXTS)
    const keyOnly = fc.constantFrom(OP_GET, OP_DELETE, OP_EXISTS, OP_GET | OP_WITH_VERSION)
    const set = fc.constantFrom(OP_SET, OP_SET | OP_WITH_VERSION)
    const value = fc.constantFrom('', 'v', LONG_TEXT, 'v'.repeat(5_000))
    const append = fc.record({ keyOnly, set, key, value, isSet: fc.boolean(), isText: fc.boolean() })
    fc.assert(
      fc.property(fc.array(append, { maxLength: 20 }), (appends) => {
        const writer = new SectionWriter()
        for (const { keyOnly, set, key, value, isSet, isText } of appends) {
          const keyBytes = encodeUtf8(`<${key}>`)
          const valueBytes = encodeUtf8(`<${value}>`)
          const [keyEnd, valueEnd] = [keyBytes.length - 1, valueBytes.length - 1]
          if (isSet && isText) writer.appendSet(set, key, value)
          else if (isSet) writer.appendSetBytes(set, keyBytes, 1, keyEnd, valueBytes, 1, valueEnd)
          else if (isText) writer.appendString(keyOnly, key)
          else writer.appendBytes(keyOnly, keyBytes, 1, keyEnd)
        }
        const decoded = operationsOf(writer).map(({ row, withVersion, key, value }) => ({
          operation: row.code | (withVersion ? OP_WITH_VERSION : 0),
          key: Buffer.from(key).toString(),
          value: value && Buffer.from(value).toString(),
        }))
        const expected = appends.map(({ keyOnly, set, key, value, isSet }) => ({
          operation: isSet ? set : keyOnly,
          key,
          value: isSet ? value : undefined,
        }))
        expect(decoded).toEqual(expected)
      }),
    )
  })

  it.each([
    ['appendString', (writer: SectionWriter, key: string) => writer.appendString(OP_GET, key)],
    ['appendBytes', (writer: SectionWriter, key: string) => writer.appendBytes(OP_GET, encodeUtf8(key), 0, key.length)],
    ['appendSet', (writer: SectionWriter, key: string) => writer.appendSet(OP_SET, key, key)],
  ])('grows whenever the buffer is full: %s', (_, append) => {
    for (let keyBytes = 1; keyBytes <= 40; keyBytes++) {
      const writer = new SectionWriter()
      const keys = Array.from({ length: 600 }, (_, index) => String(index).padStart(keyBytes, '-'))
      for (const key of keys) append(writer, key)
      expect(operationsOf(writer).map(({ key }) => String.fromCharCode(...key))).toEqual(keys)
    }
  })

  it('mixes text and bytes in one set', () => {
    const writer = new SectionWriter()
    writer.appendSet(OP_SET, 'a', encodeUtf8('b'))
    writer.appendSet(OP_SET, encodeUtf8('c'), 'd')
    expect([...writer.buffer.subarray(OPERATIONS_START, writer.end)]).toEqual([
      2, 1, 1, 0x61, 0x62, 2, 1, 1, 0x63, 0x64,
    ])
  })

  it('takes an operation that was encoded before', () => {
    const [from, to] = [new SectionWriter(), new SectionWriter()]
    from.appendOperation(OP_ADD, { key: LONG_TEXT, delta: -1n, expiryMs: 1 })
    for (let count = 0; count < 40; count++) to.appendEncoded(from.buffer, OPERATIONS_START, from.end)
    const operations = operationsOf(to)
    expect(operations).toHaveLength(40)
    for (const { row, delta, expiryMs, key } of operations) {
      expect([row.name, delta, expiryMs, Buffer.from(key).toString()]).toEqual(['add', -1n, 1, LONG_TEXT])
    }
  })

  it('seals a section that the section reader opens, and again after a further append', () => {
    const writer = new SectionWriter()
    const reader = new SectionReader()
    for (const operationCount of [1, 2]) {
      writer.appendString(OP_GET, 'key')
      writer.seal(7, 3, 0)
      reader.open(writer.buffer, FRAME_HEADER_BYTES, writer.end, 1)
      expect(reader.next()).toBe(true)
      expect(reader).toMatchObject({ operationCount, view: 7, shard: 3, start: OPERATIONS_START, end: writer.end })
    }
  })

  it('keeps its buffer over a reset', () => {
    const writer = new SectionWriter()
    writer.appendSet(OP_SET, 'a', new Uint8Array(100_000))
    const { buffer } = writer
    writer.reset()
    expect(writer).toMatchObject({ operationCount: 0, end: OPERATIONS_START })
    writer.appendSet(OP_SET, 'a', new Uint8Array(100_000))
    expect(writer.buffer).toBe(buffer)
  })

  it('takes the largest record', () => {
    const writer = new SectionWriter()
    writer.appendSet(OP_SET, 'k'.repeat(KEY_BYTES_MAX), new Uint8Array(VALUE_BYTES_MAX))
    writer.seal(0, 0, 0)
    const [operation] = operationsOf(writer)
    expect(operation?.key).toHaveLength(KEY_BYTES_MAX)
    expect(operation?.value).toHaveLength(VALUE_BYTES_MAX)
  })

  it.each([
    ['an empty key of text', 'KEY_TOO_LARGE', (writer: SectionWriter) => writer.appendString(OP_GET, '')],
    ['an empty key', 'KEY_TOO_LARGE', (writer: SectionWriter) => writer.appendBytes(OP_GET, new Uint8Array(4), 2, 2)],
    ['an empty key of a set', 'KEY_TOO_LARGE', (writer: SectionWriter) => writer.appendSet(OP_SET, '', 'v')],
    [
      'a long key',
      'KEY_TOO_LARGE',
      (writer: SectionWriter) => writer.appendString(OP_GET, 'k'.repeat(KEY_BYTES_MAX + 1)),
    ],
    [
      'a key that is long only as UTF-8',
      'KEY_TOO_LARGE',
      (writer: SectionWriter) => writer.appendString(OP_GET, `${'k'.repeat(KEY_BYTES_MAX - 1)}\u00e9`),
    ],
    [
      'a large value',
      'VALUE_TOO_LARGE',
      (writer: SectionWriter) => writer.appendSet(OP_SET, 'k', new Uint8Array(VALUE_BYTES_MAX + 1)),
    ],
    [
      'a large value of any operation',
      'VALUE_TOO_LARGE',
      (writer: SectionWriter) =>
        writer.appendOperation(OP_APPEND, { key: 'k', value: new Uint8Array(VALUE_BYTES_MAX + 1) }),
    ],
    [
      'an empty key of any operation',
      'KEY_TOO_LARGE',
      (writer: SectionWriter) => writer.appendOperation(OP_GET, { key: '' }),
    ],
    [
      'a large value of text',
      'VALUE_TOO_LARGE',
      (writer: SectionWriter) => writer.appendSet(OP_SET, 'k', 'v'.repeat(VALUE_BYTES_MAX + 1)),
    ],
    [
      'a key behind its bytes',
      'INVALID_ARGUMENT',
      (writer: SectionWriter) => writer.appendBytes(OP_GET, new Uint8Array(4), 2, 5),
    ],
    [
      'a key before its bytes',
      'INVALID_ARGUMENT',
      (writer: SectionWriter) => writer.appendBytes(OP_GET, new Uint8Array(4), -1, 2),
    ],
    [
      'a value behind its bytes',
      'INVALID_ARGUMENT',
      (writer: SectionWriter) => writer.appendSetBytes(OP_SET, Uint8Array.of(1), 0, 1, new Uint8Array(4), 2, 5),
    ],
    [
      'a value that ends before it starts',
      'INVALID_ARGUMENT',
      (writer: SectionWriter) => writer.appendSetBytes(OP_SET, Uint8Array.of(1), 0, 1, new Uint8Array(4), 3, 2),
    ],
  ])('refuses %s and stays as it was', (_, code, append) => {
    const writer = new SectionWriter()
    writer.appendString(OP_GET, 'before')
    const { end } = writer
    expect(() => append(writer)).toThrow(expect.objectContaining({ code }))
    expect(writer).toMatchObject({ end, operationCount: 1 })
    writer.appendString(OP_GET, 'after')
    expect(operationsOf(writer).map(({ key }) => String.fromCharCode(...key))).toEqual(['before', 'after'])
  })

  it('asserts that a plain append is for a plain operation', () => {
    const writer = new SectionWriter()
    for (const operation of [0, OP_ADD, OP_APPEND, OP_COUNT, OP_GET | OP_OPTIONS]) {
      expect(() => writer.appendString(operation, 'k')).toThrow(AssertionError)
      expect(() => writer.appendSet(operation, 'k', 'v')).toThrow(AssertionError)
    }
    expect(() => writer.appendSet(OP_SET | OP_OPTIONS, 'k', 'v')).toThrow(AssertionError)
    expect(() => writer.appendString(OP_SET, 'k')).toThrow(AssertionError)
    expect(() => writer.appendString(OP_SET | OP_WITH_VERSION, LONG_TEXT)).toThrow(AssertionError)
    expect(() => writer.appendSet(OP_GET, 'k', 'v')).toThrow(AssertionError)
  })

  it('asserts that a section fits a frame', () => {
    const writer = new SectionWriter()
    writer.appendSet(OP_SET, 'k', new Uint8Array(VALUE_BYTES_MAX))
    const { end } = writer
    expect(() => writer.appendSet(OP_SET, 'k', new Uint8Array(VALUE_BYTES_MAX))).toThrow(AssertionError)
    expect(writer).toMatchObject({ end, operationCount: 1 })
  })
})
