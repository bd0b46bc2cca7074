// YCSB's hash of a number: the 64-bit FNV-1a hash (Fowler, Noll and Vo) of its eight bytes, the lowest first, made
// non-negative (`Utils.fnvhash64` of YCSB 0.17). It is no bijection of the numbers below some bound.

const OFFSET_BASIS: u64 = 0xcbf2_9ce4_8422_2325
const PRIME: u64 = 0x0000_0100_0000_01b3

/** Each of the four upper bytes of a rank is 0, so that all they do is multiply. */
const PRIME_4: u64 = PRIME * PRIME * PRIME * PRIME

/** The hash, below 2^63. */
@inline
export function fnvHash64(rank: u32): u64 {
  let hash = (OFFSET_BASIS ^ <u64>(rank & 0xff)) * PRIME
  hash = (hash ^ <u64>((rank >> 8) & 0xff)) * PRIME
  hash = (hash ^ <u64>((rank >> 16) & 0xff)) * PRIME
  hash = (hash ^ <u64>(rank >> 24)) * PRIME
  const signed = <i64>(hash * PRIME_4)
  return <u64>select<i64>(-signed, signed, signed < 0)
}
