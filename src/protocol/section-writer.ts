// Appends operations to the section of one shard. This runs for every operation that a client sends, so each append
// is one check, one reservation and one copy, with no allocation but the buffer's growth. Plain operations, which have
// neither options nor arguments, have methods of their own, since most are; `appendOperation` takes all others.
//
//   0             16               32                                     end
//   +--------------+----------------+--------------------------------------+-----------+
//   | frame header | section header | operations                           | free      |
//   +--------------+----------------+--------------------------------------+-----------+
//
// The room for both headers comes first, so that a frame's first section is sent with its frame header as one piece;
// every later section of the frame starts at 16. `seal` writes the section header, the sender the frame header.
//
// Invariant: an append that throws leaves `end` and `operationCount` as they were.

import { assert } from '../util/assert.ts'
import { copyBytes, SHORT_TEXT_UNITS_MAX, writeAscii } from '../util/bytes.ts'
import { SluiceError } from '../util/errors.ts'
import { OP_DELETE, OP_EXISTS, OP_GET, OP_SET, OP_WITH_VERSION } from './codes.ts'
import { writeCompact } from './compact.ts'
import { FRAME_HEADER_BYTES, SECTION_HEADER_BYTES, writeRequestSectionHeader } from './frame.ts'
import { FRAME_BYTES_MAX, KEY_BYTES_MAX, VALUE_BYTES_MAX } from './limits.ts'
import { OPERATION_HEAD_BYTES_MAX, type OperationFields, writeHead } from './operation-head.ts'
import { operationRow } from './operations.ts'
import { TextScratch } from './text-scratch.ts'

/** Where a writer's operations begin in its buffer. */
export const OPERATIONS_START = FRAME_HEADER_BYTES + SECTION_HEADER_BYTES

const BUFFER_BYTES_START = 4_096

/** Bytes of the lengths of key and value at most. */
const LENGTHS_BYTES_MAX = 3 + 5

/** Bytes of the longest plain operation before its key: operation byte, key length, value length. */
const PLAIN_HEAD_BYTES_MAX = 1 + LENGTHS_BYTES_MAX

/** Bytes before a key whose length takes one byte. */
const SHORT_KEY_HEAD_BYTES = 2

const NO_BYTES = new Uint8Array(0)

/** One growing section of operations. */
export class SectionWriter {
  /** Operations appended since the last reset. */
  operationCount = 0
  /** Position behind the last operation in `buffer`; `OPERATIONS_START` when there is none. */
  end = OPERATIONS_START
  /** Holds the section. Replaced when it grows: do not keep it across an append. */
  buffer = new Uint8Array(BUFFER_BYTES_START)

  readonly #keyText = new TextScratch()
  readonly #valueText = new TextScratch()

  /** Appends a plain get, delete or exists: its code, with OP_WITH_VERSION or not. Throws KEY_TOO_LARGE. */
  appendBytes(operation: number, key: Uint8Array, keyStart: number, keyEnd: number): void {
    assert(isOfKeyAlone(operation), 'the operation consists of a key alone')
    checkKey(key, keyStart, keyEnd)
    this.#reserve(PLAIN_HEAD_BYTES_MAX + (keyEnd - keyStart))
    this.end = writeKeyOperation(this.buffer, this.end, operation, key, keyStart, keyEnd)
    this.operationCount++
  }

  /** As `appendBytes`, for a key of text. */
  appendString(operation: number, key: string): void {
    if (key.length <= SHORT_TEXT_UNITS_MAX && this.#appendAscii(operation, key)) return
    const text = this.#keyText
    text.encode(key, KEY_BYTES_MAX)
    this.appendBytes(operation, text.bytes, 0, text.end)
  }

  /** Appends a plain set, with OP_WITH_VERSION or not. Throws KEY_TOO_LARGE or VALUE_TOO_LARGE. */
  appendSetBytes(
    operation: number,
    key: Uint8Array,
    keyStart: number,
    keyEnd: number,
    value: Uint8Array,
    valueStart: number,
    valueEnd: number,
  ): void {
    assert((operation & ~OP_WITH_VERSION) === OP_SET, 'the operation is a plain set')
    checkKey(key, keyStart, keyEnd)
    checkValue(value, valueStart, valueEnd)
    this.#reserve(PLAIN_HEAD_BYTES_MAX + (keyEnd - keyStart) + (valueEnd - valueStart))
    const valueAt = writeSetHead(this.buffer, this.end, operation, key, keyStart, keyEnd, valueEnd - valueStart)
    this.end = copyBytes(this.buffer, valueAt, value, valueStart, valueEnd)
    this.operationCount++
  }

  /** As `appendSetBytes`, for a key and a value that may be text. */
  appendSet(operation: number, key: string | Uint8Array, value: string | Uint8Array): void {
    let keyBytes = key
    let keyEnd = key.length
    if (typeof keyBytes === 'string') {
      this.#keyText.encode(keyBytes, KEY_BYTES_MAX)
      keyBytes = this.#keyText.bytes
      keyEnd = this.#keyText.end
    }
    let valueBytes = value
    let valueEnd = value.length
    if (typeof valueBytes === 'string') {
      this.#valueText.encode(valueBytes, VALUE_BYTES_MAX)
      valueBytes = this.#valueText.bytes
      valueEnd = this.#valueText.end
    }
    this.appendSetBytes(operation, keyBytes, 0, keyEnd, valueBytes, 0, valueEnd)
  }

  /**
   * Appends any operation, with options and arguments. The operations of an atomic group are appended behind it, and
   * into the same section. Throws INVALID_ARGUMENT for fields that the operation does not take, that it lacks or that
   * are outside their limits, KEY_TOO_LARGE and VALUE_TOO_LARGE.
   */
  appendOperation(code: number, fields: OperationFields): void {
    const row = operationRow(code)
    if (row?.code !== code) throw new SluiceError('INVALID_ARGUMENT', `there is no operation ${code}`)
    let key = fields.key ?? NO_BYTES
    let keyEnd = key.length
    if (typeof key === 'string') {
      this.#keyText.encode(key, KEY_BYTES_MAX)
      key = this.#keyText.bytes
      keyEnd = this.#keyText.end
    }
    let value = fields.value ?? NO_BYTES
    let valueEnd = value.length
    if (typeof value === 'string') {
      this.#valueText.encode(value, VALUE_BYTES_MAX)
      value = this.#valueText.bytes
      valueEnd = this.#valueText.end
    }
    if (fields.key !== undefined && row.hasKey) checkKey(key, 0, keyEnd)
    checkValue(value, 0, valueEnd)
    this.#reserve(OPERATION_HEAD_BYTES_MAX + LENGTHS_BYTES_MAX + keyEnd + valueEnd)
    let at = writeHead(this.buffer, this.end, row, fields)
    if (row.hasKey) at = writeCompact(this.buffer, at, keyEnd)
    if (row.hasValue) at = writeCompact(this.buffer, at, valueEnd)
    at = copyBytes(this.buffer, at, key, 0, keyEnd)
    this.end = copyBytes(this.buffer, at, value, 0, valueEnd)
    this.operationCount++
  }

  /** Appends an operation that was encoded before: `bytes[start, end)` is one. */
  appendEncoded(bytes: Uint8Array, start: number, end: number): void {
    this.#reserve(end - start)
    this.end = copyBytes(this.buffer, this.end, bytes, start, end)
    this.operationCount++
  }

  /** Writes the section header. The section is `buffer[FRAME_HEADER_BYTES, end)`; call again after a further append. */
  seal(view: number, shard: number, namespace: number): void {
    const sectionBytes = this.end - OPERATIONS_START
    const at = FRAME_HEADER_BYTES
    writeRequestSectionHeader(this.buffer, at, sectionBytes, this.operationCount, view, shard, namespace)
  }

  /** Forgets the operations and keeps the buffer, which must not be on its way to a socket any more. */
  reset(): void {
    this.operationCount = 0
    this.end = OPERATIONS_START
  }

  /** Writes a short key without a detour; false, and nothing appended, when it is empty or not ASCII. */
  #appendAscii(operation: number, key: string): boolean {
    assert(isOfKeyAlone(operation), 'the operation consists of a key alone')
    this.#reserve(SHORT_KEY_HEAD_BYTES + key.length)
    const keyAt = this.end + SHORT_KEY_HEAD_BYTES
    const end = writeAscii(this.buffer, keyAt, key)
    if (end <= keyAt) return false
    this.buffer[this.end] = operation
    this.buffer[this.end + 1] = key.length
    this.end = end
    this.operationCount++
    return true
  }

  #reserve(bytes: number): void {
    if (this.end + bytes > this.buffer.length) this.#grow(this.end + bytes)
  }

  #grow(bytesNeeded: number): void {
    assert(bytesNeeded <= FRAME_BYTES_MAX, 'a section fits a frame: its owner splits batches before')
    let capacity = this.buffer.length
    while (capacity < bytesNeeded) capacity *= 2
    const grown = new Uint8Array(Math.min(capacity, FRAME_BYTES_MAX))
    grown.set(this.buffer.subarray(0, this.end))
    this.buffer = grown
  }
}

function isOfKeyAlone(operation: number): boolean {
  const code = operation & ~OP_WITH_VERSION
  return code === OP_GET || code === OP_EXISTS || code === OP_DELETE
}

// Hot: one call for every read, delete and existence check. Checks and room are the caller's.
function writeKeyOperation(
  buffer: Uint8Array,
  at: number,
  operation: number,
  key: Uint8Array,
  keyStart: number,
  keyEnd: number,
): number {
  buffer[at] = operation
  return copyBytes(buffer, writeCompact(buffer, at + 1, keyEnd - keyStart), key, keyStart, keyEnd)
}

// Hot: one call for every write. Returns where the value goes.
function writeSetHead(
  buffer: Uint8Array,
  at: number,
  operation: number,
  key: Uint8Array,
  keyStart: number,
  keyEnd: number,
  valueBytes: number,
): number {
  buffer[at] = operation
  const valueLengthAt = writeCompact(buffer, at + 1, keyEnd - keyStart)
  return copyBytes(buffer, writeCompact(buffer, valueLengthAt, valueBytes), key, keyStart, keyEnd)
}

function checkKey(key: Uint8Array, start: number, end: number): void {
  if (start < 0 || end > key.length) throw new SluiceError('INVALID_ARGUMENT', 'a key passes the bounds of its bytes')
  const keyBytes = end - start
  if (!(keyBytes >= 1 && keyBytes <= KEY_BYTES_MAX)) {
    throw new SluiceError('KEY_TOO_LARGE', `a key must have 1 to ${KEY_BYTES_MAX} bytes`)
  }
}

function checkValue(value: Uint8Array, start: number, end: number): void {
  if (!(start >= 0 && start <= end && end <= value.length)) {
    throw new SluiceError('INVALID_ARGUMENT', 'a value passes the bounds of its bytes')
  }
  if (end - start > VALUE_BYTES_MAX) {
    throw new SluiceError('VALUE_TOO_LARGE', `a value must have at most ${VALUE_BYTES_MAX} bytes`)
  }
}
