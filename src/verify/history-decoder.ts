// Reads a file of a history from bytes that arrive in pieces. Untrusted: whatever the bytes are, the decoder takes them or
// throws INVALID_ARGUMENT with the position, and is dead then. It holds one block at most, and a history grows only by
// what was really there: a length that a file claims allocates nothing.

import { ByteWindow } from '../util/byte-window.ts'
import { readU8, readU16, readU32, readU64 } from '../util/bytes.ts'
import { SluiceError } from '../util/errors.ts'
import {
  BLOCK_BYTES_MAX,
  BLOCK_END,
  BLOCK_HEADER_BYTES,
  BLOCK_KEYS,
  BLOCK_OPERATIONS,
  CLIENT_HEADER_BYTES,
  CLIENTS_MAX,
  END_BYTES,
  FILE_HEADER_BYTES,
  FLAG_EVICTS,
  FORMAT_VERSION,
  KEY_HEADER_BYTES,
  MAGIC,
  NEVER_OFFSET_NS,
  NO_KEY,
  OPERATION_BYTES,
  READ,
  STATUS_BITS_MAX,
  STATUS_MASK,
  TIME_SPAN_NS_MAX,
  UNKNOWN,
  UNMET,
  WIPE,
  WIPE_SLOTS,
  WRITE,
} from './format.ts'
import type { History } from './history.ts'

const RANGE_32 = 2 ** 32

/** Adds one file to a history. */
export class HistoryDecoder {
  readonly #history: History
  readonly #window = new ByteWindow()
  /** Numbers in the history, by numbers in the file. */
  readonly #keys: number[] = []
  readonly #clients = new Map<number, number>()
  #consumedBytes = 0
  #operations = 0
  #state: 'header' | 'blocks' | 'ended' | 'dead' = 'header'

  constructor(history: History) {
    this.#history = history
  }

  /** Takes the next bytes of the file, which are the decoder's from then on. */
  push(chunk: Uint8Array): void {
    if (this.#state === 'dead') throw fileError('the file was refused before')
    this.#window.push(chunk)
    try {
      while (this.#next()) {}
    } catch (error) {
      this.#state = 'dead'
      throw error
    }
  }

  /** Says that no bytes follow. */
  end(): void {
    if (this.#state === 'dead') throw fileError('the file was refused before')
    const state = this.#state
    this.#state = 'dead'
    if (state !== 'ended') throw fileError('the file is cut off: what is missing would look like lost writes')
  }

  #next(): boolean {
    if (this.#state === 'ended') {
      if (this.#window.unreadBytes > 0) throw this.#error('bytes follow the end')
      return false
    }
    if (this.#state === 'header') return this.#readHeader()
    if (!this.#has(BLOCK_HEADER_BYTES)) return false
    const { bytes, at } = this.#window
    const kind = readU32(bytes, at)
    const payloadBytes = readU32(bytes, at + 4)
    if (kind < BLOCK_KEYS || kind > BLOCK_END) throw this.#error(`there is no block of kind ${kind}`)
    if (payloadBytes > BLOCK_BYTES_MAX) throw this.#error(`a block of ${payloadBytes} bytes is too large`)
    if (!this.#has(BLOCK_HEADER_BYTES + payloadBytes)) return false
    const start = this.#window.at + BLOCK_HEADER_BYTES
    const end = start + payloadBytes
    if (kind === BLOCK_KEYS) this.#readKeys(start, end)
    else if (kind === BLOCK_OPERATIONS) this.#readOperations(start, end)
    else this.#readEnd(start, end)
    this.#consume(BLOCK_HEADER_BYTES + payloadBytes)
    return true
  }

  #readHeader(): boolean {
    if (!this.#has(FILE_HEADER_BYTES)) return false
    const { bytes, at } = this.#window
    for (let index = 0; index < MAGIC.length; index++) {
      if (readU8(bytes, at + index) !== MAGIC.charCodeAt(index)) throw this.#error('this is no history')
    }
    const version = readU16(bytes, at + 8)
    if (version !== FORMAT_VERSION) throw this.#error(`format version ${version} is not known, only ${FORMAT_VERSION}`)
    const flags = readU16(bytes, at + 10)
    if ((flags & ~FLAG_EVICTS) !== 0 || readU32(bytes, at + 12) !== 0) throw this.#error('unknown flags in the header')
    if ((flags & FLAG_EVICTS) !== 0) this.#history.evicts = true
    this.#consume(FILE_HEADER_BYTES)
    this.#state = 'blocks'
    return true
  }

  #readKeys(start: number, end: number): void {
    const { bytes } = this.#window
    for (let at = start; at < end; ) {
      const keyAt = at + KEY_HEADER_BYTES
      const keyEnd = keyAt + readU16(bytes, at + 2)
      if (keyAt > end || keyEnd > end) throw this.#error('a key does not end inside its block')
      const number = this.#history.keyNumber(bytes.slice(keyAt, keyEnd), readU16(bytes, at))
      if (number === undefined || this.#keys.length === NO_KEY) throw this.#error('there are too many keys')
      this.#keys.push(number)
      at = keyEnd
    }
  }

  #readOperations(start: number, end: number): void {
    const { bytes } = this.#window
    const first = start + CLIENT_HEADER_BYTES
    if (first > end || (end - first) % OPERATION_BYTES !== 0) throw this.#error('a block ends inside an operation')
    if (readU32(bytes, start + 4) !== 0) throw this.#error('unknown flags of a client')
    const client = this.#clientNumber(readU32(bytes, start))
    const baseNs = this.#relativeNs(readU64(bytes, start + 8))
    for (let at = first; at < end; at += OPERATION_BYTES) {
      const highs = readU32(bytes, at + 8)
      const fromNs = readU32(bytes, at) + (highs & 0xffff) * RANGE_32
      const toNs = readU32(bytes, at + 4) + (highs >>> 16) * RANGE_32
      const word = this.#checkedWord(readU32(bytes, at + 12))
      if (fromNs > toNs || fromNs === NEVER_OFFSET_NS) throw this.#error('an operation ends before it begins')
      const isUnknown = ((word >>> 28) & STATUS_MASK) === UNKNOWN
      if (toNs === NEVER_OFFSET_NS && !isUnknown) throw this.#error('an operation whose outcome is known has no end')
      // Whatever time an unknown outcome was given up at, it may take effect later.
      const returnedNs = isUnknown ? Number.POSITIVE_INFINITY : baseNs + toNs
      const isKept = this.#history.append(word, client, baseNs + fromNs, returnedNs, bytes, at + 16)
      if (!isKept) throw this.#error('there are too many operations')
      this.#operations++
    }
  }

  /** The word of key, kind and status, with the key's number in the history. */
  #checkedWord(word: number): number {
    const kind = (word >>> 24) & 15
    const bits = word >>> 28
    const status = bits & STATUS_MASK
    if (kind < READ || kind > WIPE_SLOTS) throw this.#error(`there is no operation of kind ${kind}`)
    if (bits > STATUS_BITS_MAX) throw this.#error('unknown flags of an operation')
    const isWipe = kind >= WIPE
    if (status === UNMET && (isWipe || kind === WRITE)) throw this.#error('a write or a wipe cannot be unmet')
    const key = word & NO_KEY
    if (isWipe) {
      if (key !== NO_KEY) throw this.#error('a wipe has no key')
      return word
    }
    const number = this.#keys[key]
    if (number === undefined) throw this.#error(`key ${key} is used before it is named`)
    return (number | (kind << 24) | (bits << 28)) >>> 0
  }

  #readEnd(start: number, end: number): void {
    if (end - start !== END_BYTES) throw this.#error('the end has another length')
    const claimed = readU64(this.#window.bytes, start)
    if (claimed !== BigInt(this.#operations)) {
      throw this.#error(`${this.#operations} operations were read, and the end says ${claimed}`)
    }
    this.#state = 'ended'
  }

  #clientNumber(number: number): number {
    const known = this.#clients.get(number)
    if (known !== undefined) return known
    const { clients } = this.#history
    if (clients === CLIENTS_MAX) throw this.#error('there are too many clients')
    this.#clients.set(number, clients)
    this.#history.clients = clients + 1
    return clients
  }

  #relativeNs(baseNs: bigint): number {
    this.#history.baseNs ??= baseNs - BigInt(TIME_SPAN_NS_MAX)
    const relativeNs = baseNs - this.#history.baseNs
    if (relativeNs < 0n || relativeNs > BigInt(2 * TIME_SPAN_NS_MAX)) {
      throw this.#error('its times are weeks away from the others: are these histories of one machine?')
    }
    return Number(relativeNs)
  }

  #has(bytes: number): boolean {
    while (this.#window.end - this.#window.at < bytes) {
      if (!this.#window.extend(bytes)) return false
    }
    return true
  }

  #consume(bytes: number): void {
    this.#window.advance(this.#window.at + bytes)
    this.#consumedBytes += bytes
  }

  #error(message: string): SluiceError {
    return fileError(`at byte ${this.#consumedBytes}: ${message}`)
  }
}

function fileError(message: string): SluiceError {
  return new SluiceError('INVALID_ARGUMENT', message)
}
