// What the clients do: which share of the operations reads, and the sequence in which each client draws them.
//
// Operations come in blocks. A block lies in the memory of the WebAssembly module that fills it, as arrays of fields:
// entry i of each array belongs to operation i. It stays as it is until it is filled again, because the replies
// are checked against it. `assembly/index.ts` draws the layout.

import { assert } from '../../util/assert.ts'
import { seededRandom } from '../../util/random.ts'
import { type DrawingModule, openDrawingModule } from './drawing-module.ts'
import type { ZipfParameters } from './zipf.ts'

/** A block's operation reads its record. */
export const KIND_READ = 0

/** Bytes that each key has in a block; the key itself is at their end. */
export const KEY_STRIDE_BYTES = 8

/** The most records whose ranks fit these bytes as decimal text. */
export const RECORDS_MAX = 10 ** KEY_STRIDE_BYTES

/** Bytes of an operation in a block: key, rank, kind and length of the key. */
const ENTRY_BYTES = KEY_STRIDE_BYTES + 4 + 1 + 1

/** YCSB's workloads by letter: the share of reads; the other operations overwrite whole records. */
export const WORKLOADS = { a: 0.5, b: 0.95, c: 1 } as const

/** The letter of a workload. */
export type WorkloadName = keyof typeof WORKLOADS

/** Some operations, in order. */
export interface OperationBlock {
  /** How many of the entries are operations. */
  count: number
  /** The key of entry i ends at (i + 1) * KEY_STRIDE_BYTES. */
  readonly keys: Uint8Array
  /** Ranks of the records, from 0 for the most frequent one. */
  readonly ranks: Uint32Array
  /** KIND_READ, or anything else for a write. */
  readonly kinds: Uint8Array
  /** Bytes of the keys. */
  readonly keyLengths: Uint8Array
}

/** What a client's sequence of operations follows from. */
export interface OperationSourceOptions {
  readonly zipf: ZipfParameters
  readonly readShare: number
  /** A whole number; the same seed and client give the same sequence. */
  readonly seed: number
  /** Number of the client thread: each one draws another sequence. */
  readonly client: number
  readonly blockCount: number
  /** Operations for which a block has room. */
  readonly blockCapacity: number
}

const RANGE_32 = 2 ** 32

/** Fills the blocks of one client. */
export class OperationSource {
  /** To be filled again and again. */
  readonly blocks: readonly OperationBlock[]
  readonly #module: DrawingModule

  constructor(options: OperationSourceOptions) {
    const { zipf, readShare, seed, client, blockCount, blockCapacity } = options
    assert(zipf.records <= RECORDS_MAX, 'every rank fits the bytes of a key')
    // Aligned for the ranks.
    const blockBytes = Math.ceil((blockCapacity * ENTRY_BYTES) / KEY_STRIDE_BYTES) * KEY_STRIDE_BYTES
    this.#module = openDrawingModule(blockBytes * blockCount)
    const { exports, buffer, heapStart } = this.#module
    exports.setZipf(zipf.records, zipf.zeta, zipf.secondBound, zipf.eta, zipf.alpha)
    exports.open(sequenceSeed(seed, client), BigInt(Math.round(readShare * RANGE_32)))
    this.blocks = Array.from({ length: blockCount }, (_, index) => {
      return blockAt(buffer, heapStart + index * blockBytes, blockCapacity)
    })
  }

  /** Fills the block with the next `count` operations of the sequence. */
  draw(block: OperationBlock, count: number): void {
    const capacity = this.#capacityOf(block)
    assert(count <= capacity, 'a block has room for what is drawn')
    block.count = count
    this.#module.exports.draw(block.keys.byteOffset, capacity, count)
  }

  /** Fills the block, as far as it goes, with writes of the ranks [first, end). */
  enumerate(block: OperationBlock, first: number, end: number): void {
    const capacity = this.#capacityOf(block)
    block.count = Math.min(capacity, end - first)
    this.#module.exports.enumerate(block.keys.byteOffset, capacity, block.count, first)
  }

  #capacityOf(block: OperationBlock): number {
    assert(block.keys.buffer === this.#module.buffer, 'a block is filled by the module whose memory it lies in')
    return block.ranks.length
  }
}

/** Where a client's sequence starts: 64 bits that are never 0, unrelated for neighbouring seeds and clients. */
export function sequenceSeed(seed: number, client: number): bigint {
  const random = seededRandom(seed ^ Math.imul(client + 1, 0x9e37_79b1))
  const high = BigInt(random.next32())
  const low = BigInt((random.next32() | 1) >>> 0)
  return (high << 32n) | low
}

function blockAt(buffer: SharedArrayBuffer, at: number, capacity: number): OperationBlock {
  const ranksAt = at + capacity * KEY_STRIDE_BYTES
  const kindsAt = ranksAt + capacity * Uint32Array.BYTES_PER_ELEMENT
  return {
    count: 0,
    keys: new Uint8Array(buffer, at, capacity * KEY_STRIDE_BYTES),
    ranks: new Uint32Array(buffer, ranksAt, capacity),
    kinds: new Uint8Array(buffer, kindsAt, capacity),
    keyLengths: new Uint8Array(buffer, kindsAt + capacity, capacity),
  }
}
