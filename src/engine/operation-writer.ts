// Writes operations as the engine reads them (docs/PROTOCOL.md, "Operation"): into the engine's own request, or into
// the growing buffer of a batch.
//
//   operation byte, [options, [version], [expiry]], arguments, [key length], [value length], [key], [value]
//
// Text is written where it belongs before its length in bytes is known: as if it were ASCII, which takes a byte for
// each unit. Only when it was not, its length is corrected, and what was written is moved if the length takes more
// bytes.
//
// Invariant: a method that throws leaves `end` and `count` as they were.

import {
  CONDITION_ABSENT,
  CONDITION_EARLIER,
  CONDITION_HAS_EXPIRY,
  CONDITION_LATER,
  CONDITION_NO_EXPIRY,
  CONDITION_NONE,
  CONDITION_PRESENT,
  CONDITION_VERSION,
  OP_ADD,
  OP_APPEND,
  OP_DELETE,
  OP_EXPIRE,
  OP_OPTIONS,
  OP_READ_RANGE,
  OP_SCAN,
  OP_SET,
  OP_WRITE_RANGE,
  OPTION_EXPIRY,
  OPTION_KEEP_EXPIRY,
} from '../protocol/codes.ts'
import { compactSize, writeCompact } from '../protocol/compact.ts'
import { FRAME_BYTES_MAX, KEY_BYTES_MAX, SCAN_KEYS_MAX, VALUE_BYTES_MAX } from '../protocol/limits.ts'
import { TextScratch } from '../protocol/text-scratch.ts'
import type { DeleteOptions, ExpireOptions, SetOptions } from '../protocol/write-options.ts'
import { SHORT_TEXT_UNITS_MAX, UTF8_UNIT_BYTES_MAX, writeAscii, writeU32, writeU64 } from '../util/bytes.ts'
import { type Bytes, checkBytes, checkRange, invalid, keyTooLarge, valueTooLarge } from './store-errors.ts'
import type { StoreTime } from './store-options.ts'

/** Bytes of the longest operation without its key and value, with room to spare. */
const HEAD_BYTES_MAX = 64

const WORD_HALF = 2 ** 32

const RANGE_OFFSET_MAX = WORD_HALF - 1

const SET_CONDITIONS: Readonly<Record<string, number>> = { absent: CONDITION_ABSENT, present: CONDITION_PRESENT }
const EXPIRE_CONDITIONS: Readonly<Record<string, number>> = {
  'no-expiry': CONDITION_NO_EXPIRY,
  'has-expiry': CONDITION_HAS_EXPIRY,
  later: CONDITION_LATER,
  earlier: CONDITION_EARLIER,
}
const VERSION_ONLY: Readonly<Record<string, number>> = {}

/**
 * Appends operations to a buffer. `flags` are OP_WITH_VERSION or 0, `options` those that ask for more in the result.
 */
export class OperationWriter {
  /** Replaced when it grows. */
  bytes: Buffer
  /** Where the next operation begins. */
  end = 0
  /** Operations written. */
  count = 0
  readonly #time: StoreTime
  readonly #countMax: number
  readonly #keyText = new TextScratch()

  constructor(bytes: Buffer, time: StoreTime, countMax: number) {
    this.bytes = bytes
    this.#time = time
    this.#countMax = countMax
  }

  /** Forgets the operations. The next one begins at `start`. */
  reset(start = 0): void {
    this.end = start
    this.count = 0
  }

  /** An operation of a code and a key alone. */
  ofKey(operation: number, key: Bytes, options = 0): void {
    this.#reserve(key, '')
    this.#finish(this.#writeKey(this.#writeHead(operation, options), key))
  }

  /** An operation of a code alone. */
  ofCode(operation: number): void {
    this.#reserve('', '')
    this.#finish(this.#writeHead(operation, 0))
  }

  set(key: Bytes, value: Bytes, terms: SetOptions | undefined, flags: number, options: number): void {
    this.#reserve(key, value)
    let bits = options
    let expiry: number
    if (terms === undefined) {
      expiry = this.#time.expiryAfter()
    } else {
      expiry = this.#time.expiryOf(terms)
      bits |= conditionOf(SET_CONDITIONS, terms.if) | (terms.keepExpiry === true ? OPTION_KEEP_EXPIRY : 0)
    }
    const at = this.#writeHead(OP_SET | flags, bits, terms?.if, expiry)
    this.#finish(this.#writeRecord(at, key, value))
  }

  delete(key: Bytes, terms: DeleteOptions | undefined, flags: number, options: number): void {
    this.#reserve(key, '')
    const at = this.#writeHead(OP_DELETE | flags, options | conditionOf(VERSION_ONLY, terms?.if), terms?.if)
    this.#finish(this.#writeKey(at, key))
  }

  /** Sets an expiry, or takes it away when `ttlMs` is Infinity. */
  expire(key: Bytes, ttlMs: number, terms: ExpireOptions | undefined, flags: number): void {
    this.#reserve(key, '')
    const expiry = this.#time.expiryIn(ttlMs)
    const condition = conditionOf(EXPIRE_CONDITIONS, terms?.if)
    if (expiry === 0 && condition >= CONDITION_LATER) throw invalid('no expiry is neither later nor earlier')
    this.#finish(this.#writeKey(this.#writeHead(OP_EXPIRE | flags, condition, terms?.if, expiry), key))
  }

  add(key: Bytes, delta: number | bigint, ttlMs: number | undefined, flags: number): void {
    this.#reserve(key, '')
    const at = this.#writeHead(OP_ADD | flags, 0, undefined, this.#time.expiryAfter(ttlMs))
    this.#finish(this.#writeKey(writeDelta(this.bytes, at, delta), key))
  }

  append(key: Bytes, value: Bytes, flags: number): void {
    this.#reserve(key, value)
    const at = this.#writeHead(OP_APPEND | flags, 0, undefined, this.#time.expiryAfter())
    this.#finish(this.#writeRecord(at, key, value))
  }

  writeRange(key: Bytes, offset: number, value: Bytes, flags: number): void {
    checkRange('offset', offset, 0, RANGE_OFFSET_MAX)
    this.#reserve(key, value)
    const at = this.#writeHead(OP_WRITE_RANGE | flags, 0, undefined, this.#time.expiryAfter())
    writeU32(this.bytes, at, offset)
    this.#finish(this.#writeRecord(at + 4, key, value))
  }

  readRange(key: Bytes, offset: number, bytes: number, flags: number): void {
    checkRange('offset', offset, 0, RANGE_OFFSET_MAX)
    checkRange('bytes', bytes, 0, RANGE_OFFSET_MAX)
    this.#reserve(key, '')
    const at = this.#writeHead(OP_READ_RANGE | flags, 0)
    writeU32(this.bytes, at, offset)
    writeU32(this.bytes, at + 4, bytes)
    this.#finish(this.#writeKey(at + 8, key))
  }

  scan(cursor: number, count: number): void {
    checkRange('cursor', cursor, 0, Number.MAX_SAFE_INTEGER)
    checkRange('count', count, 1, SCAN_KEYS_MAX)
    this.#reserve('', '')
    const at = this.#writeHead(OP_SCAN, 0)
    writeWord(this.bytes, at, cursor)
    writeU32(this.bytes, at + 8, count)
    this.#finish(at + 12)
  }

  #finish(end: number): void {
    this.end = end
    this.count++
  }

  /**
   * Writes the operation byte, the options byte if there is one, and what it announces; returns the position behind.
   */
  #writeHead(operation: number, options: number, condition?: unknown, expiry = 0): number {
    const bytes = this.bytes
    const bits = expiry === 0 ? options : options | OPTION_EXPIRY
    let at = this.end
    bytes[at] = bits === 0 ? operation : operation | OP_OPTIONS
    at += 1
    if (bits === 0) return at
    bytes[at] = bits
    at += 1
    if (typeof condition === 'bigint') {
      writeU64(bytes, at, condition)
      at += 8
    }
    if (expiry === 0) return at
    return writeWord(bytes, at, expiry)
  }

  #writeKey(at: number, key: Bytes): number {
    // The length of a short key takes one byte, so the key is where it belongs already.
    const keyEnd = this.#writeShort(at + 1, key)
    if (keyEnd > at + 1) {
      this.bytes[at] = keyEnd - at - 1
      return keyEnd
    }
    const encoded = this.#encodeKey(key)
    const keyAt = writeCompact(this.bytes, at, encoded.length)
    this.bytes.set(encoded, keyAt)
    return keyAt + encoded.length
  }

  #writeRecord(at: number, key: Bytes, value: Bytes): number {
    const presumedSize = compactSize(value.length)
    let keyAt = at + 1 + presumedSize
    let valueAt = this.#writeShort(keyAt, key)
    if (valueAt <= keyAt) {
      const encoded = this.#encodeKey(key)
      keyAt = at + compactSize(encoded.length) + presumedSize
      this.bytes.set(encoded, keyAt)
      valueAt = keyAt + encoded.length
    }
    const lengthAt = writeCompact(this.bytes, at, valueAt - keyAt)
    const valueBytes = this.#writeValue(valueAt, value)
    const shift = compactSize(valueBytes) - presumedSize
    if (shift > 0) this.bytes.copyWithin(keyAt + shift, keyAt, valueAt + valueBytes)
    writeCompact(this.bytes, lengthAt, valueBytes)
    return valueAt + valueBytes + shift
  }

  /** Writes a key or value and returns its end; -1, or `at`, unless it is short text, ASCII and not empty. */
  #writeShort(at: number, text: Bytes): number {
    return typeof text === 'string' && text.length <= SHORT_TEXT_UNITS_MAX ? writeAscii(this.bytes, at, text) : -1
  }

  /** Writes the value and returns its bytes. Throws VALUE_TOO_LARGE. */
  #writeValue(at: number, value: Bytes): number {
    const shortEnd = this.#writeShort(at, value)
    if (shortEnd >= 0) return shortEnd - at
    if (value.length > VALUE_BYTES_MAX) throw valueTooLarge()
    if (typeof value !== 'string') {
      this.bytes.set(value, at)
      return value.length
    }
    const written = this.bytes.write(value, at, 'utf8')
    if (written > VALUE_BYTES_MAX) throw valueTooLarge()
    return written
  }

  /** The bytes of a key, for the moment. Throws KEY_TOO_LARGE. */
  #encodeKey(key: Bytes): Uint8Array {
    let bytes = key
    if (typeof bytes === 'string') {
      this.#keyText.encode(bytes, KEY_BYTES_MAX)
      bytes = this.#keyText.bytes.subarray(0, this.#keyText.end)
    }
    if (bytes.length < 1 || bytes.length > KEY_BYTES_MAX) throw keyTooLarge()
    return bytes
  }

  /** Makes room for one operation more. Throws INVALID_ARGUMENT when the operations would pass a frame's limits. */
  #reserve(key: Bytes, value: Bytes): void {
    checkBytes(key)
    checkBytes(value)
    if (this.count === this.#countMax) throw invalid(`the batch holds at most ${this.#countMax} operations`)
    const needed = this.end + HEAD_BYTES_MAX + bytesMost(key) + bytesMost(value)
    if (needed > this.bytes.length) this.#grow(needed, key, value)
  }

  #grow(neededAtMost: number, key: Bytes, value: Bytes): void {
    let needed = neededAtMost
    if (needed > FRAME_BYTES_MAX) {
      if (Buffer.byteLength(key) > KEY_BYTES_MAX) throw keyTooLarge()
      if (Buffer.byteLength(value) > VALUE_BYTES_MAX) throw valueTooLarge()
      needed = this.end + HEAD_BYTES_MAX + Buffer.byteLength(key) + Buffer.byteLength(value)
      if (needed > FRAME_BYTES_MAX) throw invalid(`a batch holds at most ${FRAME_BYTES_MAX} bytes of operations`)
    }
    if (needed <= this.bytes.length) return
    const grown = Buffer.allocUnsafeSlow(Math.min(FRAME_BYTES_MAX, Math.max(needed, this.bytes.length * 2)))
    grown.set(this.bytes.subarray(0, this.end))
    this.bytes = grown
  }
}

function bytesMost(bytes: Bytes): number {
  return typeof bytes === 'string' ? bytes.length * UTF8_UNIT_BYTES_MAX : bytes.length
}

function conditionOf(names: Readonly<Record<string, number>>, condition: string | bigint | undefined): number {
  if (condition === undefined) return CONDITION_NONE
  if (typeof condition === 'bigint') {
    if (BigInt.asUintN(64, condition) !== condition) throw invalid('a version must have 64 bits and no sign')
    return CONDITION_VERSION
  }
  const code = Object.hasOwn(names, condition) ? names[condition] : undefined
  if (code === undefined) throw invalid(`there is no condition ${condition} here`)
  return code
}

/** Writes a delta of 64 bits and returns the position behind it. */
function writeDelta(bytes: Uint8Array, at: number, delta: number | bigint): number {
  const isGood = typeof delta === 'bigint' ? BigInt.asIntN(64, delta) === delta : Number.isSafeInteger(delta)
  if (!isGood) throw invalid(`delta must be a safe integer, or a bigint of 64 bits with sign, not ${delta}`)
  if (typeof delta === 'number') return writeWord(bytes, at, delta)
  writeU64(bytes, at, delta)
  return at + 8
}

/** Writes a safe integer as 64 bits, in two's complement, and returns the position behind it. */
function writeWord(bytes: Uint8Array, at: number, value: number): number {
  writeU32(bytes, at, value % WORD_HALF)
  writeU32(bytes, at + 4, Math.floor(value / WORD_HALF))
  return at + 8
}
