// Where a block's fields lie. A block holds arrays of fields; entry i of each belongs to operation i:
//
//   keys       8, 16, 24 or 32 bytes  text, right-aligned
//   ranks      u32
//   kinds      u8                     by the table of `../kinds.ts`
//   keyLengths u8                     bytes of the key

let keyStrideBytes: u32 = 8

/** Bytes that every key has in a block: a multiple of 8, so that the ranks behind them are aligned. */
export function setKeyStride(bytes: u32): void {
  assert((bytes & 7) == 0, 'ranks are aligned')
  keyStrideBytes = bytes
}

@inline
export function keyStride(): u32 {
  return keyStrideBytes
}

@inline
export function keysAt(block: usize): usize {
  return block
}

@inline
export function ranksAt(block: usize, capacity: u32): usize {
  return block + capacity * keyStrideBytes
}

@inline
export function kindsAt(block: usize, capacity: u32): usize {
  return ranksAt(block, capacity) + (capacity << 2)
}

@inline
export function lengthsAt(block: usize, capacity: u32): usize {
  return kindsAt(block, capacity) + capacity
}
