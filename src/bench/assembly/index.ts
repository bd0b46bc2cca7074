// Fills blocks with the operations of one client thread. In WebAssembly because 64-bit integers and a power are slow in
// JavaScript: 19 ns for an operation instead of 55 (measured on an AMD EPYC 9005, blocks of 8,192). Keys are
// written here too, 2 ns, so that a client reads them in order; a look into a table of all keys misses caches: 35 ns.
//
// A block holds arrays of fields; entry i of each belongs to operation i:
//
//   keys       8 bytes  decimal text of the rank, right-aligned
//   ranks      u32
//   kinds      u8       0 a read, 1 a write
//   keyLengths u8       bytes of the key
//
// Each drawn operation takes two steps of the generator, first for its kind and then for its rank.

import { digitsOf, keyLengthOf, textOf } from './key.ts'
import { fraction, step } from './xorshift64.ts'
import { rankOf, setZipf } from './zipf.ts'

export { setZipf }

const KIND_WRITE: u8 = 1

let state: u64 = 1
let readBound: u64 = 0

/** Starts the sequence of a seed, which is not 0. An operation is a read when its 32 bits lie below `bound`. */
export function open(seed: u64, bound: u64): void {
  assert(seed != 0, 'a state of zero would never leave zero')
  state = seed
  readBound = bound
}

/** Fills a block of `capacity` operations with the next drawn ones. */
export function draw(block: usize, capacity: u32): void {
  const kinds = kindsOf(block, capacity)
  let current = state
  for (let index: u32 = 0; index < capacity; index++) {
    current = step(current)
    store<u8>(kinds + index, <u8>(current >> 32 >= readBound))
    current = step(current)
    setRank(block, capacity, index, rankOf(fraction(current)))
  }
  state = current
}

/** Fills the first `count` entries of a block with writes of the ranks from `first` on. */
export function enumerate(block: usize, capacity: u32, count: u32, first: u32): void {
  memory.fill(kindsOf(block, capacity), KIND_WRITE, count)
  for (let index: u32 = 0; index < count; index++) setRank(block, capacity, index, first + index)
}

@inline
function setRank(block: usize, capacity: u32, index: u32, rank: u32): void {
  const digits = digitsOf(rank)
  store<u64>(block + (index << 3), textOf(digits))
  store<u32>(block + (capacity << 3) + (index << 2), rank)
  store<u8>(kindsOf(block, capacity) + capacity + index, keyLengthOf(digits))
}

@inline
function kindsOf(block: usize, capacity: u32): usize {
  return block + (capacity << 3) + (capacity << 2)
}
