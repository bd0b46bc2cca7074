// A bucket: one cache line with twelve entries. A lookup compares all tags with one instruction.
//
//   0   tags     12 x u8    8 bits of the hash; 0 marks a free entry
//   12  passed   u8         entries that went by this bucket because it was full, and now stand in a later one
//   13  zero     3 x u8
//   16  offsets  12 x u32   address of the record
//
// `passed` ends a search early without tombstones: when it is 0, no entry of an earlier or this home stands further
// on. At 255 it sticks until the segment is rebuilt, which costs a longer search and is never wrong.

export const BUCKET_BYTES: u32 = 64
export const BUCKET_ENTRIES: u32 = 12
const ENTRIES_MASK: u32 = (1 << BUCKET_ENTRIES) - 1
const PASSED_STUCK: u32 = 255

/** Bits of the entries whose tag matches. */
@inline
export function matchTag(bucket: usize, tag: u32): u32 {
  return i8x16.bitmask(i8x16.eq(v128.load(bucket), i8x16.splat(<i8>tag))) & ENTRIES_MASK
}

/** Bits of the free entries. */
@inline
export function matchFree(bucket: usize): u32 {
  return i8x16.bitmask(i8x16.eq(v128.load(bucket), i8x16.splat(0))) & ENTRIES_MASK
}

@inline
export function entryTag(bucket: usize, entry: u32): u32 {
  return load<u8>(bucket + entry)
}

@inline
export function entryRecord(bucket: usize, entry: u32): usize {
  return load<u32>(bucket + (entry << 2), 16)
}

@inline
export function setEntry(bucket: usize, entry: u32, tag: u32, record: usize): void {
  store<u8>(bucket + entry, tag)
  store<u32>(bucket + (entry << 2), record, 16)
}

@inline
export function clearEntry(bucket: usize, entry: u32): void {
  store<u8>(bucket + entry, 0)
  store<u32>(bucket + (entry << 2), 0, 16)
}

@inline
export function passedCount(bucket: usize): u32 {
  return load<u8>(bucket, 12)
}

/** Notes that one more entry went by. */
@inline
export function pass(bucket: usize): void {
  const passed = passedCount(bucket)
  if (passed < PASSED_STUCK) store<u8>(bucket, passed + 1, 12)
}

/** Notes that an entry that went by is gone. */
@inline
export function unpass(bucket: usize): void {
  const passed = passedCount(bucket)
  assert(passed > 0, 'an entry that went by was counted')
  if (passed < PASSED_STUCK) store<u8>(bucket, passed - 1, 12)
}
