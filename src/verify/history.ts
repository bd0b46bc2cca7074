// All operations of a history in memory, found by key. The trick: records of six longs in pieces that are never moved, and
// one counting sort of their positions by key when all have been read. 52 bytes an operation, whatever the keys are.
//
//   long     0         1         2        3          4           5
//            invoked   returned  value    version    argument    word (key | kind << 24 | status << 28), client
//
// Invariants:
// - times are exact integers, relative to `baseNs`; a reply that never came has Infinity
// - keys are equal when their bytes are, whichever file names them
// - nothing is appended after `sortByKey`

import { assert } from '../util/assert.ts'
import { readU32 } from '../util/bytes.ts'
import { KEYS_MAX, NO_KEY, OPERATIONS_MAX, WIPE } from './format.ts'

/** Operations of a piece. */
const PIECE_OPERATIONS = 1 << 14
const PIECE_SHIFT = 14
const OPERATION_LONGS = 6

/** Bytes of memory for each operation: its record, and its place in the order by key. */
export const OPERATION_MEMORY_BYTES = 8 * OPERATION_LONGS + 4

/** A part of the records, as floats and as words. */
interface Piece {
  readonly floats: Float64Array
  readonly words: Uint32Array
}

/** What was recorded, of all files together. */
export class History {
  /** Whether the store could evict. */
  evicts = false
  operations = 0
  clients = 0
  /** CLOCK_MONOTONIC that relative times start from; undefined before the first operation. */
  baseNs: bigint | undefined
  readonly keyBytes: Uint8Array[] = []
  readonly #keySlots: number[] = []
  readonly #keyNumbers = new Map<string, number>()
  readonly #pieces: Piece[] = []
  /** Positions of wipes, which concern many keys. */
  readonly wipes: number[] = []
  #starts = new Uint32Array(0)
  #order = new Uint32Array(0)

  get keys(): number {
    return this.keyBytes.length
  }

  /** The number of a key, new or not. The bytes are kept; undefined when there are too many. */
  keyNumber(bytes: Uint8Array, slot: number): number | undefined {
    const name = nameOf(bytes)
    const known = this.#keyNumbers.get(name)
    if (known !== undefined) return known
    const number = this.keyBytes.length
    if (number === KEYS_MAX) return undefined
    this.#keyNumbers.set(name, number)
    this.keyBytes.push(bytes)
    this.#keySlots.push(slot)
    return number
  }

  /** The slot of a key. */
  slotOf(key: number): number {
    const slot = this.#keySlots[key]
    assert(slot !== undefined, 'the slot of a known key is asked for')
    return slot
  }

  /** Appends the operation whose words from the value on lie at `at`. False when there are too many. */
  append(word: number, client: number, invokedNs: number, returnedNs: number, bytes: Uint8Array, at: number): boolean {
    const position = this.operations
    if (position === OPERATIONS_MAX) return false
    const offset = position & (PIECE_OPERATIONS - 1)
    if (offset === 0) this.#pieces.push(newPiece())
    const { floats, words } = this.#piece(position)
    const float = offset * OPERATION_LONGS
    floats[float] = invokedNs
    floats[float + 1] = returnedNs
    for (let index = 0; index < 6; index++) words[2 * (float + 2) + index] = readU32(bytes, at + 4 * index)
    words[2 * (float + 5)] = word
    words[2 * (float + 5) + 1] = client
    if (((word >>> 24) & 15) >= WIPE) this.wipes.push(position)
    this.operations++
    return true
  }

  /** Finds the operations of each key. Once, when all have been appended. */
  sortByKey(): void {
    const starts = new Uint32Array(this.keys + 2)
    for (let position = 0; position < this.operations; position++) {
      const key = this.keyAt(position)
      if (key !== NO_KEY) starts[key + 2] = (starts[key + 2] as number) + 1
    }
    for (let key = 2; key < starts.length; key++) starts[key] = (starts[key] as number) + (starts[key - 1] as number)
    const order = new Uint32Array(this.operations)
    for (let position = 0; position < this.operations; position++) {
      const key = this.keyAt(position)
      if (key === NO_KEY) continue
      const place = starts[key + 1] as number
      order[place] = position
      starts[key + 1] = place + 1
    }
    this.#starts = starts
    this.#order = order
  }

  /** Positions of a key's operations, in the order of the files. Valid after `sortByKey`. */
  positionsOf(key: number): Uint32Array {
    assert(this.#starts.length === this.keys + 2, 'operations are found after they were sorted by key')
    return this.#order.subarray(this.#starts[key], this.#starts[key + 1])
  }

  invokedNs(position: number): number {
    return this.#piece(position).floats[floatOf(position)] as number
  }

  returnedNs(position: number): number {
    return this.#piece(position).floats[floatOf(position) + 1] as number
  }

  /** One of the words from the value on: value, version, argument, low word first; then the key's word and the client. */
  word(position: number, index: number): number {
    return this.#piece(position).words[2 * (floatOf(position) + 2) + index] as number
  }

  keyAt(position: number): number {
    return this.word(position, 6) & NO_KEY
  }

  #piece(position: number): Piece {
    // The cast is the invariant of every caller: positions are below `operations`. A check for each read would show.
    return this.#pieces[position >>> PIECE_SHIFT] as Piece
  }
}

assert(1 << PIECE_SHIFT === PIECE_OPERATIONS, 'the shift says which piece a position is in')

function floatOf(position: number): number {
  return (position & (PIECE_OPERATIONS - 1)) * OPERATION_LONGS
}

function newPiece(): Piece {
  const floats = new Float64Array(PIECE_OPERATIONS * OPERATION_LONGS)
  return { floats, words: new Uint32Array(floats.buffer) }
}

/** A string for each sequence of bytes, and another one for every other. */
function nameOf(bytes: Uint8Array): string {
  let name = ''
  for (const byte of bytes) name += String.fromCharCode(byte)
  return name
}
