// The keys of a block, as text that ends where the next key's bytes begin:
//
//   decimal    the rank
//   user       "user" and YCSB's hash of the rank, at most 19 digits
//
// and "c:" before them where the operation is on a counter.

import { keyStride } from './block.ts'
import { DIGITS, DIGITS_END, digitsOf, keyLengthOf, textOf } from './digits.ts'
import { fnvHash64 } from './fnv.ts'

/** "user", the first letter in the lowest byte. */
const USER: u32 = 0x7265_7375
const USER_BYTES: u32 = 4

/** No kind: no operation is on a counter. */
const NONE: u8 = 0xff
const PREFIX_BYTES: u32 = 2

let isUser: bool = false
let counterKind: u8 = NONE
let counterPrefix: u16 = 0

export function setDecimalKeys(): void {
  isUser = false
}

export function setUserKeys(): void {
  isUser = true
}

/** The keys of this kind of operation have two letters before them, the first one in the lower byte. */
export function setCounters(kind: u8, prefix: u16): void {
  counterKind = kind
  counterPrefix = prefix
}

export function writeKeys(keys: usize, ranks: usize, kinds: usize, lengths: usize, count: u32): void {
  const stride = keyStride()
  if (isUser) writeUserKeys(keys, stride, ranks, lengths, count)
  else if (stride == DIGITS) writeShortDecimals(keys, ranks, lengths, count)
  else writeDecimals(keys, stride, ranks, lengths, count)
  if (counterKind != NONE) prefixCounters(keys, stride, kinds, lengths, count)
}

/** Ranks of at most eight digits into as many bytes. */
function writeShortDecimals(keys: usize, ranks: usize, lengths: usize, count: u32): void {
  for (let index: u32 = 0; index < count; index++) {
    const digits = digitsOf(load<u32>(ranks + (index << 2)))
    store<u64>(keys + (index << 3), textOf(digits))
    store<u8>(lengths + index, keyLengthOf(digits))
  }
}

function writeDecimals(keys: usize, stride: u32, ranks: usize, lengths: usize, count: u32): void {
  let end = keys
  for (let index: u32 = 0; index < count; index++) {
    end += stride
    store<u8>(lengths + index, writeNumber(end, load<u32>(ranks + (index << 2))))
  }
}

function writeUserKeys(keys: usize, stride: u32, ranks: usize, lengths: usize, count: u32): void {
  let end = keys
  for (let index: u32 = 0; index < count; index++) {
    end += stride
    const length = writeNumber(end, fnvHash64(load<u32>(ranks + (index << 2))))
    store<u32>(end - length - USER_BYTES, USER)
    store<u8>(lengths + index, length + USER_BYTES)
  }
}

/** Writes a number below 10^24 before `end`, zeros in front up to a multiple of eight bytes. Returns its digits. */
@inline
function writeNumber(end: usize, value: u64): u32 {
  const upper = value / DIGITS_END
  const low = digitsOf(<u32>(value - upper * DIGITS_END))
  store<u64>(end - DIGITS, textOf(low))
  if (upper == 0) return keyLengthOf(low)
  const top = upper / DIGITS_END
  const middle = digitsOf(<u32>(upper - top * DIGITS_END))
  store<u64>(end - 2 * DIGITS, textOf(middle))
  if (top == 0) return DIGITS + keyLengthOf(middle)
  const high = digitsOf(<u32>top)
  store<u64>(end - 3 * DIGITS, textOf(high))
  return 2 * DIGITS + keyLengthOf(high)
}

function prefixCounters(keys: usize, stride: u32, kinds: usize, lengths: usize, count: u32): void {
  let end = keys
  for (let index: u32 = 0; index < count; index++) {
    end += stride
    if (load<u8>(kinds + index) != counterKind) continue
    const length = load<u8>(lengths + index) + PREFIX_BYTES
    store<u16>(end - length, counterPrefix)
    store<u8>(lengths + index, length)
  }
}
