// The table's hash: Multilinear (Lemire & Kaser, "Strongly universal string hashing is fast", 2014). The key is
// read as 32-bit words, each multiplied with a secret 64-bit word of its own position; the upper half of the sum
// is strongly universal, so no set of keys collides under more than its share of secrets. The length takes part
// as a word, which keeps keys apart that differ only in trailing zero bytes.
//
// Strongly universal speaks of pairs only: under some secrets in a thousand, counters land in clusters. So
// the sum's upper half goes through a fixed bijection (Wellons, "lowbias32", 2018), which keeps the property and
// scatters what is evenly spaced.
//
//   hash, 32 bits:  | directory prefix | place inside the segment ... | tag, 8 bits |

import { SECRET_AT, SECRET_WORDS } from './layout.ts'

let randomState0: u64 = 0
let randomState1: u64 = 0

/** Fills the secret from 32 bytes of seed at `seed`. */
export function setSecret(seed: usize): void {
  randomState0 = load<u64>(seed) ^ load<u64>(seed, 16)
  randomState1 = load<u64>(seed, 8) ^ load<u64>(seed, 24)
  if ((randomState0 | randomState1) == 0) randomState1 = 1
  for (let index: u32 = 0; index < SECRET_WORDS; index++) store<u64>(SECRET_AT + index * 8, nextRandom())
}

/** A pseudo-random number (xoroshiro128++, Blackman & Vigna 2019) of the stream that the secret started. */
export function nextRandom(): u64 {
  const state0 = randomState0
  let state1 = randomState1
  const result = rotl<u64>(state0 + state1, 17) + state0
  state1 ^= state0
  randomState0 = rotl<u64>(state0, 49) ^ state1 ^ (state1 << 21)
  randomState1 = rotl<u64>(state1, 28)
  return result
}

/** The hash of a key of at least one byte. Reads up to seven bytes past its end. */
@inline
export function hashKey(key: usize, bytes: u32): u32 {
  // Short keys go without a loop and without a call: 1 ns less for each operation.
  if (bytes > 16) return hashLongKey(key, bytes)
  let sum = load<u64>(SECRET_AT) + <u64>bytes * load<u64>(SECRET_AT, 8)
  let secret: usize = SECRET_AT + 16
  if (bytes > 8) {
    sum += product(load<u64>(key), secret)
    secret += 16
    key += 8
    bytes -= 8
  }
  return scatter(<u32>((sum + product(lastWords(key, bytes), secret)) >> 32))
}

function hashLongKey(key: usize, bytes: u32): u32 {
  let sum = load<u64>(SECRET_AT) + <u64>bytes * load<u64>(SECRET_AT, 8)
  let secret: usize = SECRET_AT + 16
  for (; bytes > 8; secret += 16, key += 8, bytes -= 8) sum += product(load<u64>(key), secret)
  return scatter(<u32>((sum + product(lastWords(key, bytes), secret)) >> 32))
}

/** Two words of 32 bits, each multiplied with its word of the secret. */
@inline
function product(words: u64, secret: usize): u64 {
  return (words & 0xffffffff) * load<u64>(secret) + (words >> 32) * load<u64>(secret, 8)
}

/** The last one to eight bytes of a key, zeros behind them. */
@inline
function lastWords(key: usize, bytes: u32): u64 {
  return load<u64>(key) & (<u64>-1 >> (64 - (<u64>bytes << 3)))
}

@inline
function scatter(hash: u32): u32 {
  hash = (hash ^ (hash >> 16)) * 0x7feb352d
  hash = (hash ^ (hash >> 15)) * 0x846ca68b
  return hash ^ (hash >> 16)
}

/** The tag of a hash: never 0, which marks a free entry. */
@inline
export function tagOf(hash: u32): u32 {
  const tag = hash & 0xff
  return tag ? tag : 1
}
