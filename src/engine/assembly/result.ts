// Writes results into the reply slab (docs/PROTOCOL.md, "Results"). A value may end in the next slab; everything
// before it never does.

import { REPLY_BYTES_MAX } from '../../protocol/limits.ts'
import {
  STATUS_OK,
  STATUS_OK_VERSION,
  STATUS_REPEAT,
  STATUS_VALUE,
  STATUS_VALUE_VERSION,
} from '../../protocol/codes.ts'
import { copyOverrunning } from './bytes.ts'
import { call } from './call.ts'
import { Record } from './record.ts'
import { repeatDistance } from './repeats.ts'

/** Bytes that a result may need before its value: status, compact length, version; rounded up. */
const RESULT_HEAD_BYTES_MAX: u32 = 16

/** Where the next result byte goes. */
export let position: usize = 0
/** Where this call's results began, and the end of the slab's usable bytes. */
let slabStart: usize = 0
let slabEnd: usize = 0
/** Bytes of the last value that did not fit into the slab. */
export let pendingBytes: u32 = 0
let pendingSource: usize = 0
/** Result bytes that the frame may still write, counted from `slabStart`. */
let replyLeft: u32 = 0
let repeatsAllowed: bool = true

/** Starts a frame's results. */
export function allowReply(): void {
  replyLeft = REPLY_BYTES_MAX
}

/** Whether repeated results may be answered by reference. */
export function allowRepeats(allowed: bool): void {
  repeatsAllowed = allowed
}

/** Continues at `at`, in a slab whose usable bytes end at `end`. */
export function openSlab(at: usize, end: usize): void {
  position = at
  slabStart = at
  slabEnd = end
}

/** Charges the frame for what was written since `openSlab`. */
export function closeSlab(): void {
  replyLeft -= <u32>(position - slabStart)
}

/** Whether the slab has room for a result without a value, or for the head of one with a value. */
@inline
export function hasHeadRoom(): bool {
  return position + RESULT_HEAD_BYTES_MAX <= slabEnd
}

/** Whether the frame may write one more result with a value of this length. */
@inline
export function hasReplyRoom(valueBytes: u32): bool {
  return <u32>(position - slabStart) + valueBytes + RESULT_HEAD_BYTES_MAX <= replyLeft
}

/** A status alone. */
@inline
export function writeStatus(status: u32): void {
  store<u8>(position, status)
  position++
}

/** A write's or a check's success, with the version when the operation asked for it. */
@inline
export function writeDone(withVersion: u32, version: u64): void {
  if (!withVersion) {
    writeStatus(STATUS_OK)
    return
  }
  store<u8>(position, STATUS_OK_VERSION)
  store<u64>(position, version, 1)
  position += 9
}

/** The distance to the same result, when there is one and it is shorter than the value; else false. */
@inline
export function writeRepeat(record: Record, withVersion: u32, resultIndex: u32): bool {
  if (!repeatsAllowed) return false
  const distance = repeatDistance(record.version, withVersion, resultIndex)
  if (!distance) return false
  const valueBytes = record.valueBytes
  if (compactBytes(distance) >= valueBytes + compactBytes(valueBytes) + (withVersion ? 8 : 0)) return false
  store<u8>(position, STATUS_REPEAT)
  position = writeCompact(position + 1, distance)
  call().repeats++
  return true
}

/** A record's value. The caller has seen to the room. */
export function writeValue(record: Record, withVersion: u32): void {
  const valueBytes = record.valueBytes
  store<u8>(position, withVersion ? STATUS_VALUE_VERSION : STATUS_VALUE)
  let at = writeCompact(position + 1, valueBytes)
  if (withVersion) {
    store<u64>(at, record.version)
    at += 8
  }
  const room = <u32>(slabEnd - at)
  const copied = min(valueBytes, room)
  copyOverrunning(at, record.value, copied)
  position = at + copied
  pendingSource = record.value + copied
  pendingBytes = valueBytes - copied
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
