// Operations that write, remove or date a record as a whole.

import {
  OPTION_KEEP_EXPIRY,
  OPTION_PREVIOUS,
  STATUS_MISSING,
  STATUS_VALUE,
  STATUS_VALUE_VERSION,
} from '../../protocol/codes.ts'
import { notesUses } from './admission.ts'
import { copyExactly } from './bytes.ts'
import { call } from './call.ts'
import { hasEffectRoom } from './effects.ts'
import { oweSweep } from './expiry.ts'
import { Operation } from './operation.ts'
import { EFFECTS_FULL, EXECUTED, REMOVED_BY_DELETE, STOPPED } from './outcomes.ts'
import { Record } from './record.ts'
import { hasReplyRoom, writeDone, writeResult, writeStatus } from './result.ts'
import { place, placed, removeFound, settle } from './table.ts'

/** `address` is the live record that `findRecord` has just found under the key, or 0; so in all functions here. */
export function performSet(op: Operation, address: usize): u32 {
  if (!hasRoomForPrevious(op, address)) return STOPPED
  const kept = address && op.has(OPTION_KEEP_EXPIRY) ? changetype<Record>(address).expiry : 0
  const expiry = kept ? kept : op.expiry
  const outcome = place(address, op.valueBytes, expiry, 0)
  if (outcome) return outcome
  const record = changetype<Record>(placed)
  copyExactly(record.value, op.value, op.valueBytes)
  finish(record, address, expiry)
  writeChanged(op, address)
  return EXECUTED
}

export function performDelete(op: Operation, address: usize): u32 {
  if (!address) {
    writeStatus(STATUS_MISSING)
    return EXECUTED
  }
  if (!hasRoomForPrevious(op, address)) return STOPPED
  if (!hasEffectRoom(1, op.keyBytes)) return EFFECTS_FULL
  removeFound(address, op.hash, REMOVED_BY_DELETE)
  call().removals++
  writeChanged(op, address)
  return EXECUTED
}

/** Gives the record an expiry, or takes it away. */
export function performExpire(op: Operation, address: usize): u32 {
  if (!address) {
    writeStatus(STATUS_MISSING)
    return EXECUTED
  }
  if (!hasRoomForPrevious(op, address)) return STOPPED
  const valueBytes = changetype<Record>(address).valueBytes
  const outcome = place(address, valueBytes, op.expiry, valueBytes)
  if (outcome) return outcome
  const record = changetype<Record>(placed)
  if (placed != address) copyExactly(record.value, changetype<Record>(address).value, valueBytes)
  finish(record, address, op.expiry)
  writeChanged(op, address)
  return EXECUTED
}

/**
 * Ends the write of a record, in place of `old` or 0, whose value is filled in. `expiry` is what it was given, or 0.
 */
export function finish(record: Record, old: usize, expiry: u64): void {
  if (expiry) oweSweep()
  // To come is not to be used.
  if (old && notesUses()) record.noteUse()
  settle()
}

/** Whether the frame has room for the value before the change, when it is asked for. */
@inline
function hasRoomForPrevious(op: Operation, address: usize): bool {
  return !op.has(OPTION_PREVIOUS) || !address || hasReplyRoom(changetype<Record>(address).valueBytes)
}

/** Answers a change: with the value before it, when that is asked for and there was one. `old` is kept until then. */
function writeChanged(op: Operation, old: usize): void {
  const version = call().version
  if (!op.has(OPTION_PREVIOUS) || !old) {
    writeDone(op.withVersion, version)
    return
  }
  const record = changetype<Record>(old)
  const status = op.withVersion ? STATUS_VALUE_VERSION : STATUS_VALUE
  writeResult(status, version, 0, record.value, record.valueBytes)
}
