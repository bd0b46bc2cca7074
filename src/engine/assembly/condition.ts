// Whether an operation's condition holds for the record that is there.

import {
  CONDITION_ABSENT,
  CONDITION_HAS_EXPIRY,
  CONDITION_LATER,
  CONDITION_NO_EXPIRY,
  CONDITION_NONE,
  CONDITION_PRESENT,
  CONDITION_VERSION,
  OPTION_PREVIOUS,
  STATUS_UNMET,
  STATUS_UNMET_VALUE,
  STATUS_UNMET_VALUE_VERSION,
  STATUS_UNMET_VERSION,
} from '../../protocol/codes.ts'
import { Operation } from './operation.ts'
import { Record } from './record.ts'
import { hasReplyRoom, writeResult, writeStatus } from './result.ts'

/** Whether the condition of `op` holds; `address` is the live record under its key, or 0. */
export function conditionHolds(op: Operation, address: usize): bool {
  const condition = op.condition
  if (condition == CONDITION_NONE) return true
  if (condition == CONDITION_ABSENT) return !address
  if (!address) return false
  const record = changetype<Record>(address)
  if (condition == CONDITION_PRESENT) return true
  if (condition == CONDITION_VERSION) return record.version == op.version
  const expiry = record.expiry
  if (condition == CONDITION_NO_EXPIRY) return !expiry
  if (condition == CONDITION_HAS_EXPIRY) return expiry != 0
  if (condition == CONDITION_LATER) return expiry != 0 && op.expiry > expiry
  return !expiry || op.expiry < expiry
}

/** Answers that the condition did not hold; false when the frame has no room for the answer. */
export function writeUnmet(op: Operation, address: usize): bool {
  if (!address || !(op.withVersion || op.has(OPTION_PREVIOUS))) {
    writeStatus(STATUS_UNMET)
    return true
  }
  const record = changetype<Record>(address)
  if (!op.has(OPTION_PREVIOUS)) {
    writeResult(STATUS_UNMET_VERSION, record.version, 0, 0, 0)
    return true
  }
  if (!hasReplyRoom(record.valueBytes)) return false
  const status = op.withVersion ? STATUS_UNMET_VALUE_VERSION : STATUS_UNMET_VALUE
  writeResult(status, record.version, 0, record.value, record.valueBytes)
  return true
}
