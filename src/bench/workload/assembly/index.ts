// Fills blocks with the operations of one client thread. In WebAssembly because 64-bit integers and powers are slow in
// JavaScript: an operation takes 15 ns instead of 55 (Zipf and decimal keys, measured on an AMD EPYC 9005 in blocks of
// 8,192). That includes 4 ns to write its key, so that a client reads keys in order; looking them up in a table of all
// keys costs it 35 ns in cache misses.
//
// `block.ts` draws a block. Each drawn operation takes two steps of the generator, first for its kind and then for its
// rank, whatever its kind is. The work goes over the block in passes: steps, which depend on each other; then ranks and
// keys, which do not.

import { keysAt, kindsAt, lengthsAt, ranksAt, setKeyStride } from './block.ts'
import { assignInserts, inserted, setInserts } from './inserts.ts'
import { setCounters, setDecimalKeys, setUserKeys, writeKeys } from './keys.ts'
import { addKind, kindOf } from './mix.ts'
import { rankFractions, setHotspot, setLatest, setScrambledZipf, setUniform, setZipf } from './ranks.ts'
import { fraction, step } from './xorshift64.ts'

export { addKind, inserted, setCounters, setDecimalKeys, setInserts, setKeyStride, setUserKeys }
export { setHotspot, setLatest, setScrambledZipf, setUniform, setZipf }

let state: u64 = 1

/** Starts the sequence of a seed, which is not 0. */
export function open(seed: u64): void {
  assert(seed != 0, 'a state of zero would never leave zero')
  state = seed
}

/** Fills the first `count` of a block's `capacity` entries with the next drawn operations. */
export function draw(block: usize, capacity: u32, count: u32): void {
  const kinds = kindsAt(block, capacity)
  // The fractions wait where the keys will be, eight bytes each, whatever keys take.
  const fractions = keysAt(block)
  let current = state
  for (let index: u32 = 0; index < count; index++) {
    current = step(current)
    store<u8>(kinds + index, kindOf(current >> 32))
    current = step(current)
    store<f64>(fractions + (index << 3), fraction(current))
  }
  state = current
  const ranks = ranksAt(block, capacity)
  rankFractions(fractions, ranks, count)
  assignInserts(kinds, ranks, count)
  writeKeys(keysAt(block), ranks, kinds, lengthsAt(block, capacity), count)
}

/** Fills the first `count` of a block's `capacity` entries with operations of one kind on the ranks from `first` on. */
export function enumerate(block: usize, capacity: u32, count: u32, kind: u8, first: u32): void {
  const ranks = ranksAt(block, capacity)
  const kinds = kindsAt(block, capacity)
  memory.fill(kinds, kind, count)
  for (let index: u32 = 0; index < count; index++) store<u32>(ranks + (index << 2), first + index)
  writeKeys(keysAt(block), ranks, kinds, lengthsAt(block, capacity), count)
}
