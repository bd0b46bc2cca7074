// The last pass: executes a checked section in order, one operation after the other, within the call's limits.

import {
  OP_ATOMIC,
  OP_DELETE,
  OP_EXISTS,
  OP_GET,
  OP_SET,
  OP_WITH_VERSION,
  STATUS_MISSING,
  STATUS_NO_MEMORY,
} from '../../protocol/codes.ts'
import { notesUses } from './admission.ts'
import {
  abortForMemory,
  bytesLeft,
  executeAtomic,
  hasAtomicResults,
  performedCount,
  writeAtomicResults,
} from './atomic.ts'
import { allowWork, chargeVisits } from './budget.ts'
import { call } from './call.ts'
import { releaseKept } from './changes.ts'
import { runCommon } from './common.ts'
import { allowMoves, giveRoomBack } from './directory.ts'
import { discard, isDiscarding } from './discard.ts'
import { sweepExpired, sweepOwed } from './expiry.ts'
import { findRecord } from './find.ts'
import { collectGarbage, hasGarbage } from './garbage.ts'
import { GROUP_STEPS, loadGroup } from './group.ts'
import { heapChanges } from './heap.ts'
import { keeping } from './kept.ts'
import { operation, readOperation } from './operation.ts'
import { EFFECTS_FULL, EXECUTED, NEEDS_MEMORY, SLAB_FULL, STOPPED } from './outcomes.ts'
import { perform } from './perform.ts'
import { reclaim, RECLAIM_EFFECTS_FULL, RECLAIM_LATER, RECLAIMED } from './reclaim.ts'
import { Record } from './record.ts'
import { nextRepeatSection } from './repeats.ts'
import { lengthEnd, listedAddress, listedHash, readLength } from './request.ts'
import {
  allowReply,
  closeSlab,
  hasHeadRoom,
  hasReplyRoom,
  openSlab,
  pendingBytes,
  position,
  writePending,
  writeRepeat,
  writeStatus,
  writeValue,
} from './result.ts'
import { neededBytes } from './table.ts'
import { setNow } from './time.ts'

/** Cleared entries given back in each call: so many, and one more for each operation or bucket. */
const GARBAGE_BASE: u32 = 512

let operationCount: u32 = 0
/** The group in flight: position of its first operation, its length, and the operation whose turn it is. */
let groupFirst: u32 = 0
let groupEnd: u32 = 0
let next: u32 = 0
/** `heapChanges` when the group was looked up. */
let groupChanges: u32 = 0

/** Executes the `count` staged operations that `checkOperations` approved, at time `nowMs`. */
export function execute(count: u32, nowMs: f64, at: usize, end: usize): u32 {
  setNow(<u64>nowMs)
  allowReply()
  allowMoves(count)
  allowWork(count)
  operationCount = count
  groupFirst = 0
  groupEnd = 0
  next = 0
  nextRepeatSection()
  return resume(at, end)
}

/** Continues a section after SLAB_FULL or EFFECTS_FULL. */
export function resume(at: usize, end: usize): u32 {
  openSlab(at, end)
  const before = next
  const outcome = finishResults() ? run() : SLAB_FULL
  closeSlab()
  if (outcome == EXECUTED) tidy()
  const state = call()
  state.resultCount = next
  state.operations += next - before
  state.position = <u32>position
  return outcome
}

/**
 * Passes `buckets` buckets of the index for expired records, and, within a budget of their own, for those of slots that
 * were taken away; gives a slice of what was cleared back.
 */
export function maintain(nowMs: f64, buckets: u32): void {
  setNow(<u64>nowMs)
  allowMoves(0)
  allowWork(0)
  sweepExpired(buckets)
  if (hasGarbage()) collectGarbage(GARBAGE_BASE + buckets)
  if (!isDiscarding()) return
  allowMoves(0)
  allowWork(0)
  discard(buckets)
}

/** Writes on what did not fit into the slab before; false when this one is too short as well. */
function finishResults(): bool {
  if (pendingBytes && !writePending()) return false
  if (hasAtomicResults() && !writeAtomicResults()) return false
  if (keeping) releaseKept()
  return true
}

function run(): u32 {
  while (true) {
    const outcome = runGroup()
    if (outcome) return outcome
    if (next == operationCount) return EXECUTED
    groupFirst = next
    groupEnd = min(next + GROUP_STEPS, operationCount)
    groupChanges = heapChanges
    loadGroup(groupFirst, groupEnd - groupFirst)
  }
}

/** Executes the rest of the group, as far as slab and budgets go. */
function runGroup(): u32 {
  while (next < groupEnd) {
    // The hints hold as long as nothing was moved or freed, which no common operation does.
    if (heapChanges == groupChanges) {
      next = runCommon(groupFirst, next, groupEnd)
      if (next == groupEnd) return EXECUTED
    }
    if (!hasHeadRoom()) return SLAB_FULL
    if (!hasReplyRoom(0)) return STOPPED
    const at = listedAddress(next)
    const byte = <u32>load<u8>(at)
    const outcome = (byte & ~OP_WITH_VERSION) == OP_GET ? executeGet(at, byte) : executeOther(at)
    if (outcome) return outcome
    // The last value may go on in another slab; the operation itself is done.
    if (pendingBytes) return SLAB_FULL
  }
  return EXECUTED
}

// A plain get that `runCommon` left over. EXECUTED, and `next` stepped on, or nothing done.
function executeGet(at: usize, byte: u32): u32 {
  const keyBytes = readLength(at + 1)
  const key = lengthEnd
  const address = findRecord(listedHash(next), key, keyBytes)
  const record = changetype<Record>(address)
  if (!address || record.isExpired) {
    call().misses++
    writeStatus(STATUS_MISSING)
    next++
    return EXECUTED
  }
  if (notesUses()) record.noteUse()
  const withVersion = byte >> 7
  if (!writeRepeat(record, withVersion, next)) {
    if (!hasReplyRoom(record.valueBytes)) return STOPPED
    writeValue(record, withVersion)
  }
  next++
  return EXECUTED
}

/** Any other operation, or an atomic group. EXECUTED, and `next` stepped on, or nothing done. */
function executeOther(at: usize): u32 {
  let round: u32 = 0
  let reached: u32 = 0
  while (true) {
    readOperation(at, listedHash(next))
    const op = operation()
    const members: u32 = op.code == OP_ATOMIC ? load<u16>(op.arguments) : 0
    const code = op.code
    const outcome = members ? executeAtomic(next, members) : perform(true)
    if (outcome == EXECUTED) return stepOver(code, members)
    if (keeping) releaseKept()
    if (outcome != NEEDS_MEMORY) return outcome
    if (members) {
      // A group is executed again as a whole, so it has as many tries as long as it comes further.
      chargeVisits(performedCount)
      if (performedCount > reached) round = 0
      reached = performedCount
    }
    const groupBytes = members && !round ? bytesLeft(next, members) : 0
    const reclaimed = reclaim(neededBytes, groupBytes, round++)
    if (reclaimed == RECLAIMED) continue
    if (reclaimed == RECLAIM_EFFECTS_FULL) return EFFECTS_FULL
    if (reclaimed == RECLAIM_LATER) return STOPPED
    if (members) abortForMemory(members)
    else writeStatus(STATUS_NO_MEMORY)
    return stepOver(code, members)
  }
}

/** Steps on behind an operation, or behind an atomic group whose results it writes as far as the slab goes. */
function stepOver(code: u32, members: u32): u32 {
  countOperation(code)
  if (code == OP_DELETE) giveRoomBack(listedHash(next))
  for (let member: u32 = 1; member <= members; member++) {
    const hash = listedHash(next + member)
    readOperation(listedAddress(next + member), hash)
    countOperation(operation().code)
    if (operation().code == OP_DELETE) giveRoomBack(hash)
  }
  next += 1 + members
  // The hints of a group of steps are for its own operations: after a long atomic group there are none.
  if (next > groupEnd) groupEnd = next
  if (members && !writeAtomicResults()) return SLAB_FULL
  if (keeping && !pendingBytes) releaseKept()
  return EXECUTED
}

/** Counts an operation; gets follow from the others. */
function countOperation(code: u32): void {
  const state = call()
  if (code == OP_SET) state.sets++
  else if (code == OP_DELETE) state.deletes++
  else if (code == OP_EXISTS) state.exists++
  else if (code != OP_GET) state.others++
}

/** The small tasks that follow a section. */
function tidy(): void {
  sweepOwed()
  if (hasGarbage()) collectGarbage(GARBAGE_BASE + operationCount)
}
