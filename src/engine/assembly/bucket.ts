// A bucket: one cache line with twelve entries. A lookup compares all tags with one instruction.
//
//   0   tags     12 x u8    8 bits of the hash; 0 marks a free entry
//   12  passed   u8         entries that went by this bucket because it was full, and now stand in a later one
//   13  due      u24        when a record of this bucket may have expired: a tick of DUE_TICK_MS, or 0 for never
//   16  offsets  12 x u32   address of the record; of a free entry: the hash of a key that was evicted from here, or 0
//
// `passed` ends a search early without tombstones: when it is 0, no entry of an earlier or this home stands further
// on. At 255 it sticks until the segment is rebuilt, which costs a longer search and is never wrong.
//
// `due` is never later than the earliest expiry in the bucket that is still to come, and has passed where one has; so a
// sweep reads one word to pass by a bucket. Ticks are
// compared as distances from now, modulo 2^24 (198 days); what lies further ahead than DUE_AHEAD_TICKS is noted as that
// far, looked at then, and noted again.

import { now } from './time.ts'

export const BUCKET_BYTES: u32 = 64
export const BUCKET_ENTRIES: u32 = 12
const ENTRIES_MASK: u32 = (1 << BUCKET_ENTRIES) - 1
const PASSED_STUCK: u32 = 255

/** A tick is 2^10 ms. */
const DUE_TICK_SHIFT: u64 = 10
export const DUE_AHEAD_TICKS: u64 = 1 << 22
const DUE_MASK: u32 = 0xffffff

/** The tick of now. */
@inline
export function tickOfNow(): u64 {
  return now >> DUE_TICK_SHIFT
}

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

/**
 * Remembers the hash of an evicted key in a free entry of its home bucket, if there is one; `turn` chooses among
 * several.
 */
export function setGhost(bucket: usize, hash: u32, turn: u32): void {
  let free = matchFree(bucket)
  if (!free) return
  for (let skip = turn % popcnt(free); skip; skip--) free &= free - 1
  store<u32>(bucket + (ctz(free) << 2), hash, 16)
}

/** Whether an evicted key of this hash is remembered; forgets it. */
export function takeGhost(bucket: usize, hash: u32): bool {
  for (let free = matchFree(bucket); free; free &= free - 1) {
    const at = bucket + (ctz(free) << 2)
    if (load<u32>(at, 16) != hash) continue
    store<u32>(at, 0, 16)
    return true
  }
  return false
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

/**
 * Whether a record of the bucket has expired by now, unless it is gone: its tick is over. Looking earlier would find
 * it alive.
 */
@inline
export function isDue(bucket: usize): bool {
  const due = load<u32>(bucket, 12) >> 8
  return due != 0 && ticksAhead(due) < 0
}

/** Sees to it that the bucket is due no later than this expiry. */
export function noteExpiry(bucket: usize, expiry: u64): void {
  const nowTick = tickOfNow()
  // What has expired is due at once.
  const tick = max(min(expiry >> DUE_TICK_SHIFT, nowTick + DUE_AHEAD_TICKS), nowTick - <u64>(nowTick > 0))
  // 0 is never: a tick earlier is as good.
  const ticks = <u32>tick & DUE_MASK
  const due = ticks ? ticks : DUE_MASK
  const word = load<u32>(bucket, 12)
  const noted = word >> 8
  if (noted && ticksAhead(noted) <= ticksAhead(due)) return
  store<u32>(bucket, (word & 0xff) | (due << 8), 12)
}

/** Whether the bucket is due no later than this expiry, or as late as can be noted: for `checkInvariants`. */
export function isDueBy(bucket: usize, expiry: u64): bool {
  const due = load<u32>(bucket, 12) >> 8
  const nowTick = tickOfNow()
  const tick = min(expiry >> DUE_TICK_SHIFT, nowTick + DUE_AHEAD_TICKS)
  return due != 0 && ticksAhead(due) <= max(<i32>(tick - nowTick), 0)
}

/** Forgets when the bucket is due. */
@inline
export function clearDue(bucket: usize): void {
  store<u32>(bucket, load<u32>(bucket, 12) & 0xff, 12)
}

/** How far a tick lies ahead of now; negative when it has passed. */
@inline
function ticksAhead(due: u32): i32 {
  return <i32>((due - <u32>tickOfNow()) << 8) >> 8
}
