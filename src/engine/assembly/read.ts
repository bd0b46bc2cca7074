// Operations that change nothing.

import {
  OPTION_WITH_EXPIRY,
  STATUS_MISSING,
  STATUS_OK_EXPIRY,
  STATUS_VALUE,
  STATUS_VALUE_EXPIRY,
  STATUS_VALUE_VERSION,
} from '../../protocol/codes.ts'
import { notesUses } from './admission.ts'
import { call } from './call.ts'
import { Operation } from './operation.ts'
import { EXECUTED, STOPPED } from './outcomes.ts'
import { Record } from './record.ts'
import { hasReplyRoom, writeDone, writeResult, writeStatus } from './result.ts'

/** A get that is not plain, or in an atomic group: execute.ts has the path of the others. */
export function performGet(op: Operation, address: usize): u32 {
  if (!address) {
    call().misses++
    writeStatus(STATUS_MISSING)
    return EXECUTED
  }
  const record = changetype<Record>(address)
  if (!hasReplyRoom(record.valueBytes)) return STOPPED
  if (notesUses()) record.noteUse()
  const plain = op.withVersion ? STATUS_VALUE_VERSION : STATUS_VALUE
  const status = op.has(OPTION_WITH_EXPIRY) ? STATUS_VALUE_EXPIRY : plain
  writeResult(status, record.version, record.expiry, record.value, record.valueBytes)
  return EXECUTED
}

/** Reads the part of a value that lies inside it. */
export function performReadRange(op: Operation, address: usize): u32 {
  if (!address) {
    writeStatus(STATUS_MISSING)
    return EXECUTED
  }
  const record = changetype<Record>(address)
  const valueBytes = record.valueBytes
  const offset = min(load<u32>(op.arguments), valueBytes)
  const bytes = min(load<u32>(op.arguments, 4), valueBytes - offset)
  if (!hasReplyRoom(bytes)) return STOPPED
  if (notesUses()) record.noteUse()
  writeResult(op.withVersion ? STATUS_VALUE_VERSION : STATUS_VALUE, record.version, 0, record.value + offset, bytes)
  return EXECUTED
}

export function performExists(op: Operation, address: usize): u32 {
  if (!address) {
    writeStatus(STATUS_MISSING)
    return EXECUTED
  }
  const record = changetype<Record>(address)
  if (op.has(OPTION_WITH_EXPIRY)) writeResult(STATUS_OK_EXPIRY, record.version, record.expiry, 0, 0)
  else writeDone(op.withVersion, record.version)
  return EXECUTED
}
