// Effects: what changed, for whoever keeps a log or a copy. Emitted into a buffer that the host empties, only when it
// asked for them. A record of the stream says all that is needed to bring another engine to the same state: a key with
// its value, version and expiry, a key that is gone, or that everything is gone. docs/EFFECTS.md.
//
//   0 bytes u32   4 kind u8   5 reason u8   6 keyBytes u16   8 version u64   16 expiry u64   24 key, value

import { copyExactly } from './bytes.ts'
import { call } from './call.ts'
import { EFFECT_CLEAR, EFFECT_REMOVE, EFFECT_SET } from './outcomes.ts'
import { Record } from './record.ts'

export const EFFECT_HEADER_BYTES: u32 = 24

let start: usize = 0
let end: usize = 0
let position: usize = 0
/** Whether effects are wanted and not held back by an atomic group that may still be undone. */
export let emitting: bool = false

/** Effects go to [at, at + bytes); 0 bytes: nobody asks. */
export function openEffects(at: usize, bytes: u32): void {
  start = at
  position = at
  end = at + bytes
  emitting = bytes != 0
}

/** Whether anybody asks for effects. */
@inline
export function effectsWanted(): bool {
  return start != end
}

/** Holds effects back, or lets them go again. */
export function holdEffects(held: bool): void {
  emitting = effectsWanted() && !held
}

/** Forgets the effects in the buffer: the host has them. */
export function clearEffects(): void {
  position = start
  call().effectBytes = 0
  call().effectCount = 0
}

/** Whether `count` more effects with keys and values of `bytes` in all fit the buffer; always, when nobody asks. */
@inline
export function hasEffectRoom(count: u32, bytes: u64): bool {
  return !effectsWanted() || <u64>position + bytes + <u64>(count * EFFECT_HEADER_BYTES) <= <u64>end
}

/** Whether the same would fit an empty buffer. */
export function couldHaveEffectRoom(count: u32, bytes: u64): bool {
  return <u64>start + bytes + <u64>(count * EFFECT_HEADER_BYTES) <= <u64>end
}

/** The record is what it is now. */
export function emitSet(record: Record): void {
  const keyAndValue = record.keyBytes + record.valueBytes
  emitHeader(EFFECT_SET, 0, record.keyBytes, record.version, record.expiry, keyAndValue)
  copyExactly(position - keyAndValue, record.key, keyAndValue)
}

/** There is no record under this record's key any more. */
export function emitRemove(record: Record, version: u64, reason: u32): void {
  const keyBytes = <u32>record.keyBytes
  emitHeader(EFFECT_REMOVE, reason, keyBytes, version, 0, keyBytes)
  copyExactly(position - keyBytes, record.key, keyBytes)
}

/** There are no records any more. */
export function emitClear(version: u64): void {
  emitHeader(EFFECT_CLEAR, 0, 0, version, 0, 0)
}

function emitHeader(kind: u32, reason: u32, keyBytes: u32, version: u64, expiry: u64, bodyBytes: u32): void {
  const at = position
  position += EFFECT_HEADER_BYTES + bodyBytes
  assert(position <= end, 'the caller has seen to the room')
  store<u32>(at, EFFECT_HEADER_BYTES + bodyBytes)
  store<u8>(at, kind, 4)
  store<u8>(at, reason, 5)
  store<u16>(at, keyBytes, 6)
  store<u64>(at, version, 8)
  store<u64>(at, expiry, 16)
  const state = call()
  state.effectBytes = <u32>(position - start)
  state.effectCount++
  state.effectPosition++
}
