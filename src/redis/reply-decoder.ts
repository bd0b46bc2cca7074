// Reads the replies of a Redis server: `push` chunks as they arrive, then call `next` until it returns false.
//
// `next` loads one element into the fields of the decoder: a flat reply, the beginning of an array, map, set or push, or
// one of the elements behind that. So a reply of any size takes no memory but its largest element, and a flat one no
// object at all.
//
//   *2 $1 a *1 :7     array of 2 at depth 0, bulk at 1, array of 1 at 1, integer at 2, which ends the reply
//
// Invariants:
// - `#open` holds, for each aggregate that has not ended, how many of its elements are still to come; each at least 1
// - lines, bulks, counts and depth keep to the limits, and memory follows the bytes that arrived
// - after an error the decoder is dead: it holds nothing, and each call throws that error again

import { protocolError } from '../protocol/protocol-error.ts'
import { assert } from '../util/assert.ts'
import { ByteWindow } from '../util/byte-window.ts'
import { decodeUtf8 } from '../util/bytes.ts'
import { DIGIT_0, shortIntegerOf } from '../util/decimal.ts'
import type { SluiceError } from '../util/errors.ts'
import {
  REPLY_ARRAY,
  REPLY_BIG_NUMBER,
  REPLY_BOOLEAN,
  REPLY_BULK,
  REPLY_DOUBLE,
  REPLY_ERROR,
  REPLY_INTEGER,
  REPLY_MAP,
  REPLY_NULL,
  REPLY_PUSH,
  REPLY_SET,
  REPLY_TEXT,
  REPLY_VERBATIM,
} from './reply-kinds.ts'
import { booleanOf, doubleOf, INTEGER, integer64Of } from './reply-numbers.ts'

const CR = 0x0d
const LF = 0x0a
const COLON = 0x3a
const MINUS = 0x2d
const DIGIT_1 = 0x31

const TYPE_BULK = 0x24
const TYPE_BULK_ERROR = 0x21
const TYPE_VERBATIM = 0x3d

/** Kinds that are a line, by the byte that they begin with; 0 for bytes that begin no line. */
const LINE_KINDS = new Uint8Array(256)
for (const [type, kind] of [
  ['+', REPLY_TEXT],
  ['-', REPLY_ERROR],
  [':', REPLY_INTEGER],
  ['_', REPLY_NULL],
  ['*', REPLY_ARRAY],
  ['%', REPLY_MAP],
  ['~', REPLY_SET],
  [',', REPLY_DOUBLE],
  ['#', REPLY_BOOLEAN],
  ['(', REPLY_BIG_NUMBER],
  ['>', REPLY_PUSH],
] as const) {
  LINE_KINDS[type.charCodeAt(0)] = kind
}

/** In front of a verbatim string's contents: its format and a colon. */
const VERBATIM_HEAD_BYTES = 4

/** Bytes of the longest text of an integer, a double or a count: more digits than any of them needs. */
const NUMBER_BYTES_MAX = 64

const EMPTY = new Uint8Array(0)

/** What a decoder takes. */
export interface ReplyDecoderLimits {
  /** Bytes of a line, such as a text or an error, at least 64. */
  readonly lineBytesMax: number
  /** Bytes of a bulk string, up to 2^30. */
  readonly bulkBytesMax: number
  /** Elements of one array, map (two for each pair), set or push, at least 1. */
  readonly elementsMax: number
  /** Aggregates around one element, from 0. */
  readonly depthMax: number
}

/** Decodes what one connection receives. The fields describe the element that `next` loaded last. */
export class ReplyDecoder {
  /** A `REPLY_*`. */
  kind = 0
  /** Holds the element. Its bytes do not change unless whoever pushed them reuses them. */
  bytes: Uint8Array = EMPTY
  /** First byte of the contents of a bulk or verbatim string, or of the text of a line behind its type. */
  start = 0
  /** One past the last of them. */
  end = 0
  /** An integer (rounded beyond 2^53: see `integer`), a double, or a boolean as 0 or 1. */
  number = 0
  /** Elements of an aggregate, each of which `next` loads after it: a map has two for each pair. */
  count = 0
  /** Aggregates around this element. */
  depth = 0
  /** Whether the reply is over with this element. */
  endsReply = true

  readonly #limits: ReplyDecoderLimits
  readonly #window = new ByteWindow()
  readonly #open: number[] = []
  #failure: SluiceError | undefined
  /** Bytes of the element that is not whole yet, as far as they are known. */
  #bytesWanted = 0
  /** Bytes of its line that were looked at. */
  #scannedBytes = 0

  constructor(limits: ReplyDecoderLimits) {
    const { lineBytesMax, bulkBytesMax, elementsMax, depthMax } = limits
    assert(lineBytesMax >= NUMBER_BYTES_MAX, 'every number fits a line')
    assert(bulkBytesMax >= 0 && bulkBytesMax <= 2 ** 30, 'the position behind a bulk string is a small integer')
    assert(elementsMax >= 1 && elementsMax <= 2 ** 30, 'there may be elements')
    assert(depthMax >= 0, 'a reply is at least flat')
    this.#limits = limits
  }

  /** Bytes held that `next` has not loaded. */
  get bufferedBytes(): number {
    return this.#window.unreadBytes
  }

  /** The exact value of an integer or a big number. */
  get integer(): bigint {
    return BigInt(this.text())
  }

  /** The text of a line, or the contents of a bulk string as UTF-8. */
  text(): string {
    return decodeUtf8(this.bytes, this.start, this.end)
  }

  /** Takes the next bytes of the stream and the ownership of their array. Throws only when the decoder is dead. */
  push(chunk: Uint8Array): void {
    if (this.#failure !== undefined) throw this.#failure
    this.#window.push(chunk)
  }

  /** Loads the next element if all of it has arrived, else returns false. Throws PROTOCOL at bytes that are no reply. */
  next(): boolean {
    if (this.#failure !== undefined) throw this.#failure
    const window = this.#window
    while (window.at === window.end || !this.#decode(window.bytes, window.at, window.end)) {
      if (!window.extend(this.#bytesWanted)) {
        this.bytes = EMPTY
        return false
      }
    }
    return true
  }

  /** Throws if an invariant of the file's head is broken. */
  checkInvariants(): void {
    this.#window.checkInvariants()
    assert(this.#failure === undefined || this.bufferedBytes === 0, 'a dead decoder holds nothing')
    assert(this.#open.length <= this.#limits.depthMax, 'aggregates nest no deeper than the limit')
    assert(
      this.#open.every((left) => left >= 1),
      'an open aggregate waits for an element',
    )
  }

  #decode(bytes: Uint8Array, at: number, end: number): boolean {
    const type = bytes[at] as number
    if (type === TYPE_BULK) return this.#decodeBulk(REPLY_BULK, bytes, at, end)
    if (type === TYPE_BULK_ERROR) return this.#decodeBulk(REPLY_ERROR, bytes, at, end)
    if (type === TYPE_VERBATIM) return this.#decodeBulk(REPLY_VERBATIM, bytes, at, end)
    const kind = LINE_KINDS[type] as number
    if (kind === 0) this.#fail(`a reply has the unknown type ${JSON.stringify(String.fromCharCode(type))}`)
    const lineEnd = this.#findLineEnd(bytes, at, end)
    if (lineEnd === -1) return false
    this.bytes = bytes
    this.start = at + 1
    this.end = lineEnd
    this.#loadLine(kind)
    this.#scannedBytes = 0
    this.#window.advance(lineEnd + 2)
    return true
  }

  /** The hot one: a length, and that many bytes. */
  #decodeBulk(kind: number, bytes: Uint8Array, at: number, end: number): boolean {
    let position = at + 1
    let bulkBytes = 0
    for (; position < end; position++) {
      const digit = (bytes[position] as number) - DIGIT_0
      if (digit < 0 || digit > 9) break
      if (bulkBytes === 0 && position > at + 1) this.#fail('a length begins with 0')
      bulkBytes = 10 * bulkBytes + digit
      if (bulkBytes > this.#limits.bulkBytesMax) this.#failLimit('bulk string', this.#limits.bulkBytesMax, 'bytes')
    }
    if (position === at + 1 && position < end) return this.#decodeNullBulk(bytes, at, end)
    const start = position + 2
    const bulkEnd = start + bulkBytes
    if (bulkEnd + 2 > end) {
      // Not known before the line is whole.
      this.#bytesWanted = position < end ? bulkEnd + 2 - at : 0
      if (position < end && bytes[position] !== CR) this.#fail('a length is no number')
      if (position + 1 < end && bytes[position + 1] !== LF) this.#fail('a line does not end with CR LF')
      return false
    }
    if (bytes[position] !== CR) this.#fail('a length is no number')
    if (bytes[position + 1] !== LF) this.#fail('a line does not end with CR LF')
    if (bytes[bulkEnd] !== CR || bytes[bulkEnd + 1] !== LF) this.#fail('a bulk string is not as long as it says')
    this.kind = kind
    this.bytes = bytes
    this.start = start
    this.end = bulkEnd
    if (kind === REPLY_VERBATIM) this.#skipFormat()
    this.#endElement()
    this.#window.advance(bulkEnd + 2)
    return true
  }

  /** `$-1`, of RESP2. */
  #decodeNullBulk(bytes: Uint8Array, at: number, end: number): boolean {
    const lineEnd = this.#findLineEnd(bytes, at, end)
    if (lineEnd === -1) return false
    const isNull = bytes[at] === TYPE_BULK && lineEnd - at === 3 && bytes[at + 1] === MINUS && bytes[at + 2] === DIGIT_1
    if (!isNull) this.#fail('a length is no number')
    this.bytes = bytes
    this.start = lineEnd
    this.end = lineEnd
    this.#scannedBytes = 0
    this.#endFlat(REPLY_NULL)
    this.#window.advance(lineEnd + 2)
    return true
  }

  #skipFormat(): void {
    if (this.end - this.start < VERBATIM_HEAD_BYTES || this.bytes[this.start + VERBATIM_HEAD_BYTES - 1] !== COLON) {
      this.#fail('a verbatim string has no format')
    }
    this.start += VERBATIM_HEAD_BYTES
  }

  /** Position of the CR that ends the line which begins at `at`; -1 when its end has not arrived. */
  #findLineEnd(bytes: Uint8Array, at: number, end: number): number {
    let position = at + 1 + this.#scannedBytes
    while (position < end && bytes[position] !== CR && bytes[position] !== LF) position++
    if (position - at - 1 > this.#limits.lineBytesMax) this.#failLimit('line', this.#limits.lineBytesMax, 'bytes')
    if (position < end && bytes[position] === LF) this.#fail('a line does not end with CR LF')
    if (position + 1 < end) {
      if (bytes[position + 1] !== LF) this.#fail('a line does not end with CR LF')
      return position
    }
    this.#scannedBytes = position - at - 1
    this.#bytesWanted = 0
    return -1
  }

  /** Loads the line whose text is between `start` and `end`. */
  #loadLine(kind: number): void {
    switch (kind) {
      case REPLY_TEXT:
      case REPLY_ERROR:
        break
      case REPLY_INTEGER:
        this.number = shortIntegerOf(this.bytes, this.start, this.end)
        if (Number.isNaN(this.number)) this.#loadLongInteger()
        break
      case REPLY_DOUBLE:
        this.number = doubleOf(this.#numberText()) ?? this.#fail('a double is no number')
        break
      case REPLY_BOOLEAN:
        this.number = booleanOf(this.#numberText()) ?? this.#fail('a boolean is neither true nor false')
        break
      case REPLY_BIG_NUMBER:
        if (!INTEGER.test(this.text())) this.#fail('a big number is no number')
        break
      case REPLY_NULL:
        if (this.start !== this.end) this.#fail('a null has contents')
        break
      default:
        this.#openAggregate(kind, kind === REPLY_MAP ? 2 : 1)
        return
    }
    this.#endFlat(kind)
  }

  #loadLongInteger(): void {
    this.number = Number(integer64Of(this.#numberText()) ?? this.#fail('an integer is none of 64 bits'))
  }

  #openAggregate(kind: number, elementsEach: number): void {
    const given = shortIntegerOf(this.bytes, this.start, this.end)
    if (kind === REPLY_ARRAY && given === -1) {
      this.#endFlat(REPLY_NULL)
      return
    }
    if (!(given >= 0)) this.#fail('a count is no number')
    const { elementsMax, depthMax } = this.#limits
    this.count = given * elementsEach
    if (this.count > elementsMax) this.#failLimit('aggregate', elementsMax, 'elements')
    if (this.count === 0) {
      this.#endFlat(kind)
      return
    }
    if (this.#open.length === depthMax) this.#failLimit('reply', depthMax, 'nested aggregates')
    this.kind = kind
    this.depth = this.#open.length
    this.endsReply = false
    this.#open.push(this.count)
  }

  #endFlat(kind: number): void {
    this.kind = kind
    this.#endElement()
  }

  /** The element is whole; so may be aggregates around it. */
  #endElement(): void {
    const open = this.#open
    this.depth = open.length
    this.endsReply = true
    for (let inner = open.length - 1; inner >= 0; inner--) {
      const left = (open[inner] as number) - 1
      if (left > 0) {
        open[inner] = left
        this.endsReply = false
        return
      }
      open.pop()
    }
  }

  /** The text of a line that is short when it is right. */
  #numberText(): string {
    if (this.end - this.start > NUMBER_BYTES_MAX) this.#fail('a number is too long')
    return this.text()
  }

  #failLimit(what: string, limit: number, unit: string): never {
    this.#fail(`a ${what} has more than ${limit} ${unit}`)
  }

  #fail(message: string): never {
    this.#failure = protocolError(message)
    this.#window.drop()
    this.#open.length = 0
    this.bytes = EMPTY
    throw this.#failure
  }
}
