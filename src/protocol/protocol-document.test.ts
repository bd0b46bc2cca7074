// `docs/PROTOCOL.md` is the specification, so its examples are run. An example is a fenced block whose language is
// `hex NAME`; `#` starts a comment. `protocol-tables.test.ts` compares the page's tables with the code's.

import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { decodeUtf8, encodeUtf8, readU64, writeU64 } from '../util/bytes.ts'
import {
  CONDITION_ABSENT,
  CONDITION_VERSION,
  OP_ADD,
  OP_ATOMIC,
  OP_GET,
  OP_SCAN,
  OP_SET,
  OP_WITH_VERSION,
  OUTCOME_EXECUTED,
  OUTCOME_STALE,
  STATUS_ABORTED,
  STATUS_MISSING,
  STATUS_NUMBER,
  STATUS_OK,
  STATUS_OK_VERSION,
  STATUS_UNMET,
  STATUS_VALUE,
  STATUS_VALUE_EXPIRY,
} from './codes.ts'
import { readCompact, writeCompact } from './compact.ts'
import { decodeControl, decodeError, encodeControl, encodeError } from './control.ts'
import {
  FLAG_RESUME,
  FRAME_HEADER_BYTES,
  KIND_OPERATIONS,
  KIND_OPERATIONS_REPLY,
  KIND_PING,
  SECTION_HEADER_BYTES,
  WIRE_ERROR_IDLE,
  writeFrameHeader,
  writeReplySectionHeader,
} from './frame.ts'
import { FrameDecoder } from './frame-decoder.ts'
import { decodeAnswer, decodeHello, encodeAnswer, encodeHello } from './hello.ts'
import * as limits from './limits.ts'
import type { OperationFields } from './operation-head.ts'
import { decodeOperation, skipOperations } from './operation-walk.ts'
import { readResults } from './result-reader.ts'
import { ScanPageReader } from './scan-page.ts'
import { SectionReader } from './section-reader.ts'
import { OPERATIONS_START, SectionWriter } from './section-writer.ts'
import { RESULT_SHAPES, STATUSES } from './statuses.ts'

const DOCUMENT = readFileSync(new URL('../../docs/PROTOCOL.md', import.meta.url), 'utf8')

const VERSION = 0x0102030405060708n

const EXPIRY_MS = Date.UTC(2025, 0, 2, 3, 4, 5)

const HELLO = {
  versionMin: 1,
  versionMax: 1,
  requiredFeatures: 0,
  optionalFeatures: 0,
  clientId: Uint8Array.from({ length: 16 }, (_, index) => index),
  frameBytesMax: limits.FRAME_BYTES_MAX,
  credentials: encodeUtf8('hi'),
}

const ANSWER = {
  version: 1,
  refusal: 0,
  features: 0,
  incarnation: 0x0123456789abcdefn,
  serverTimeMs: EXPIRY_MS,
  topologyNumber: 7,
  frameBytesMax: limits.FRAME_BYTES_MAX,
  frameOpsMax: limits.FRAME_OPS_MAX,
  replyBytesMax: limits.REPLY_BYTES_MAX,
  valueBytesMax: limits.VALUE_BYTES_MAX,
  keyBytesMax: limits.KEY_BYTES_MAX,
  shards: [{ shard: 3, view: 5 }],
}

/** What an example of the document means: the fields that its bytes decode to, and come from. */
interface Example {
  readonly encode: () => Uint8Array
  readonly decode: (bytes: Uint8Array) => unknown
  readonly fields: unknown
}

const EXAMPLES: Readonly<Record<string, Example>> = {
  'compact-252': compactExample(252),
  'compact-253': compactExample(253),
  'compact-65536': compactExample(65_536),
  hello: { encode: () => encodeHello(HELLO), decode: decodeHello, fields: HELLO },
  answer: { encode: () => encodeAnswer(ANSWER), decode: decodeAnswer, fields: ANSWER },
  ping: {
    encode: () => encodeControl(KIND_PING, 42, ''),
    decode: (bytes) => {
      const { kind, sequence, start, end } = loadFrame(bytes)
      return { kind, sequence, text: decodeControl(kind, bytes, start, end) }
    },
    fields: { kind: KIND_PING, sequence: 42, text: '' },
  },
  request: {
    encode: encodeRequest,
    decode: decodeRequest,
    fields: {
      frame: { kind: KIND_OPERATIONS, flags: FLAG_RESUME, sectionCount: 1, sequence: 1 },
      section: { operationCount: 3, view: 5, shard: 3, namespace: 0 },
      operations: [
        { name: 'set', withVersion: true, key: 'k1', value: 'v1' },
        { name: 'get', withVersion: false, key: 'k1', value: undefined },
        { name: 'get', withVersion: false, key: 'k12', value: undefined },
      ],
    },
  },
  'set-options': operationsExample([
    OP_SET,
    {
      key: 'k1',
      value: 'v2',
      withVersion: true,
      condition: CONDITION_VERSION,
      version: VERSION,
      expiryMs: EXPIRY_MS,
      previous: true,
    },
  ]),
  add: operationsExample([OP_ADD, { key: 'n', delta: -2n, withVersion: true }]),
  scan: operationsExample([OP_SCAN, { cursor: 0n, count: 100 }]),
  atomic: operationsExample(
    [OP_ATOMIC, { count: 2 }],
    [OP_SET, { key: 'a', value: '1', condition: CONDITION_ABSENT }],
    [OP_ADD, { key: 'n', delta: 1n }],
  ),
  'atomic-done': resultsExample([STATUS_OK, STATUS_OK, STATUS_NUMBER, ...word(42n)], ['ok', 'ok', 'number 42']),
  'atomic-aborted': resultsExample([STATUS_ABORTED, STATUS_UNMET, STATUS_ABORTED], ['aborted', 'unmet', 'aborted']),
  'value-expiry': resultsExample(
    [STATUS_VALUE_EXPIRY, 2, ...word(BigInt(EXPIRY_MS)), ...word(VERSION), ...encodeUtf8('v2')],
    [`value-expiry ${EXPIRY_MS} ${VERSION} v2`],
  ),
  'scan-page': {
    encode: () => Uint8Array.of(STATUS_VALUE, 16, ...word(2n ** 31n), 2, ...encodeUtf8('k1'), 4, ...encodeUtf8('name')),
    decode: (bytes) => {
      const columns = columnsFor(1)
      readResults(bytes, 0, bytes.length, 1, columns, 0)
      const page = new ScanPageReader()
      const start = columns.starts[0] ?? 0
      page.open(bytes, start, start + (columns.lengths[0] ?? 0))
      const keys: string[] = []
      while (page.next()) keys.push(decodeUtf8(bytes, page.start, page.end))
      return { cursor: page.cursor, keys }
    },
    fields: { cursor: 2n ** 31n, keys: ['k1', 'name'] },
  },
  reply: {
    encode: () => {
      const results = Uint8Array.of(STATUS_OK_VERSION, ...word(VERSION), STATUS_VALUE, 2, 0x76, 0x31, STATUS_MISSING)
      return encodeReply(1, results, 3, 5, OUTCOME_EXECUTED)
    },
    decode: decodeReply,
    fields: {
      frame: { kind: KIND_OPERATIONS_REPLY, flags: 0, sectionCount: 1, sequence: 1 },
      section: { resultCount: 3, view: 5, shard: 3, outcome: OUTCOME_EXECUTED },
      results: [`ok-version ${VERSION}`, 'value v1', 'missing'],
    },
  },
  'reply-repeat': {
    encode: () => {
      const results = Uint8Array.of(STATUS_VALUE, 6, ...encodeUtf8('sluice'), 5, 1, 5, 1)
      return encodeReply(2, results, 3, 5, OUTCOME_EXECUTED)
    },
    decode: decodeReply,
    fields: {
      frame: { kind: KIND_OPERATIONS_REPLY, flags: 0, sectionCount: 1, sequence: 2 },
      section: { resultCount: 3, view: 5, shard: 3, outcome: OUTCOME_EXECUTED },
      results: ['value sluice', 'value sluice', 'value sluice'],
    },
  },
  'reply-stale': {
    encode: () => encodeReply(3, new Uint8Array(0), 0, 6, OUTCOME_STALE),
    decode: decodeReply,
    fields: {
      frame: { kind: KIND_OPERATIONS_REPLY, flags: 0, sectionCount: 1, sequence: 3 },
      section: { resultCount: 0, view: 6, shard: 3, outcome: OUTCOME_STALE },
      results: [],
    },
  },
  error: {
    encode: () => encodeError(WIRE_ERROR_IDLE, 'idle'),
    decode: (bytes) => {
      const { start, end } = loadFrame(bytes)
      return decodeError(bytes, start, end)
    },
    fields: { code: WIRE_ERROR_IDLE, text: 'idle' },
  },
}

function compactExample(length: number): Example {
  return {
    encode: () => {
      const bytes = new Uint8Array(5)
      return bytes.subarray(0, writeCompact(bytes, 0, length))
    },
    decode: (bytes) => readCompact(bytes, 0, bytes.length),
    fields: length,
  }
}

/** Operations as `appendOperation` takes them. */
function operationsExample(...operations: readonly (readonly [number, OperationFields])[]): Example {
  return {
    encode: () => {
      const writer = new SectionWriter()
      for (const [code, fields] of operations) writer.appendOperation(code, fields)
      return writer.buffer.subarray(OPERATIONS_START, writer.end)
    },
    decode: (bytes) => {
      expect(skipOperations(bytes, 0, bytes.length, operations.length)).toBe(bytes.length)
      const decoded: unknown[] = []
      for (let at = 0; at < bytes.length; ) {
        const { row, key, value, end, ...fields } = decodeOperation(bytes, at, bytes.length)
        const given = Object.entries(fields).filter(
          ([, field]) => field !== undefined && field !== false && field !== 0,
        )
        decoded.push([
          row.code,
          {
            ...Object.fromEntries(given),
            ...(row.hasKey && { key: toText(key) }),
            ...(value && { value: toText(value) }),
          },
        ])
        at = end
      }
      return decoded
    },
    fields: operations,
  }
}

/** Results by themselves, as `describeResults` tells them. */
function resultsExample(bytes: readonly number[], results: readonly string[]): Example {
  return {
    encode: () => Uint8Array.from(bytes),
    decode: (sent) => describeResults(sent, 0, sent.length, results.length),
    fields: results,
  }
}

function word(value: bigint): Uint8Array {
  const bytes = new Uint8Array(8)
  writeU64(bytes, 0, value)
  return bytes
}

/** Loads the bytes as a frame that lies in them from their first to their last byte. */
function loadFrame(bytes: Uint8Array): FrameDecoder {
  const decoder = new FrameDecoder({ frameBytesMax: limits.FRAME_BYTES_MAX })
  decoder.push(bytes)
  expect(decoder.next()).toBe(true)
  expect([decoder.bytes === bytes, decoder.end]).toEqual([true, bytes.length])
  return decoder
}

function encodeRequest(): Uint8Array {
  const writer = new SectionWriter()
  writer.appendSet(OP_SET | OP_WITH_VERSION, 'k1', 'v1')
  writer.appendString(OP_GET, 'k1')
  writer.appendBytes(OP_GET, encodeUtf8('k12'), 0, 3)
  writer.seal(5, 3, 0)
  writeFrameHeader(writer.buffer, 0, writer.end, KIND_OPERATIONS, FLAG_RESUME, 1, 1)
  return writer.buffer.subarray(0, writer.end)
}

function decodeRequest(bytes: Uint8Array): unknown {
  const { kind, flags, sectionCount, sequence, start, end } = loadFrame(bytes)
  const section = new SectionReader()
  section.open(bytes, start, end, sectionCount)
  expect(section.next()).toBe(true)
  const { operationCount, view, shard, namespace } = section
  const operations: unknown[] = []
  for (let at = section.start; at < section.end; ) {
    const { row, withVersion, key, value, end: next } = decodeOperation(bytes, at, section.end)
    operations.push({ name: row.name, withVersion, key: toText(key), value: value && toText(value) })
    at = next
  }
  return {
    frame: { kind, flags, sectionCount, sequence },
    section: { operationCount, view, shard, namespace },
    operations,
  }
}

function encodeReply(sequence: number, results: Uint8Array, count: number, view: number, outcome: number): Uint8Array {
  const bytes = new Uint8Array(FRAME_HEADER_BYTES + SECTION_HEADER_BYTES + results.length)
  writeFrameHeader(bytes, 0, bytes.length, KIND_OPERATIONS_REPLY, 0, 1, sequence)
  writeReplySectionHeader(bytes, FRAME_HEADER_BYTES, results.length, count, view, 3, outcome)
  bytes.set(results, FRAME_HEADER_BYTES + SECTION_HEADER_BYTES)
  return bytes
}

function decodeReply(bytes: Uint8Array): unknown {
  const { kind, flags, sectionCount, sequence, start, end } = loadFrame(bytes)
  const section = new SectionReader()
  section.openReply(bytes, start, end, sectionCount)
  expect(section.next()).toBe(true)
  const { resultCount, view, shard, outcome } = section
  const results = describeResults(bytes, section.start, section.end, resultCount)
  return { frame: { kind, flags, sectionCount, sequence }, section: { resultCount, view, shard, outcome }, results }
}

/** Each result's name, expiry, version, and number or value, as far as it has them. */
function describeResults(bytes: Uint8Array, start: number, end: number, count: number): string[] {
  const columns = columnsFor(count)
  readResults(bytes, start, end, count, columns, 0)
  return Array.from(columns.statuses, (status, index) => {
    const row = STATUSES[status]
    if (row === undefined) throw new Error(`status ${status}`)
    const { hasLength, stampBytes, numberBytes } = RESULT_SHAPES[row.shape]
    const at = columns.starts[index] ?? 0
    return [
      row.name,
      ...(stampBytes > 8 ? [readU64(bytes, at - 16)] : []),
      ...(stampBytes > 0 ? [readU64(bytes, at - 8)] : []),
      ...(numberBytes > 0 ? [BigInt.asIntN(64, readU64(bytes, at))] : []),
      ...(hasLength ? [decodeUtf8(bytes, at, at + (columns.lengths[index] ?? 0))] : []),
    ].join(' ')
  })
}

function columnsFor(count: number) {
  return { statuses: new Uint8Array(count), starts: new Uint32Array(count), lengths: new Uint32Array(count) }
}

function toText(bytes: Uint8Array): string {
  return decodeUtf8(bytes, 0, bytes.length)
}

/** The document's examples by name. */
function documentExamples(): Map<string, Uint8Array> {
  const blocks = DOCUMENT.matchAll(/^```hex (\S+)\n(.*?)^```$/gms)
  return new Map(
    Array.from(blocks, ([, name = '', text = '']) => {
      const digits = text.replace(/#.*/g, '').replace(/\s+/g, '')
      expect(digits).toMatch(/^([0-9A-F]{2})+$/)
      return [name, new Uint8Array(Buffer.from(digits, 'hex'))]
    }),
  )
}

describe('the examples of the protocol document', () => {
  const documented = documentExamples()

  it('are all known here', () => {
    expect([...documented.keys()].sort()).toEqual(Object.keys(EXAMPLES).sort())
  })

  it.each(Object.entries(EXAMPLES))('%s is what the codec writes and reads', (name, { encode, decode, fields }) => {
    const bytes = documented.get(name) ?? new Uint8Array(0)
    expect(toHex(encode())).toBe(toHex(bytes))
    expect(decode(bytes)).toEqual(fields)
  })
})

function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
