// Operations on the table as a whole.

import {
  STATUS_MISSING,
  STATUS_NUMBER,
  STATUS_VALUE,
} from '../../protocol/codes.ts'
import { KEY_BYTES_MAX } from '../../protocol/limits.ts'
import { mayVisit } from './budget.ts'
import { call } from './call.ts'
import { emitClear, emitting, hasEffectRoom } from './effects.ts'
import { clearTable } from './garbage.ts'
import { PAGE_AT, PAGE_BYTES } from './layout.ts'
import { Operation } from './operation.ts'
import { EFFECTS_FULL, EXECUTED, STOPPED } from './outcomes.ts'
import { Record } from './record.ts'
import { hasReplyRoom, writeDone, writeResult, writeStatus } from './result.ts'
import { fillPage, findAnyRecord, metEntries } from './scan.ts'

export function performScan(op: Operation): u32 {
  if (!mayVisit() || !hasReplyRoom(PAGE_BYTES)) return STOPPED
  const bytes = fillPage(load<u64>(op.arguments), load<u32>(op.arguments, 8))
  writeResult(STATUS_VALUE, 0, 0, PAGE_AT, bytes)
  return EXECUTED
}

export function performRandomKey(): u32 {
  if (!mayVisit() || !hasReplyRoom(KEY_BYTES_MAX)) return STOPPED
  const address = findAnyRecord()
  if (!address) {
    // The budget ended among empty segments: another place may be better.
    if (call().recordCount && !metEntries) return STOPPED
    writeStatus(STATUS_MISSING)
    return EXECUTED
  }
  const record = changetype<Record>(address)
  writeResult(STATUS_VALUE, 0, 0, record.key, record.keyBytes)
  return EXECUTED
}

export function performCount(): u32 {
  writeResult(STATUS_NUMBER, 0, call().recordCount, 0, 0)
  return EXECUTED
}

/** The records are absent from here on; their memory follows in slices. */
export function performClear(op: Operation): u32 {
  if (!hasEffectRoom(1, 0)) return EFFECTS_FULL
  if (!clearTable()) return STOPPED
  const version = ++call().version
  if (emitting) emitClear(version)
  writeDone(op.withVersion, version)
  return EXECUTED
}
