// Redis commands as clients send them: an array of bulk strings each. What of a command is the same for every call is
// encoded once, as a head that holds the array's length and the first arguments; the others are appended to it.
//
//   head      *3 $3 SET            encodeCommandHead(3, 'SET')
//   argument        $5 key:1       appendArgument(bytes, start, end)
//   argument        $2 42          appendIntegerArgument(42)
//
// The caller sees to it that a head is followed by as many arguments as it promises: checking that would cost a field
// for each command, and a server answers a wrong one with an error.
//
// This folder is the Redis protocol without any I/O: it knows neither sockets nor timers.

import { assert } from '../util/assert.ts'
import { copyBytes, encodeUtf8 } from '../util/bytes.ts'
import { DIGIT_0, decimalDigits } from '../util/decimal.ts'
import { GrowingBytes } from '../util/growing-bytes.ts'

const CR = 0x0d
const LF = 0x0a
const DOLLAR = 0x24

/** Bytes of a bulk string beside its contents: `$`, at most ten digits, and two line ends. */
const BULK_OVERHEAD_BYTES = 1 + 10 + 2 + 2

/** What a command begins with: `count` elements in all, of which `words` are the first. */
export function encodeCommandHead(count: number, ...words: readonly string[]): Uint8Array {
  assert(words.length >= 1 && words.length <= count, 'a command has a name, and no more words than elements')
  return encodeUtf8(`*${count}\r\n${bulkTexts(words)}`)
}

/** Arguments that are the same for every call and stand behind others. */
export function encodeArguments(...words: readonly string[]): Uint8Array {
  return encodeUtf8(bulkTexts(words))
}

/** Appends commands to bytes that it owns. */
export class RespWriter extends GrowingBytes {
  /** Appends what `encodeCommandHead` or `encodeArguments` made. */
  appendEncoded(encoded: Uint8Array): void {
    this.append(encoded, 0, encoded.length)
  }

  /** Appends `source[start, end)` as an argument. */
  appendArgument(source: Uint8Array, start: number, end: number): void {
    const argumentBytes = end - start
    this.reserve(argumentBytes + BULK_OVERHEAD_BYTES)
    const at = this.#appendBulkLength(argumentBytes)
    const { bytes } = this
    this.used = writeLineEnd(bytes, copyBytes(bytes, at, source, start, end))
  }

  /** Appends a whole number from 0 as an argument. */
  appendIntegerArgument(value: number): void {
    const digits = decimalDigits(value)
    this.reserve(digits + BULK_OVERHEAD_BYTES)
    this.#appendBulkLength(digits)
    this.appendDecimal(value)
    this.used = writeLineEnd(this.bytes, this.used)
  }

  /** Appends `$`, the length and the line end, for which there is room, and returns the position behind. */
  #appendBulkLength(bulkBytes: number): number {
    const { bytes, used } = this
    bytes[used] = DOLLAR
    // The usual keys: one or two digits, without the loop.
    if (bulkBytes < 10) {
      bytes[used + 1] = DIGIT_0 + bulkBytes
      this.used = used + 2
    } else if (bulkBytes < 100) {
      const tens = (bulkBytes / 10) | 0
      bytes[used + 1] = DIGIT_0 + tens
      bytes[used + 2] = DIGIT_0 + bulkBytes - 10 * tens
      this.used = used + 3
    } else {
      this.used = used + 1
      this.appendDecimal(bulkBytes)
    }
    this.used = writeLineEnd(this.bytes, this.used)
    return this.used
  }
}

function writeLineEnd(bytes: Uint8Array, at: number): number {
  bytes[at] = CR
  bytes[at + 1] = LF
  return at + 2
}

function bulkTexts(words: readonly string[]): string {
  return words.map((word) => `$${encodeUtf8(word).length}\r\n${word}\r\n`).join('')
}
