// Fills blocks with the operations of one client thread. In WebAssembly because 64-bit integers and powers are slow in
// JavaScript: an operation takes 15 ns instead of 55 (measured on an AMD EPYC 9005 in blocks of 8,192). That includes
// 4 ns to write its key, so that a client reads keys in order; looking them up in a table of all keys costs it 35 ns in
// cache misses.
//
// A block holds arrays of fields; entry i of each belongs to operation i:
//
//   keys       8 bytes  decimal text of the rank, right-aligned
//   ranks      u32
//   kinds      u8       0 a read, 1 a write
//   keyLengths u8       bytes of the key
//
// Each drawn operation takes two steps of the generator, first for its kind and then for its rank. The work goes over
// the block in passes: steps, which depend on each other; then ranks and keys, which do not.

import { digitsOf, keyLengthOf, textOf } from './key.ts'
import { fraction, step } from './xorshift64.ts'
import { ranksOf, setZipf } from './zipf.ts'

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

/** Fills the first `count` of a block's `capacity` entries with the next drawn operations. */
export function draw(block: usize, capacity: u32, count: u32): void {
  const kinds = kindsAt(block, capacity)
  let current = state
  for (let index: u32 = 0; index < count; index++) {
    current = step(current)
    store<u8>(kinds + index, <u8>(current >> 32 >= readBound))
    current = step(current)
    // The fraction waits where the key will be.
    store<f64>(block + (index << 3), fraction(current))
  }
  state = current
  rankFractions(block, capacity, count)
  writeKeys(block, capacity, count)
}

/** Fills the first `count` of a block's `capacity` entries with writes of the ranks from `first` on. */
export function enumerate(block: usize, capacity: u32, count: u32, first: u32): void {
  const ranks = ranksAt(block, capacity)
  memory.fill(kindsAt(block, capacity), KIND_WRITE, count)
  for (let index: u32 = 0; index < count; index++) store<u32>(ranks + (index << 2), first + index)
  writeKeys(block, capacity, count)
}

/** Ranks from the fractions that lie in the place of the keys. */
function rankFractions(block: usize, capacity: u32, count: u32): void {
  const ranks = ranksAt(block, capacity)
  const even = count & ~1
  for (let index: u32 = 0; index < even; index += 2) {
    v128.store64_lane(ranks + (index << 2), ranksOf(v128.load(block + (index << 3))), 0)
  }
  if (even < count) v128.store32_lane(ranks + (even << 2), ranksOf(v128.load64_splat(block + (even << 3))), 0)
}

function writeKeys(block: usize, capacity: u32, count: u32): void {
  const ranks = ranksAt(block, capacity)
  const lengths = kindsAt(block, capacity) + capacity
  for (let index: u32 = 0; index < count; index++) {
    const digits = digitsOf(load<u32>(ranks + (index << 2)))
    store<u64>(block + (index << 3), textOf(digits))
    store<u8>(lengths + index, keyLengthOf(digits))
  }
}

@inline
function ranksAt(block: usize, capacity: u32): usize {
  return block + (capacity << 3)
}

@inline
function kindsAt(block: usize, capacity: u32): usize {
  return ranksAt(block, capacity) + (capacity << 2)
}
