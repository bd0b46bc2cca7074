// Atomic groups: all operations take effect together, or none does.
//
//   1. every condition is checked against the table as it is
//   2. the operations are executed in order; replaced blocks are kept, results noted, effects held back
//   3. one that fails takes all of it back; else the results and the effects are written
//
// A group that lacks memory is taken back, memory is reclaimed, and it is tried again: what is evicted for it is
// evicted before it begins, never in its middle.

import {
  STATUS_ABORTED,
  STATUS_NO_MEMORY,
  STATUS_NOT_A_NUMBER,
  STATUS_OK,
  STATUS_TOO_LARGE,
  STATUS_UNMET,
} from '../../protocol/codes.ts'
import { beginCarried, takeCarriedBack } from './budget.ts'
import { call } from './call.ts'
import { emitKept, keptEffectBytes, undoChanges } from './changes.ts'
import { conditionHolds, writeUnmet } from './condition.ts'
import { couldHaveEffectRoom, effectsWanted, hasEffectRoom, holdEffects } from './effects.ts'
import { findRecord } from './find.ts'
import { keepChanges, keptCount } from './kept.ts'
import { operation, readOperation } from './operation.ts'
import { EFFECTS_FULL, EXECUTED, STOPPED } from './outcomes.ts'
import { perform } from './perform.ts'
import { Record } from './record.ts'
import { listedAddress, listedHash } from './request.ts'
import {
  hasHeadRoom,
  hasReplyRoom,
  isReplyFresh,
  pendingBytes,
  recordedStatus,
  replyWasFull,
  RESULT_HEAD_BYTES_MAX,
  startRecording,
  stopRecording,
  writeRecorded,
  writeStatus,
} from './result.ts'

/** Operations of the group whose results are being written; how many were. */
let resultsLeft: u32 = 0
let nextResult: u32 = 0
/** Counters before the group. */
let missesBefore: u64 = 0
let insertsBefore: u64 = 0
let removalsBefore: u64 = 0
let expiredBefore: u64 = 0
/** How far the group came that was executed last. */
export let performedCount: u32 = 0

/** Whether results of a group are still to be written. */
@inline
export function hasAtomicResults(): bool {
  return resultsLeft != 0
}

/**
 * Executes the group of `count` operations behind the section's operation `index`. EXECUTED: the group has its fate,
 * and its results are written by `writeAtomicResults`. Any other outcome: nothing was done.
 */
export function executeAtomic(index: u32, count: u32): u32 {
  // Whatever becomes of the group, its results without values have room: recording counts them from the beginning.
  if (!hasReplyRoom(count * RESULT_HEAD_BYTES_MAX)) return STOPPED
  noteCounters()
  startRecording(count)
  const isMet = checkConditions(index + 1, count)
  if (!isMet) {
    stopRecording()
    return beginResults(STATUS_ABORTED, count)
  }
  startRecording(count)
  keepChanges()
  beginCarried()
  holdEffects(true)
  const outcome = performAll(index + 1, count)
  holdEffects(false)
  let neverFits = replyWasFull && isReplyFresh()
  stopRecording()
  if (outcome == EXECUTED) return commit(count)
  undoGroup()
  if (takeCarriedBack()) neverFits = true
  if (outcome == FAILED) return beginResults(STATUS_ABORTED, count)
  // What does not fit an empty reply, or the work of a whole call, never will.
  return neverFits ? abortAll(STATUS_TOO_LARGE, count) : outcome
}

/** Gives up a group for lack of memory. */
export function abortForMemory(count: u32): u32 {
  return abortAll(STATUS_NO_MEMORY, count)
}

/** Writes results that are noted; false when the slab is full. */
export function writeAtomicResults(): bool {
  while (resultsLeft) {
    if (!hasHeadRoom()) return false
    writeRecorded(nextResult++)
    resultsLeft--
    if (pendingBytes) return false
  }
  return true
}

/** Bytes of the keys and values of the group from the operation on that lacked memory: what it needs at least. */
export function bytesLeft(index: u32, count: u32): u32 {
  let bytes: u32 = 0
  for (let at = performedCount; at < count; at++) {
    readOperation(listedAddress(index + 1 + at), 0)
    bytes += operation().keyBytes + operation().valueBytes
  }
  return bytes
}

/** Inside this file: an operation failed, and its status is noted. */
const FAILED: u32 = 100

/** Checks the conditions of all operations and notes a status for each; false when one does not hold. */
function checkConditions(first: u32, count: u32): bool {
  let isMet = true
  for (let at: u32 = 0; at < count; at++) {
    readOperation(listedAddress(first + at), listedHash(first + at))
    const op = operation()
    let address = findRecord(op.hash, op.key, op.keyBytes)
    if (address && changetype<Record>(address).isExpired) address = 0
    if (conditionHolds(op, address)) {
      writeStatus(STATUS_ABORTED)
      continue
    }
    isMet = false
    if (!writeUnmet(op, address)) writeStatus(STATUS_UNMET)
  }
  return isMet
}

/** Executes all operations; FAILED when one of them noted a failure. */
function performAll(first: u32, count: u32): u32 {
  for (let at: u32 = 0; at < count; at++) {
    readOperation(listedAddress(first + at), listedHash(first + at))
    performedCount = at
    const outcome = hasReplyRoom(0) ? perform(false) : STOPPED
    if (outcome) return outcome
    const status = recordedStatus(at)
    if (status < <u32>STATUS_NOT_A_NUMBER) continue
    noteFailure(at, status, count)
    return FAILED
  }
  return EXECUTED
}

/** Notes that all operations were aborted but one, which has a status of its own. */
function noteFailure(failed: u32, status: u32, count: u32): void {
  startRecording(count)
  for (let at: u32 = 0; at < count; at++) writeStatus(at == failed ? status : STATUS_ABORTED)
}

function commit(count: u32): u32 {
  if (effectsWanted() && !hasEffectRoom(keptCount, keptEffectBytes())) {
    const never = !couldHaveEffectRoom(keptCount, keptEffectBytes())
    undoGroup()
    return never ? abortAll(STATUS_TOO_LARGE, count) : EFFECTS_FULL
  }
  if (effectsWanted()) emitKept()
  return beginResults(STATUS_OK, count)
}

/** Takes the group back: the changes, and what was counted for them. */
function undoGroup(): void {
  undoChanges()
  const state = call()
  state.misses = missesBefore
  state.inserts = insertsBefore
  state.removals = removalsBefore
  state.expired = expiredBefore
}

function noteCounters(): void {
  const state = call()
  missesBefore = state.misses
  insertsBefore = state.inserts
  removalsBefore = state.removals
  expiredBefore = state.expired
}

/** Notes that nothing of the group was done, and why. */
function abortAll(status: u32, count: u32): u32 {
  startRecording(count)
  for (let at: u32 = 0; at < count; at++) writeStatus(STATUS_ABORTED)
  stopRecording()
  return beginResults(status, count)
}

/** Writes the result of the group itself; those of its operations follow. */
function beginResults(status: u32, count: u32): u32 {
  writeStatus(status)
  resultsLeft = count
  nextResult = 0
  return EXECUTED
}
