// Applies a stream of effects to this engine, which becomes equal to the one that emitted them.

import { EXPIRY_MS_MAX, KEY_BYTES_MAX, VALUE_BYTES_MAX } from '../../protocol/limits.ts'
import { allowWork } from './budget.ts'
import { copyExactly } from './bytes.ts'
import { call } from './call.ts'
import { allowMoves, giveRoomBack } from './directory.ts'
import { EFFECT_HEADER_BYTES, emitClear, emitting, hasEffectRoom } from './effects.ts'
import { findRecord } from './find.ts'
import { clearTable } from './garbage.ts'
import { hashKey } from './hash.ts'
import { REQUEST_AT } from './layout.ts'
import { operation } from './operation.ts'
import {
  APPLIED,
  APPLY_EFFECTS_FULL,
  APPLY_LATER,
  APPLY_MALFORMED,
  APPLY_NO_MEMORY,
  EFFECT_CLEAR,
  EFFECT_REMOVE,
  EFFECT_SET,
  EFFECTS_FULL,
  EXECUTED,
  NEEDS_MEMORY,
  REMOVED_BY_DISCARD,
  WRONG_SLOT,
} from './outcomes.ts'
import { giveGarbageBack, RECLAIM_LATER, RECLAIMED } from './reclaim.ts'
import { Record } from './record.ts'
import { place, placed, removeFound, settle } from './table.ts'
import { setNow } from './time.ts'

/** Operations whose budgets one call gets. */
const BUDGET_OPERATIONS: u32 = 8_192

/** Applies the effects in the first `bytes` of the request; `appliedBytes` tells how far it came. */
export function applyEffects(bytes: u32, nowMs: f64): u32 {
  setNow(<u64>nowMs)
  allowMoves(BUDGET_OPERATIONS)
  allowWork(BUDGET_OPERATIONS)
  const end = REQUEST_AT + bytes
  let at: usize = REQUEST_AT
  let result: u32 = APPLIED
  while (at < end && !result) {
    result = isWellFormed(at, end) ? apply(at) : APPLY_MALFORMED
    if (!result) at += load<u32>(at)
  }
  call().appliedBytes = <u32>(at - REQUEST_AT)
  return result
}

/** Whether an effect lies at `at` that ends by `end` and follows those applied before. */
function isWellFormed(at: usize, end: usize): bool {
  if (at + EFFECT_HEADER_BYTES > end) return false
  const bytes = load<u32>(at)
  const kind = <u32>load<u8>(at, 4)
  const keyBytes = <u32>load<u16>(at, 6)
  if (bytes < EFFECT_HEADER_BYTES + keyBytes || bytes > <u32>(end - at)) return false
  const version = load<u64>(at, 8)
  if (version <= call().version || version >> 63 || load<u64>(at, 16) > <u64>EXPIRY_MS_MAX) return false
  const valueBytes = bytes - EFFECT_HEADER_BYTES - keyBytes
  const reason = <u32>load<u8>(at, 5)
  if (reason > (kind == EFFECT_REMOVE ? <u32>REMOVED_BY_DISCARD : 0)) return false
  if (kind != EFFECT_SET && load<u64>(at, 16)) return false
  if (kind == EFFECT_SET) return keyBytes - 1 < <u32>KEY_BYTES_MAX && valueBytes <= <u32>VALUE_BYTES_MAX
  if (kind == EFFECT_REMOVE) return keyBytes > 0 && !valueBytes
  return kind == EFFECT_CLEAR && !keyBytes && !valueBytes
}

function apply(at: usize): u32 {
  const kind = <u32>load<u8>(at, 4)
  const versionBefore = call().version
  // The change takes the next version.
  call().version = load<u64>(at, 8) - 1
  let result: u32
  if (kind == EFFECT_SET) result = applySet(at)
  else if (kind == EFFECT_REMOVE) result = applyRemove(at)
  else result = applyClear()
  if (result) call().version = versionBefore
  return result
}

function applySet(at: usize): u32 {
  const op = operation()
  const version = call().version
  op.keyBytes = load<u16>(at, 6)
  op.key = at + EFFECT_HEADER_BYTES
  op.hash = hashKey(op.key, op.keyBytes)
  op.valueBytes = load<u32>(at) - EFFECT_HEADER_BYTES - op.keyBytes
  const expiry = load<u64>(at, 16)
  let outcome: u32
  let reclaimed = RECLAIMED
  do {
    call().version = version
    outcome = place(findRecord(op.hash, op.key, op.keyBytes), op.valueBytes, expiry, 0)
    // Records are removed when the stream says so: only what was cleared may go.
    if (outcome == NEEDS_MEMORY) reclaimed = giveGarbageBack()
  } while (outcome == NEEDS_MEMORY && reclaimed == RECLAIMED)
  if (outcome == NEEDS_MEMORY) return reclaimed == RECLAIM_LATER ? APPLY_LATER : APPLY_NO_MEMORY
  if (outcome == WRONG_SLOT) return APPLY_MALFORMED
  if (outcome == EFFECTS_FULL) return APPLY_EFFECTS_FULL
  if (outcome != EXECUTED) return APPLY_LATER
  copyExactly(changetype<Record>(placed).value, op.key + op.keyBytes, op.valueBytes)
  settle()
  return APPLIED
}

function applyRemove(at: usize): u32 {
  const keyBytes = <u32>load<u16>(at, 6)
  const key = at + EFFECT_HEADER_BYTES
  const hash = hashKey(key, keyBytes)
  const address = findRecord(hash, key, keyBytes)
  if (!address) return APPLY_MALFORMED
  if (!hasEffectRoom(1, keyBytes)) return APPLY_EFFECTS_FULL
  removeFound(address, hash, load<u8>(at, 5))
  giveRoomBack(hash)
  return APPLIED
}

function applyClear(): u32 {
  if (!hasEffectRoom(1, 0)) return APPLY_EFFECTS_FULL
  if (!clearTable()) return APPLY_LATER
  const version = ++call().version
  if (emitting) emitClear(version)
  return APPLIED
}
