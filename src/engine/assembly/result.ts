// Writes results into the reply slab (docs/PROTOCOL.md, "Result"). A value may end in the next slab; everything
// before it never does. While `recording`, results are noted instead, to be written when an atomic group has its fate.

import {
  STATUS_NUMBER,
  STATUS_NUMBER_VERSION,
  STATUS_OK,
  STATUS_OK_EXPIRY,
  STATUS_OK_VERSION,
  STATUS_REPEAT,
  STATUS_UNMET_VALUE,
  STATUS_UNMET_VALUE_VERSION,
  STATUS_UNMET_VERSION,
  STATUS_VALUE,
  STATUS_VALUE_EXPIRY,
  STATUS_VALUE_VERSION,
} from '../../protocol/codes.ts'
import { ATOMIC_OPS_MAX, REPLY_BYTES_MAX } from '../../protocol/limits.ts'
import { copyOverrunning } from './bytes.ts'
import { call } from './call.ts'
import { RECORDED_AT, RECORDED_BYTES } from './layout.ts'
import { Record } from './record.ts'
import { noteResult, repeatDistance, repeatEntry } from './repeats.ts'

/** Bytes that a result may need before its value: status, compact length, expiry and version; rounded up. */
export const RESULT_HEAD_BYTES_MAX: u32 = 24

/** Where the next result byte goes. */
export let position: usize = 0
/** Where this call's results began, and the end of the slab's usable bytes. */
let slabStart: usize = 0
let slabEnd: usize = 0
/** Bytes of the last value that did not fit into the slab. */
export let pendingBytes: u32 = 0
let pendingSource: usize = 0
/** Result bytes that the call may still write, counted from `slabStart`. */
let replyLeft: u32 = 0
/** Whether a result was refused for lack of room since recording started. */
export let replyWasFull: bool = false
/** Whether a repeated result may be answered by reference. */
export let repeatsAllowed: bool = true

/** Results noted and not written; and the bytes that they will take at the most. */
let recording: bool = false
let recordedCount: u32 = 0
let recordedBytes: u32 = 0

/** A noted result. */
@unmanaged
class Recorded {
  status: u32
  valueBytes: u32
  source: usize
  version: u64
  /** Expiry or number. */
  extra: u64
}

/** Whether repeated results may be answered by reference. */
export function openResults(repeats: bool): void {
  repeatsAllowed = repeats
  pendingBytes = 0
}

/** Starts a section's results. */
export function allowReply(): void {
  replyLeft = REPLY_BYTES_MAX
  assert(!pendingBytes, 'the section before was finished')
}

/** Continues at `at`, in a slab whose usable bytes end at `end`. */
export function openSlab(at: usize, end: usize): void {
  position = at
  slabStart = at
  slabEnd = end
}

/** Charges the frame for what was written since `openSlab`. */
export function closeSlab(): void {
  const written = <u32>(position - slabStart)
  assert(written <= replyLeft, 'what was written was allowed')
  replyLeft -= written
}

/** Where results must end: the slab's end, or that of what the frame may write. */
@inline
export function resultsEnd(): usize {
  return min(slabEnd, slabStart + replyLeft)
}

/** Notes that results were written up to `at`. */
@inline
export function advanceTo(at: usize): void {
  position = at
}

/** Whether the slab has room for a result without a value, or for the head of one with a value. */
@inline
export function hasHeadRoom(): bool {
  return position + RESULT_HEAD_BYTES_MAX <= slabEnd
}

/** Whether the frame may write one more result with a value of this length. */
export function hasReplyRoom(valueBytes: u32): bool {
  const fits = <u32>(position - slabStart) + recordedBytes + valueBytes + RESULT_HEAD_BYTES_MAX <= replyLeft
  if (!fits) replyWasFull = true
  return fits
}

/** Whether nothing of the reply has been written or noted yet: what does not fit now never will. */
export function isReplyFresh(): bool {
  return replyLeft == REPLY_BYTES_MAX && position == slabStart
}

/** A status alone. */
@inline
export function writeStatus(status: u32): void {
  if (recording) {
    record(status, 0, 0, 0, 0)
    return
  }
  store<u8>(position, status)
  position++
}

/** A write's or a check's success, with the version when the operation asked for it. */
export function writeDone(withVersion: u32, version: u64): void {
  if (withVersion) writeResult(STATUS_OK_VERSION, version, 0, 0, 0)
  else writeStatus(STATUS_OK)
}

/** A result of any shape but a repeat. `extra` is its expiry or number. */
export function writeResult(status: u32, version: u64, extra: u64, source: usize, valueBytes: u32): void {
  if (recording) {
    record(status, version, extra, source, valueBytes)
    return
  }
  store<u8>(position, status)
  let at = position + 1
  const hasValue =
    status == STATUS_VALUE ||
    status == STATUS_VALUE_VERSION ||
    status == STATUS_VALUE_EXPIRY ||
    status == STATUS_UNMET_VALUE ||
    status == STATUS_UNMET_VALUE_VERSION
  if (hasValue) at = writeCompact(at, valueBytes)
  if (status == STATUS_OK_EXPIRY || status == STATUS_VALUE_EXPIRY) at = write64(at, extra)
  const hasVersion =
    status == STATUS_OK_VERSION ||
    status == STATUS_VALUE_VERSION ||
    status == STATUS_OK_EXPIRY ||
    status == STATUS_VALUE_EXPIRY ||
    status == STATUS_NUMBER_VERSION ||
    status == STATUS_UNMET_VERSION ||
    status == STATUS_UNMET_VALUE_VERSION
  if (hasVersion) at = write64(at, version)
  if (status == STATUS_NUMBER || status == STATUS_NUMBER_VERSION) at = write64(at, extra)
  position = at
  if (hasValue) writeBody(source, valueBytes)
}

/** The distance to the same result, when there is one and it is shorter than the value; else false. */
@inline
export function writeRepeat(record: Record, withVersion: u32, resultIndex: u32): bool {
  if (!repeatsAllowed) return false
  const entry = repeatEntry(changetype<usize>(record))
  const distance = repeatDistance(entry, record.version, withVersion, resultIndex)
  noteResult(entry, record.version, withVersion, resultIndex)
  if (!distance) return false
  const valueBytes = record.valueBytes
  if (compactBytes(distance) >= valueBytes + compactBytes(valueBytes) + (withVersion ? 8 : 0)) return false
  store<u8>(position, STATUS_REPEAT)
  position = writeCompact(position + 1, distance)
  call().repeats++
  return true
}

/** A record's value, as most gets are answered. The caller has seen to the room. */
@inline
export function writeValue(record: Record, withVersion: u32): void {
  const valueBytes = record.valueBytes
  store<u8>(position, withVersion ? STATUS_VALUE_VERSION : STATUS_VALUE)
  position = writeCompact(position + 1, valueBytes)
  if (withVersion) position = write64(position, record.version)
  writeBody(record.value, valueBytes)
}

/** Writes on the value that the slab before had no room for; false when this slab is too short as well. */
export function writePending(): bool {
  const copied = min(pendingBytes, <u32>(slabEnd - position))
  memory.copy(position, pendingSource, copied)
  position += copied
  pendingSource += copied
  pendingBytes -= copied
  return pendingBytes == 0
}

/**
 * Notes the results of a group of `count` operations from now on, instead of writing them. Their heads have room
 * already.
 */
export function startRecording(count: u32): void {
  recording = true
  replyWasFull = false
  recordedCount = 0
  recordedBytes = count * RESULT_HEAD_BYTES_MAX
}

/** Ends it. What was noted stays until the next start. */
export function stopRecording(): void {
  recording = false
  recordedBytes = 0
}

/** The status of a noted result. */
export function recordedStatus(index: u32): u32 {
  return recordedAt(index).status
}

/** Writes a noted result. The caller has seen to the room for its head. */
export function writeRecorded(index: u32): void {
  const noted = recordedAt(index)
  writeResult(noted.status, noted.version, noted.extra, noted.source, noted.valueBytes)
}

function record(status: u32, version: u64, extra: u64, source: usize, valueBytes: u32): void {
  assert(recordedCount < <u32>ATOMIC_OPS_MAX, 'a group has as many results as operations')
  const noted = recordedAt(recordedCount++)
  noted.status = status
  noted.version = version
  noted.extra = extra
  noted.source = source
  noted.valueBytes = valueBytes
  recordedBytes += valueBytes
}

@inline
function recordedAt(index: u32): Recorded {
  return changetype<Recorded>(RECORDED_AT + index * RECORDED_BYTES)
}

/** Copies a value, or as much of it as the slab has room for. */
@inline
function writeBody(source: usize, valueBytes: u32): void {
  const at = position
  const room = <u32>(slabEnd - at)
  if (valueBytes <= room) {
    copyOverrunning(at, source, valueBytes)
    position = at + valueBytes
  } else {
    splitBody(source, valueBytes, room)
  }
}

function splitBody(source: usize, valueBytes: u32, room: u32): void {
  memory.copy(position, source, room)
  position += room
  pendingSource = source + room
  pendingBytes = valueBytes - room
}

@inline
function write64(at: usize, value: u64): usize {
  store<u64>(at, value)
  return at + 8
}

@inline
function compactBytes(length: u32): u32 {
  return length <= 252 ? 1 : length <= 0xffff ? 3 : 5
}

@inline
function writeCompact(at: usize, length: u32): usize {
  if (length <= 252) {
    store<u8>(at, length)
    return at + 1
  }
  return writeLongCompact(at, length)
}

function writeLongCompact(at: usize, length: u32): usize {
  if (length <= 0xffff) {
    store<u8>(at, 253)
    store<u16>(at, length, 1)
    return at + 3
  }
  store<u8>(at, 254)
  store<u32>(at, length, 1)
  return at + 5
}
