// Operations whose new value follows from the old one. They keep the record's expiry; theirs is for a new one.

import {
  STATUS_NOT_A_NUMBER,
  STATUS_NUMBER,
  STATUS_NUMBER_VERSION,
  STATUS_OVERFLOW,
  STATUS_TOO_LARGE,
} from '../../protocol/codes.ts'
import { VALUE_BYTES_MAX } from '../../protocol/limits.ts'
import { chargeCarried, mayCarry } from './budget.ts'
import { copyExactly } from './bytes.ts'
import { formatNumber, numberBytes, parsed, parseNumber } from './number.ts'
import { Operation } from './operation.ts'
import { EXECUTED, STOPPED } from './outcomes.ts'
import { finish } from './overwrite.ts'
import { Record } from './record.ts'
import { writeResult, writeStatus } from './result.ts'
import { place, placed } from './table.ts'

/** `address` is the live record that `findRecord` has just found under the key, or 0; so in all functions here. */
export function performAdd(op: Operation, address: usize): u32 {
  const delta = load<i64>(op.arguments)
  let present: i64 = 0
  let expiry = op.expiry
  if (address) {
    const record = changetype<Record>(address)
    if (!parseNumber(record.value, record.valueBytes)) return fail(STATUS_NOT_A_NUMBER)
    present = parsed
    expiry = record.expiry
  }
  const sum = present + delta
  // The sum has another sign than both of its terms only when it went past 64 bits.
  if (((present ^ sum) & (delta ^ sum)) < 0) return fail(STATUS_OVERFLOW)
  const bytes = numberBytes(sum)
  const outcome = place(address, bytes, expiry, 0)
  if (outcome) return outcome
  const record = changetype<Record>(placed)
  formatNumber(sum, record.value, bytes)
  finish(record, address, address ? 0 : expiry)
  writeNumber(op, sum)
  return EXECUTED
}

export function performAppend(op: Operation, address: usize): u32 {
  const oldBytes = address ? changetype<Record>(address).valueBytes : 0
  return writeAt(op, address, oldBytes)
}

export function performWriteRange(op: Operation, address: usize): u32 {
  const offset = load<u32>(op.arguments)
  if (!op.valueBytes) {
    const present = address ? changetype<Record>(address) : null
    writeResult(
      op.withVersion && present ? STATUS_NUMBER_VERSION : STATUS_NUMBER,
      present ? present.version : 0,
      present ? present.valueBytes : 0,
      0,
      0,
    )
    return EXECUTED
  }
  return writeAt(op, address, offset)
}

/** Writes the operation's value at `offset` of the record's, with zero bytes between when that is shorter. */
function writeAt(op: Operation, address: usize, offset: u32): u32 {
  if (<u64>offset + op.valueBytes > <u64>VALUE_BYTES_MAX) return fail(STATUS_TOO_LARGE)
  const oldBytes = address ? changetype<Record>(address).valueBytes : 0
  const end = offset + op.valueBytes
  const filledBytes = offset > oldBytes ? offset - oldBytes : 0
  if (!mayCarry(filledBytes)) return STOPPED
  const expiry = address ? changetype<Record>(address).expiry : op.expiry
  const outcome = place(address, max(oldBytes, end), expiry, oldBytes)
  if (outcome) return outcome
  const record = changetype<Record>(placed)
  const value = record.value
  if (address && placed != address) copyExactly(value, changetype<Record>(address).value, oldBytes)
  if (filledBytes) memory.fill(value + oldBytes, 0, filledBytes)
  chargeCarried(filledBytes)
  copyExactly(value + offset, op.value, op.valueBytes)
  finish(record, address, address ? 0 : expiry)
  writeNumber(op, record.valueBytes)
  return EXECUTED
}

function writeNumber(op: Operation, value: i64): void {
  const version = changetype<Record>(placed).version
  writeResult(op.withVersion ? STATUS_NUMBER_VERSION : STATUS_NUMBER, version, value, 0, 0)
}

function fail(status: u32): u32 {
  writeStatus(status)
  return EXECUTED
}
