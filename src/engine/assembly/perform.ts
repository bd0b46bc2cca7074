// Executes one operation that was taken apart, and answers it. Every case looks before it changes anything: an outcome
// other than EXECUTED means that no record changed and nothing was answered, though an expired one may have been
// removed.

import {
  CONDITION_NONE,
  OP_ADD,
  OP_APPEND,
  OP_CLEAR,
  OP_COUNT,
  OP_DELETE,
  OP_EXISTS,
  OP_EXPIRE,
  OP_GET,
  OP_RANDOM_KEY,
  OP_READ_RANGE,
  OP_SCAN,
  OP_SET,
  OP_WRITE_RANGE,
  OPTION_PREVIOUS,
} from '../../protocol/codes.ts'
import { conditionHolds, writeUnmet } from './condition.ts'
import { hasEffectRoom } from './effects.ts'
import { removeExpired } from './expiry.ts'
import { findRecord } from './find.ts'
import { keepChanges, keeping } from './kept.ts'
import { performAdd, performAppend, performWriteRange } from './modify.ts'
import { Operation, operation } from './operation.ts'
import { EFFECTS_FULL, EXECUTED, STOPPED } from './outcomes.ts'
import { performDelete, performExpire, performSet } from './overwrite.ts'
import { performExists, performGet, performReadRange } from './read.ts'
import { Record } from './record.ts'
import { performClear, performCount, performRandomKey, performScan } from './whole.ts'

/**
 * Executes the present operation. `checksCondition` is false in an atomic group, whose conditions were checked before.
 */
export function perform(checksCondition: bool): u32 {
  const op = operation()
  const code = op.code
  if (code >= <u32>OP_SCAN) return performWhole(op, code)
  let address = findRecord(op.hash, op.key, op.keyBytes)
  if (address && changetype<Record>(address).isExpired) {
    const reads = code == OP_GET || code == OP_EXISTS || code == OP_READ_RANGE
    if (!reads) {
      if (!hasEffectRoom(1, op.keyBytes)) return EFFECTS_FULL
      removeExpired(address, op.hash)
    }
    address = 0
  }
  if (checksCondition && op.condition != CONDITION_NONE && !conditionHolds(op, address)) {
    return writeUnmet(op, address) ? EXECUTED : STOPPED
  }
  // The answer shows the old value after the change: it must not be overwritten in place.
  if (op.has(OPTION_PREVIOUS) && !keeping) keepChanges()
  if (code == OP_GET) return performGet(op, address)
  if (code == OP_SET) return performSet(op, address)
  if (code == OP_DELETE) return performDelete(op, address)
  if (code == OP_EXISTS) return performExists(op, address)
  if (code == OP_EXPIRE) return performExpire(op, address)
  if (code == OP_ADD) return performAdd(op, address)
  if (code == OP_APPEND) return performAppend(op, address)
  if (code == OP_WRITE_RANGE) return performWriteRange(op, address)
  assert(code == OP_READ_RANGE, 'the request was checked')
  return performReadRange(op, address)
}

/** Operations on the table as a whole. */
function performWhole(op: Operation, code: u32): u32 {
  if (code == OP_SCAN) return performScan(op)
  if (code == OP_RANDOM_KEY) return performRandomKey()
  if (code == OP_COUNT) return performCount()
  assert(code == OP_CLEAR, 'an atomic group is executed elsewhere')
  return performClear(op)
}
