// `docs/PROTOCOL.md` is the specification, so its examples are run and its tables compared with the code's.
// An example is a fenced block whose language is `hex NAME`; `#` starts a comment.

import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { decodeUtf8, encodeUtf8, readU64, writeU64 } from '../util/bytes.ts'
import {
  OP_GET,
  OP_SET,
  OP_WITH_VERSION,
  OUTCOME_EXECUTED,
  OUTCOME_STALE,
  STATUS_MISSING,
  STATUS_OK_VERSION,
  STATUS_VALUE,
} from './codes.ts'
import { readCompact, writeCompact } from './compact.ts'
import { decodeControl, decodeError, encodeControl, encodeError } from './control.ts'
import {
  FLAG_RESUME,
  FRAME_HEADER_BYTES,
  FRAME_KINDS,
  KIND_OPERATIONS,
  KIND_OPERATIONS_REPLY,
  KIND_PING,
  SECTION_HEADER_BYTES,
  WIRE_ERROR_IDLE,
  WIRE_ERRORS,
  writeFrameHeader,
  writeReplySectionHeader,
} from './frame.ts'
import { FrameDecoder } from './frame-decoder.ts'
import { decodeAnswer, decodeHello, encodeAnswer, encodeHello, REFUSAL_NAMES } from './hello.ts'
import * as limits from './limits.ts'
import { decodeOperation } from './operation-walk.ts'
import { OPERATIONS } from './operations.ts'
import { readResults } from './result-reader.ts'
import { SectionReader } from './section-reader.ts'
import { SectionWriter } from './section-writer.ts'
import { OUTCOME_NAMES, STATUSES } from './statuses.ts'

const DOCUMENT = readFileSync(new URL('../../docs/PROTOCOL.md', import.meta.url), 'utf8')

const VERSION = 0x0102030405060708n

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
  serverTimeMs: Date.UTC(2025, 0, 2, 3, 4, 5),
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
  reply: {
    encode: () => {
      const version = new Uint8Array(8)
      writeU64(version, 0, VERSION)
      const results = Uint8Array.of(STATUS_OK_VERSION, ...version, STATUS_VALUE, 2, 0x76, 0x31, STATUS_MISSING)
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
  const [statuses, starts, lengths] = [
    new Uint8Array(resultCount),
    new Uint32Array(resultCount),
    new Uint32Array(resultCount),
  ]
  readResults(bytes, section.start, section.end, resultCount, { statuses, starts, lengths }, 0)
  const results = Array.from(statuses, (status, index) => {
    const [valueStart, valueBytes] = [starts[index] ?? 0, lengths[index] ?? 0]
    const version = status === STATUS_OK_VERSION ? [readU64(bytes, valueStart - 8)] : []
    const value = status === STATUS_VALUE ? [decodeUtf8(bytes, valueStart, valueStart + valueBytes)] : []
    return [STATUSES[status]?.name, ...version, ...value].join(' ')
  })
  return { frame: { kind, flags, sectionCount, sequence }, section: { resultCount, view, shard, outcome }, results }
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

/** The rows, as arrays of cells, of the table whose head begins with these cells. */
function documentTable(...headCells: string[]): string[][] {
  const lines = DOCUMENT.split('\n')
  const head = lines.findIndex((line) => line.startsWith(`| ${headCells.join(' | ')} |`))
  expect(head).toBeGreaterThan(0)
  const rows = lines.slice(head + 2)
  const end = rows.findIndex((line) => !line.startsWith('|'))
  return rows.slice(0, end < 0 ? rows.length : end).map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
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

describe('the tables of the protocol document', () => {
  it('list the operations', () => {
    const rows = documentTable('code', 'name', 'value')
    expect(rows.map((row) => row.slice(0, 3))).toEqual(
      OPERATIONS.map(({ code, name, hasValue }) => [String(code), name, hasValue ? 'yes' : 'no']),
    )
    const statusNames: readonly string[] = STATUSES.map(({ name }) => name)
    for (const row of rows) for (const name of row[3]?.split(', ') ?? []) expect(statusNames).toContain(name)
  })

  it('list the statuses, with their shapes', () => {
    const shapes = {
      empty: '',
      version: 'u64 version',
      value: 'compact n, n bytes',
      'value-version': 'compact n, u64 version, n bytes',
      distance: 'compact d',
    }
    const rows = documentTable('status', 'name')
    expect(rows.map((row) => row.slice(0, 3))).toEqual(
      STATUSES.map(({ code, name, shape }) => [String(code), name, shapes[shape]]),
    )
    expect(rows.map((row) => row[3]?.startsWith('not done') === false)).toEqual(STATUSES.map(({ isDone }) => isDone))
  })

  it('list outcomes and refusals', () => {
    const numbered = (names: readonly string[]) => names.map((name, code) => [String(code), name])
    expect(documentTable('outcome', 'name').map((row) => row.slice(0, 2))).toEqual(numbered(OUTCOME_NAMES))
    expect(documentTable('refusal', 'name').map((row) => row.slice(0, 2))).toEqual(numbered(REFUSAL_NAMES))
  })

  it('list kinds of frames, with their bodies, and error codes', () => {
    expect(documentTable('kind', 'name').map((row) => row.slice(0, 3))).toEqual(
      FRAME_KINDS.map(({ code, name, body }) => [String(code), name, body]),
    )
    expect(documentTable('code', 'name', 'meaning').map((row) => row.slice(0, 2))).toEqual(
      WIRE_ERRORS.map(({ code, name }) => [String(code), name]),
    )
  })

  it('list every limit', () => {
    const rows = documentTable('name', 'value').map(([name, value]) => [name, Number(value?.replaceAll(',', ''))])
    expect(Object.fromEntries(rows)).toEqual({ ...limits })
  })
})

function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
