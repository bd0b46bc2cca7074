// Writes a history as it happens. The trick: an operation is ten words in a block that was allocated once, so recording
// one costs some stores and no allocation; only a full block leaves, through a function that the caller gives.
//
//   writer   header, keys ---------------------------------> sink
//   client   [ client, base | op | op | op |      ] full --> sink
//
// Invariants:
// - a key is written before the first operation on it
// - the bytes that the sink gets are valid until it returns
// - nothing follows the end

import { assert } from '../util/assert.ts'
import { readU32, writeAscii, writeU16, writeU32, writeU64 } from '../util/bytes.ts'
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
  KEY_BYTES_MAX,
  KEY_HEADER_BYTES,
  KEYS_MAX,
  MAGIC,
  NEVER_OFFSET_NS,
  NO_SLOT,
  OPERATION_BYTES,
  WIPE_SLOTS,
} from './format.ts'

/** Takes the next bytes of the file. They are overwritten when it has returned. */
export type HistorySink = (bytes: Uint8Array) => void

/** How a history is written. */
export interface HistoryWriterOptions {
  /** Whether the store may evict records. Default false. */
  readonly evicts?: boolean
  /** Operations of a client that are gathered before they leave. Default 1,600, which is 64 kB. */
  readonly blockOperations?: number
}

const BLOCK_OPERATIONS_DEFAULT = 1_600
const PREFIX_BYTES = BLOCK_HEADER_BYTES + CLIENT_HEADER_BYTES
/** Operations are recorded when they end, so some of a block began before its first: 18 minutes before, at most. */
const BASE_SLACK_NS = 2 ** 40
const RANGE_32 = 2 ** 32

assert(KEYS_MAX <= 2 ** 24, 'a key number leaves room for kind and status in its word')

/** One file. */
export class HistoryWriter {
  readonly #sink: HistorySink
  readonly #blockOperations: number
  readonly #clients = new Set<ClientRecorder>()
  readonly #keyBlock = new Uint8Array(BLOCK_HEADER_BYTES + KEY_HEADER_BYTES + KEY_BYTES_MAX)
  #keyCount = 0
  #isEnded = false

  constructor(sink: HistorySink, options: HistoryWriterOptions = {}) {
    const { evicts = false, blockOperations = BLOCK_OPERATIONS_DEFAULT } = options
    assert(Number.isInteger(blockOperations) && blockOperations >= 1, 'a block holds at least one operation')
    assert(CLIENT_HEADER_BYTES + blockOperations * OPERATION_BYTES <= BLOCK_BYTES_MAX, 'a block has a largest size')
    this.#sink = sink
    this.#blockOperations = blockOperations
    const header = new Uint8Array(FILE_HEADER_BYTES)
    writeAscii(header, 0, MAGIC)
    writeU16(header, 8, FORMAT_VERSION)
    writeU16(header, 10, evicts ? FLAG_EVICTS : 0)
    sink(header)
  }

  /** Names a key, and returns its number. `slot` is what wipes of slots look at. */
  key(bytes: Uint8Array, slot: number = NO_SLOT): number {
    assert(!this.#isEnded, 'nothing is recorded after the end')
    assert(this.#keyCount < KEYS_MAX, 'a history has a largest number of keys')
    assert(bytes.length <= KEY_BYTES_MAX, 'a key has a largest size')
    const payloadBytes = KEY_HEADER_BYTES + bytes.length
    writeBlockHeader(this.#keyBlock, BLOCK_KEYS, payloadBytes)
    writeU16(this.#keyBlock, BLOCK_HEADER_BYTES, slot)
    writeU16(this.#keyBlock, BLOCK_HEADER_BYTES + 2, bytes.length)
    this.#keyBlock.set(bytes, BLOCK_HEADER_BYTES + KEY_HEADER_BYTES)
    this.#sink(this.#keyBlock.subarray(0, BLOCK_HEADER_BYTES + payloadBytes))
    return this.#keyCount++
  }

  /** A client by its number. Several recorders may have one number. */
  client(number: number): ClientRecorder {
    assert(!this.#isEnded, 'nothing is recorded after the end')
    assert(Number.isInteger(number) && number >= 0 && number < CLIENTS_MAX, 'clients have numbers from 0')
    const client = new ClientRecorder(this.#sink, number, this.#blockOperations)
    this.#clients.add(client)
    return client
  }

  /** Writes what is left, and the end without which a file counts as cut off. */
  end(): void {
    assert(!this.#isEnded, 'a history ends once')
    this.#isEnded = true
    let operations = 0
    for (const client of this.#clients) {
      client.flush()
      operations += client.operations
    }
    const end = new Uint8Array(BLOCK_HEADER_BYTES + END_BYTES)
    writeBlockHeader(end, BLOCK_END, END_BYTES)
    writeU64(end, BLOCK_HEADER_BYTES, BigInt(operations))
    this.#sink(end)
  }
}

/** What one client did. */
export class ClientRecorder {
  /** Operations recorded. */
  operations = 0
  readonly #sink: HistorySink
  readonly #bytes: Uint8Array
  readonly #words: Uint32Array
  readonly #longs: BigUint64Array
  readonly #wordsEnd: number
  #at = PREFIX_BYTES / 4
  #baseNs = -1

  constructor(sink: HistorySink, number: number, blockOperations: number) {
    this.#sink = sink
    const buffer = new ArrayBuffer(PREFIX_BYTES + blockOperations * OPERATION_BYTES)
    this.#bytes = new Uint8Array(buffer)
    this.#words = new Uint32Array(buffer)
    this.#longs = new BigUint64Array(buffer)
    this.#wordsEnd = this.#words.length
    writeU32(this.#bytes, BLOCK_HEADER_BYTES, number)
    assert(
      readU32(this.#bytes, BLOCK_HEADER_BYTES) === this.#words[BLOCK_HEADER_BYTES / 4],
      'the machine is little-endian',
    )
  }

  /**
   * Appends an operation. Hot: no allocation.
   * @param key Its number, or NO_KEY.
   * @param status With MORTAL or without.
   * @param value A safe integer: the identity of what was read or written, or the number that resulted.
   * @param invokedNs CLOCK_MONOTONIC before the request was handed over; rounded down.
   * @param returnedNs The same when the reply was read, rounded up; Infinity when none came.
   * @param version The record's, 0 when it is not known.
   * @param argument Compare-and-set: the version expected. Increment: what was added. Wipe of slots: first | last << 16.
   */
  record(
    kind: number,
    status: number,
    key: number,
    value: number,
    invokedNs: number,
    returnedNs: number,
    version = 0n,
    argument = 0n,
  ): void {
    assert(invokedNs >= 0 && invokedNs <= returnedNs && kind <= WIPE_SLOTS, 'an operation ends after it begins')
    let fromNs = Math.floor(invokedNs) - this.#baseNs
    if (this.#at === this.#wordsEnd || this.#baseNs < 0 || fromNs < 0 || fromNs >= NEVER_OFFSET_NS) {
      fromNs = this.#startBlock(Math.floor(invokedNs))
    }
    const toNs = returnedNs === Number.POSITIVE_INFINITY ? NEVER_OFFSET_NS : Math.ceil(returnedNs) - this.#baseNs
    assert(toNs <= NEVER_OFFSET_NS, 'no operation takes three days')
    const at = this.#at
    const words = this.#words
    words[at] = fromNs
    words[at + 1] = toNs
    words[at + 2] = (fromNs / RANGE_32) | 0 | (((toNs / RANGE_32) | 0) << 16)
    words[at + 3] = key | (kind << 24) | (status << 28)
    words[at + 4] = value
    words[at + 5] = Math.floor(value / RANGE_32)
    this.#longs[(at + 6) >> 1] = version
    this.#longs[(at + 8) >> 1] = argument
    this.#at = at + OPERATION_BYTES / 4
    this.operations++
  }

  /** Hands over what was recorded. The writer's end does it too. */
  flush(): void {
    const bytes = this.#at * 4
    this.#at = PREFIX_BYTES / 4
    this.#baseNs = -1
    if (bytes === PREFIX_BYTES) return
    writeBlockHeader(this.#bytes, BLOCK_OPERATIONS, bytes - BLOCK_HEADER_BYTES)
    this.#sink(this.#bytes.subarray(0, bytes))
  }

  /** Returns the operation's offset from the base of the block that it begins. */
  #startBlock(invokedNs: number): number {
    this.flush()
    this.#baseNs = Math.max(0, invokedNs - BASE_SLACK_NS)
    writeU64(this.#bytes, BLOCK_HEADER_BYTES + 8, BigInt(this.#baseNs))
    return invokedNs - this.#baseNs
  }
}

function writeBlockHeader(bytes: Uint8Array, kind: number, payloadBytes: number): void {
  writeU32(bytes, 0, kind)
  writeU32(bytes, 4, payloadBytes)
}
