// The sequence in which each client draws its operations.
//
// Operations come in blocks. A block lies in the memory of the WebAssembly module that fills it, as arrays of fields:
// entry i of each array belongs to operation i. It stays as it is until it is filled again, because the replies
// are checked against it. `assembly/block.ts` draws the layout.
//
// Clients insert new records without asking each other: client c of n stores the ranks records + c, records + n + c, and
// so on.

import { assert } from '../../util/assert.ts'
import { seededRandom } from '../../util/random.ts'
import { type DrawingModule, openDrawingModule } from './drawing-module.ts'
import { keyStrideBytesOf, prepareDrawing, RANKS_MAX } from './drawing-setup.ts'
import { KIND_INCREMENT, KIND_INSERT } from './kinds.ts'
import type { WorkloadSpec } from './workload-spec.ts'

/** The most records of a load: their ranks are decimal text of eight bytes. */
export const RECORDS_MAX = 10 ** 8

/** Bytes of an operation in a block beside its key: rank, kind and length of the key. */
const ENTRY_BYTES = 4 + 1 + 1

/** Blocks are aligned to so many bytes. */
const ALIGNMENT_BYTES = 8

/** Some operations, in order. */
export interface OperationBlock {
  /** How many of the entries are operations. */
  count: number
  /** The key of entry i ends at (i + 1) * keyStrideBytes. */
  readonly keys: Uint8Array
  readonly keyStrideBytes: number
  /** Ranks of the records: those of the load from 0 on, then the inserted ones. */
  readonly ranks: Uint32Array
  /** What is done to each, by the table of `kinds.ts`. */
  readonly kinds: Uint8Array
  /** Bytes of the keys. */
  readonly keyLengths: Uint8Array
}

/** What a client's sequence of operations follows from. */
export interface OperationSourceOptions {
  readonly workload: WorkloadSpec
  /** A whole number; the same seed and client give the same sequence. */
  readonly seed: number
  /** Number of the client thread, of so many: each one draws another sequence. */
  readonly client: number
  readonly clientCount: number
  readonly blockCount: number
  /** Operations for which a block has room. */
  readonly blockCapacity: number
}

/** Fills the blocks of one client. */
export class OperationSource {
  /** To be filled again and again. */
  readonly blocks: readonly OperationBlock[]
  readonly #module: DrawingModule
  readonly #workload: WorkloadSpec
  /** Inserts for which this client has ranks. */
  readonly #insertsMax: number

  constructor(options: OperationSourceOptions) {
    const { workload, seed, client, clientCount, blockCount, blockCapacity } = options
    const { records } = workload
    assert(records >= 1 && records <= RECORDS_MAX, 'every rank of the load fits the bytes of a key')
    assert(client < clientCount, 'a client is one of all clients')
    const strideBytes = keyStrideBytesOf(workload)
    const contentBytes = blockCapacity * (strideBytes + ENTRY_BYTES)
    const blockBytes = Math.ceil(contentBytes / ALIGNMENT_BYTES) * ALIGNMENT_BYTES
    this.#workload = workload
    this.#insertsMax = hasKind(workload, KIND_INSERT) ? Math.floor((RANKS_MAX - records - client) / clientCount) : 0
    this.#module = openDrawingModule(blockBytes * blockCount)
    const { exports, buffer, heapStart } = this.#module
    prepareDrawing(exports, workload, client, clientCount)
    exports.open(sequenceSeed(seed, client))
    this.blocks = Array.from({ length: blockCount }, (_, index) => {
      return blockAt(buffer, heapStart + index * blockBytes, blockCapacity, strideBytes)
    })
  }

  /** Fills the block with the next `count` operations of the sequence. */
  draw(block: OperationBlock, count: number): void {
    const { exports } = this.#module
    const capacity = this.#capacityOf(block)
    assert(count <= capacity, 'a block has room for what is drawn')
    if (this.#insertsMax > 0) {
      // The module's 32 bits come as a signed number.
      assert((exports.inserted() >>> 0) + count <= this.#insertsMax, 'ranks of new records fit 32 bits')
    }
    block.count = count
    exports.draw(block.keys.byteOffset, capacity, count)
  }

  /** Fills the block, as far as it goes, with one operation of that kind on each of the ranks [first, end). */
  enumerate(block: OperationBlock, kind: number, first: number, end: number): void {
    const capacity = this.#capacityOf(block)
    const isRoomy = block.keyStrideBytes > ALIGNMENT_BYTES
    assert(isRoomy || end <= RECORDS_MAX, 'every rank fits the bytes of a key')
    assert(kind !== KIND_INCREMENT || hasKind(this.#workload, KIND_INCREMENT), 'the keys of counters have room')
    block.count = Math.min(capacity, end - first)
    this.#module.exports.enumerate(block.keys.byteOffset, capacity, block.count, kind, first)
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

function hasKind({ mix }: WorkloadSpec, kind: number): boolean {
  return (mix[kind] ?? 0) > 0
}

function blockAt(buffer: SharedArrayBuffer, at: number, capacity: number, keyStrideBytes: number): OperationBlock {
  const ranksAt = at + capacity * keyStrideBytes
  const kindsAt = ranksAt + capacity * Uint32Array.BYTES_PER_ELEMENT
  return {
    count: 0,
    keys: new Uint8Array(buffer, at, capacity * keyStrideBytes),
    keyStrideBytes,
    ranks: new Uint32Array(buffer, ranksAt, capacity),
    kinds: new Uint8Array(buffer, kindsAt, capacity),
    keyLengths: new Uint8Array(buffer, kindsAt + capacity, capacity),
  }
}
