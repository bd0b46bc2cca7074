// The last pass: executes a checked section in order, one operation after the other, within the frame's limits.

import {
  OP_CODE_MASK,
  OP_DELETE,
  OP_EXISTS,
  OP_GET,
  OP_SET,
  OP_WITH_VERSION,
  STATUS_MISSING,
  STATUS_NO_MEMORY,
} from '../../protocol/codes.ts'
import { equalBytes } from './bytes.ts'
import { call } from './call.ts'
import { allowMoves } from './directory.ts'
import { loadGroup } from './group.ts'
import { heapChanges } from './heap.ts'
import { REQUEST_AT } from './layout.ts'
import { EXECUTED, SLAB_FULL, STOPPED, WRONG_SLOT } from './outcomes.ts'
import { Record } from './record.ts'
import { nextRepeatSection } from './repeats.ts'
import {
  allowReply,
  closeSlab,
  hasHeadRoom,
  hasReplyRoom,
  openSlab,
  pendingBytes,
  position,
  writeDone,
  writePending,
  writeRepeat,
  writeStatus,
  writeValue,
} from './result.ts'
import { GROUP_STEPS, Step, stepAt } from './step.ts'
import { CHANGE_DONE, CHANGE_LATER, CHANGE_NO_MEMORY, CHANGE_WRONG_SLOT, findRecord, removeRecord, writeRecord } from './table.ts'

let requestPosition: usize = 0
let operationsLeft: u32 = 0
/** Position in the section of the group's first operation. */
let groupFirst: u32 = 0
let stepCount: u32 = 0
let stepIndex: u32 = 0
let groupChanges: u32 = 0

/** Starts a frame: gives it its budgets. */
export function beginFrame(): void {
  allowReply()
  allowMoves()
}

/** Executes the `count` staged operations that `checkOperations` approved. */
export function execute(count: u32, at: usize, end: usize): u32 {
  requestPosition = REQUEST_AT
  operationsLeft = count
  groupFirst = 0
  stepCount = 0
  stepIndex = 0
  nextRepeatSection()
  return resume(at, end)
}

/** Continues a section after SLAB_FULL. */
export function resume(at: usize, end: usize): u32 {
  openSlab(at, end)
  const before = groupFirst + stepIndex
  const outcome = !pendingBytes || writePending() ? run() : SLAB_FULL
  closeSlab()
  const state = call()
  state.resultCount = groupFirst + stepIndex
  state.operations += state.resultCount - before
  state.position = <u32>position
  return outcome
}

function run(): u32 {
  while (true) {
    const outcome = runGroup()
    if (outcome) return outcome
    if (!operationsLeft) return EXECUTED
    groupFirst += stepCount
    stepCount = min(operationsLeft, GROUP_STEPS)
    operationsLeft -= stepCount
    stepIndex = 0
    groupChanges = heapChanges
    requestPosition = loadGroup(requestPosition, stepCount)
  }
}

/** Executes the rest of the group, as far as slab and budgets go. */
function runGroup(): u32 {
  const count = stepCount
  for (let index = stepIndex; index < count; index++) {
    const outcome = hasHeadRoom() ? executeStep(stepAt(index), groupFirst + index) : SLAB_FULL
    if (!outcome) continue
    stepIndex = index
    return outcome
  }
  stepIndex = count
  // The last value may go on in another slab; the operation itself is done.
  return pendingBytes ? SLAB_FULL : EXECUTED
}

/** Executes one operation and writes its result; anything but EXECUTED means that nothing was done. */
function executeStep(step: Step, index: u32): u32 {
  const code = step.operation & OP_CODE_MASK
  const withVersion: u32 = step.operation & OP_WITH_VERSION ? 1 : 0
  if (!hasReplyRoom(0)) return STOPPED
  if (code == OP_GET) return executeGet(step, withVersion, index)
  if (code == OP_SET) return executeSet(step, withVersion)
  if (code == OP_DELETE) return executeDelete(step, withVersion)
  assert(code == OP_EXISTS, 'the request was checked')
  return executeExists(step, withVersion)
}

/** The record of a step's key: the hint when nothing moved and its key is the one, else a fresh look. */
@inline
function lookUp(step: Step): usize {
  const hint = step.record
  if (hint && heapChanges == groupChanges) {
    const record = changetype<Record>(hint)
    if (record.keyBytes == step.keyBytes && equalBytes(record.key, step.key, step.keyBytes)) return hint
  }
  return findRecord(step.hash, step.key, step.keyBytes)
}

function executeGet(step: Step, withVersion: u32, index: u32): u32 {
  const address = lookUp(step)
  if (!address) {
    call().misses++
    writeStatus(STATUS_MISSING)
    return EXECUTED
  }
  const record = changetype<Record>(address)
  if (writeRepeat(record, withVersion, index)) return EXECUTED
  if (!hasReplyRoom(record.valueBytes)) return STOPPED
  writeValue(record, withVersion)
  return EXECUTED
}

function executeSet(step: Step, withVersion: u32): u32 {
  const change = writeRecord(lookUp(step), step)
  if (change == CHANGE_DONE) {
    writeDone(withVersion, call().version)
  } else if (change == CHANGE_NO_MEMORY) {
    writeStatus(STATUS_NO_MEMORY)
  } else {
    assert(change == CHANGE_LATER || change == CHANGE_WRONG_SLOT, 'nothing else can come of a write')
    return change == CHANGE_LATER ? STOPPED : WRONG_SLOT
  }
  call().sets++
  return EXECUTED
}

function executeDelete(step: Step, withVersion: u32): u32 {
  call().deletes++
  if (removeRecord(step.hash, step.key, step.keyBytes)) writeDone(withVersion, call().version)
  else writeStatus(STATUS_MISSING)
  return EXECUTED
}

function executeExists(step: Step, withVersion: u32): u32 {
  call().exists++
  const address = lookUp(step)
  if (address) writeDone(withVersion, changetype<Record>(address).version)
  else writeStatus(STATUS_MISSING)
  return EXECUTED
}
