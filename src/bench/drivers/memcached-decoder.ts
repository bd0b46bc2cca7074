// Reads memcached's replies, of the text commands and of the meta commands: `push` chunks as they arrive, then call `next`
// until it returns false. The fields describe the reply that `next` loaded last. Pure.
//
//   text   VALUE key flags bytes / data / END    meta   VA bytes / data     a value
//          END                                          EN                  no value
//          STORED  NOT_STORED                           HD  NS              of a store
//          DELETED NOT_FOUND                            HD  NF              of a removal
//          7                                            VA 1 / 7            the number after an increment
//          ERROR, CLIENT_ERROR text, SERVER_ERROR text                      errors of both
//
// A text value is one reply with its END, because only single keys are asked for here. After an error the decoder is dead.

import { protocolError } from '../../protocol/protocol-error.ts'
import { assert } from '../../util/assert.ts'
import { ByteWindow } from '../../util/byte-window.ts'
import { decodeUtf8, encodeUtf8 } from '../../util/bytes.ts'
import { shortIntegerOf } from '../../util/decimal.ts'
import type { SluiceError } from '../../util/errors.ts'

export const MEMCACHED_VALUE = 1
/** There is nothing to read. */
export const MEMCACHED_MISS = 2
/** Done; of the text commands a store. */
export const MEMCACHED_STORED = 3
export const MEMCACHED_NOT_STORED = 4
export const MEMCACHED_DELETED = 5
export const MEMCACHED_NOT_FOUND = 6
export const MEMCACHED_NUMBER = 7
/** The server could not do it; what follows is the next reply. */
export const MEMCACHED_SERVER_ERROR = 8
/** The command was not understood; what follows may be anything. */
export const MEMCACHED_CLIENT_ERROR = 9

const CR = 0x0d
const LF = 0x0a
const SPACE = 0x20

/** Lines that are a whole reply. */
const WHOLE_LINES = [
  ['END', MEMCACHED_MISS],
  ['EN', MEMCACHED_MISS],
  ['STORED', MEMCACHED_STORED],
  ['HD', MEMCACHED_STORED],
  ['NOT_STORED', MEMCACHED_NOT_STORED],
  ['NS', MEMCACHED_NOT_STORED],
  ['DELETED', MEMCACHED_DELETED],
  ['NOT_FOUND', MEMCACHED_NOT_FOUND],
  ['NF', MEMCACHED_NOT_FOUND],
  ['ERROR', MEMCACHED_CLIENT_ERROR],
] as const

const WHOLE_LINE_BYTES_MAX = 10

/** Where in `WHOLE_LINES`, plus one, a line is that has this length and this last byte: all differ in these. */
const WHOLE_LINE_INDEXES = new Uint8Array((WHOLE_LINE_BYTES_MAX + 1) * 256)
for (const [index, [line]] of WHOLE_LINES.entries()) {
  const slot = line.length * 256 + line.charCodeAt(line.length - 1)
  assert(WHOLE_LINE_INDEXES[slot] === 0, 'length and last byte tell the lines apart')
  WHOLE_LINE_INDEXES[slot] = index + 1
}
const WHOLE_LINE_BYTES = WHOLE_LINES.map(([line]) => encodeUtf8(line))

const TEXT_VALUE = encodeUtf8('VALUE ')
const META_VALUE = encodeUtf8('VA ')
const TEXT_VALUE_END = encodeUtf8('\r\nEND\r\n')
const META_VALUE_END = encodeUtf8('\r\n')
const CLIENT_ERROR = encodeUtf8('CLIENT_ERROR ')
const SERVER_ERROR = encodeUtf8('SERVER_ERROR ')

const EMPTY = new Uint8Array(0)

/** What a decoder takes. */
export interface MemcachedDecoderLimits {
  /** Bytes of a line without its end; a value's has a key of up to 250. */
  readonly lineBytesMax: number
  /** Bytes of a value, up to 2^30. */
  readonly valueBytesMax: number
}

/** Decodes what one connection receives. */
export class MemcachedDecoder {
  /** A `MEMCACHED_*`. */
  kind = 0
  /** Holds the reply. */
  bytes: Uint8Array = EMPTY
  /** First byte of the value, or of the line. */
  start = 0
  /** One past the last of them. */
  end = 0
  readonly #limits: MemcachedDecoderLimits
  readonly #window = new ByteWindow()
  #failure: SluiceError | undefined
  #bytesWanted = 0

  constructor(limits: MemcachedDecoderLimits) {
    assert(limits.lineBytesMax >= 300, 'the line of a value fits')
    assert(limits.valueBytesMax >= 0 && limits.valueBytesMax <= 2 ** 30, 'positions are small integers')
    this.#limits = limits
  }

  /** Bytes held that `next` has not loaded. */
  get bufferedBytes(): number {
    return this.#window.unreadBytes
  }

  /** The line as text. */
  text(): string {
    return decodeUtf8(this.bytes, this.start, this.end)
  }

  /** Takes the next bytes of the stream and the ownership of their array. Throws only when the decoder is dead. */
  push(chunk: Uint8Array): void {
    if (this.#failure !== undefined) throw this.#failure
    this.#window.push(chunk)
  }

  /** Loads the next reply if all of it has arrived, else returns false. Throws PROTOCOL at bytes that are no reply. */
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

  #decode(bytes: Uint8Array, at: number, end: number): boolean {
    this.#bytesWanted = 0
    const lineEnd = this.#findLineEnd(bytes, at, end)
    if (lineEnd === -1) return false
    if (startsWith(bytes, at, lineEnd, TEXT_VALUE)) {
      const sizeStart = this.#sizeStartOf(bytes, at + TEXT_VALUE.length, lineEnd)
      return this.#decodeValue(bytes, at, end, sizeStart, lineEnd, TEXT_VALUE_END)
    }
    if (startsWith(bytes, at, lineEnd, META_VALUE)) {
      return this.#decodeValue(bytes, at, end, at + META_VALUE.length, lineEnd, META_VALUE_END)
    }
    this.kind = kindOfLine(bytes, at, lineEnd)
    if (this.kind === 0) this.#fail(`${JSON.stringify(decodeUtf8(bytes, at, lineEnd))} is no reply of memcached`)
    this.bytes = bytes
    this.start = at
    this.end = lineEnd
    this.#window.advance(lineEnd + 2)
    return true
  }

  #decodeValue(
    bytes: Uint8Array,
    at: number,
    end: number,
    sizeStart: number,
    lineEnd: number,
    valueEnd: Uint8Array,
  ): boolean {
    const valueBytes = shortIntegerOf(bytes, sizeStart, lineEnd)
    const { valueBytesMax } = this.#limits
    if (!(valueBytes >= 0)) this.#fail('the length of a value is no number')
    if (valueBytes > valueBytesMax) this.#fail(`a value has more than ${valueBytesMax} bytes`)
    const start = lineEnd + 2
    const replyEnd = start + valueBytes + valueEnd.length
    if (replyEnd > end) {
      this.#bytesWanted = replyEnd - at
      return false
    }
    if (!startsWith(bytes, start + valueBytes, replyEnd, valueEnd)) this.#fail('a value is not as long as it says')
    this.kind = MEMCACHED_VALUE
    this.bytes = bytes
    this.start = start
    this.end = start + valueBytes
    this.#window.advance(replyEnd)
    return true
  }

  /** Where the length stands in `key flags bytes`. */
  #sizeStartOf(bytes: Uint8Array, from: number, lineEnd: number): number {
    let at = from
    for (let spaces = 0; spaces < 2; at++) {
      if (at >= lineEnd) this.#fail('the line of a value is cut short')
      if (bytes[at] === SPACE) spaces++
    }
    return at
  }

  /** Position of the CR that ends the line which begins at `at`; -1 when its end has not arrived. */
  #findLineEnd(bytes: Uint8Array, at: number, end: number): number {
    const scanEnd = Math.min(end, at + this.#limits.lineBytesMax + 1)
    let position = at
    while (position < scanEnd && bytes[position] !== CR) position++
    if (position - at > this.#limits.lineBytesMax) this.#fail(`a line has more than ${this.#limits.lineBytesMax} bytes`)
    if (position + 1 >= end) return -1
    if (bytes[position + 1] !== LF) this.#fail('a line does not end with CR LF')
    return position
  }

  #fail(message: string): never {
    this.#failure = protocolError(message)
    this.#window.drop()
    this.bytes = EMPTY
    throw this.#failure
  }
}

/** The kind of a reply that is one line; 0 when it is none. */
function kindOfLine(bytes: Uint8Array, start: number, end: number): number {
  const lineBytes = end - start
  if (lineBytes >= 1 && lineBytes <= WHOLE_LINE_BYTES_MAX) {
    const index = (WHOLE_LINE_INDEXES[lineBytes * 256 + (bytes[end - 1] as number)] as number) - 1
    const line = WHOLE_LINE_BYTES[index]
    if (line !== undefined && startsWith(bytes, start, end, line)) return WHOLE_LINES[index]?.[1] ?? 0
  }
  if (isNumber(bytes, start, end)) return MEMCACHED_NUMBER
  if (startsWith(bytes, start, end, SERVER_ERROR)) return MEMCACHED_SERVER_ERROR
  return startsWith(bytes, start, end, CLIENT_ERROR) ? MEMCACHED_CLIENT_ERROR : 0
}

/** Most digits of an unsigned 64-bit number. */
const DIGITS_MAX = 20

function isNumber(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) {
    if ((bytes[at] as number) < 0x30 || (bytes[at] as number) > 0x39) return false
  }
  return end > start && end - start <= DIGITS_MAX
}

function startsWith(bytes: Uint8Array, start: number, end: number, prefix: Uint8Array): boolean {
  if (end - start < prefix.length) return false
  for (let index = 0; index < prefix.length; index++) if (bytes[start + index] !== prefix[index]) return false
  return true
}
