// Hot: the operations that most operations are, plain gets and sets of short keys and values whose record the early
// passes saw, without an expiry and with room for the result; a set's value fits the old one's block. They are executed
// here with everything in local variables. At the first operation that differs in anything the loop ends, and the
// general path (execute.ts) takes that one. Both paths do the same, as the model tests see.

import {
  OP_GET,
  OP_SET,
  OP_WITH_VERSION,
  STATUS_OK,
  STATUS_REPEAT,
  STATUS_VALUE,
  STATUS_VALUE_VERSION,
} from '../../protocol/codes.ts'
import { notesUses } from './admission.ts'
import { copyExactly, copyOverrunning, equalBytes } from './bytes.ts'
import { call } from './call.ts'
import { effectsWanted } from './effects.ts'
import { STEPS_AT } from './layout.ts'
import { Record, recordBlockBytes, RECORD_EXPIRES, RECORD_HEADER_BYTES } from './record.ts'
import { noteResult, repeatDistance, repeatEntry } from './repeats.ts'
import { listedAddress } from './request.ts'
import { advanceTo, position, repeatsAllowed, RESULT_HEAD_BYTES_MAX, resultsEnd } from './result.ts'

/** A length up to here is one byte. */
const COMPACT_ONE_BYTE_MAX: u32 = 252

// The 64 bits at offset 8 of a record: word, keyBytes, and two bytes of what follows. Of a common record, these bits
// are the length of its key and nothing else: no expiry, and a value of less than 256 bytes.
const COMMON_MASK: u64 = 0x0000_ffff_ffff_0000 | <u64>RECORD_EXPIRES
const KEY_BYTES_SHIFT: u64 = 32

/**
 * Executes operations [first, end) of the section as far as they are common; the group began with `groupFirst`, and its
 * hints hold. Returns where it stopped.
 */
export function runCommon(groupFirst: u32, first: u32, end: u32): u32 {
  let at = position
  const limit = resultsEnd() - RESULT_HEAD_BYTES_MAX
  let repeated: u32 = 0
  let index = first
  let step: usize = STEPS_AT + (<usize>(first - groupFirst) << 2)
  for (; index < end; index++, step += 4) {
    const request = listedAddress(index)
    const head = <u32>load<u16>(request)
    const keyBytes = head >> 8
    const address = <usize>load<u32>(step)
    const described = load<u64>(address, 8)
    if ((described & COMMON_MASK) != <u64>keyBytes << KEY_BYTES_SHIFT) break
    const valueBytes = <u32>described >> 8
    if (at + valueBytes > limit) break
    if (max(keyBytes, valueBytes) > COMPACT_ONE_BYTE_MAX) break
    const record = changetype<Record>(address)
    const key = address + RECORD_HEADER_BYTES
    const code = head & ~OP_WITH_VERSION & 0xff
    if (code != OP_GET) {
      if (code != OP_SET || !equalKeys(key, request + 3, keyBytes) || !overwriteCommon(record, request, keyBytes)) break
      at = writeCommonDone(at, head, record.version)
      continue
    }
    if (!equalKeys(key, request + 2, keyBytes)) break
    const withVersion = (head >> 7) & 1
    // With versions a repeat is rare enough for the general path.
    if (withVersion & <u32>repeatsAllowed) break
    if (notesUses()) record.noteUse()
    const value = key + keyBytes
    if (withVersion) {
      store<u16>(at, STATUS_VALUE_VERSION | (valueBytes << 8))
      store<u64>(at, record.version, 2)
      copyOverrunning(at + 10, value, valueBytes)
      at += 10 + valueBytes
      continue
    }
    copyOverrunning(at + 2, value, valueBytes)
    if (!repeatsAllowed) {
      store<u16>(at, STATUS_VALUE | (valueBytes << 8))
      at += 2 + valueBytes
      continue
    }
    // Whether this is a repeat cannot be foretold, and a branch that goes wrong costs more than a value copied in
    // vain: the distance is written over it.
    const entry = repeatEntry(address)
    const distance = repeatDistance(entry, record.version, 0, index)
    noteResult(entry, record.version, 0, index)
    const isShort = distance <= COMPACT_ONE_BYTE_MAX
    // Only where it is shorter: a distance takes one byte or three, a value its length more than one.
    const isRepeat = (distance != 0) & (valueBytes >= (isShort ? 1 : 3))
    const repeatHead = STATUS_REPEAT | (isShort ? distance << 8 : (253 << 8) | (distance << 16))
    const valueHead = STATUS_VALUE | (valueBytes << 8) | (<u32>load<u16>(value) << 16)
    store<u32>(at, isRepeat ? repeatHead : valueHead)
    at += isRepeat ? (isShort ? 2 : 4) : 2 + valueBytes
    repeated += isRepeat
  }
  advanceTo(at)
  call().repeats += repeated
  return index
}

/** Writes a set's value over the record's, if it is short and fits its block; false, and nothing done, else. */
@inline
function overwriteCommon(record: Record, request: usize, keyBytes: u32): bool {
  const valueBytes = <u32>load<u8>(request, 2)
  if (valueBytes > COMPACT_ONE_BYTE_MAX || effectsWanted()) return false
  if (recordBlockBytes(keyBytes, valueBytes) != recordBlockBytes(keyBytes, record.valueBytes)) return false
  const state = call()
  state.sets++
  state.valueBytes += <u64>valueBytes - <u64>record.valueBytes
  record.version = ++state.version
  record.resize(valueBytes)
  if (notesUses()) record.noteUse()
  const key = changetype<usize>(record) + RECORD_HEADER_BYTES
  copyExactly(key + keyBytes, request + 3 + keyBytes, valueBytes)
  return true
}

/** A set's result; returns where the next one goes. */
@inline
function writeCommonDone(at: usize, head: u32, version: u64): usize {
  const withVersion = (head >> 7) & 1
  store<u8>(at, STATUS_OK + withVersion)
  if (!withVersion) return at + 1
  store<u64>(at, version, 1)
  return at + 9
}

/** Whether two keys of the same length are equal: up to 16 bytes without a branch. */
@inline
function equalKeys(left: usize, right: usize, bytes: u32): bool {
  const differing = v128.xor(v128.load(left), v128.load(right))
  if (bytes <= 16) return !v128.any_true(v128.and(differing, v128.load(LEADING_BYTES + (16 - bytes))))
  return !v128.any_true(differing) && equalBytes(left + 16, right + 16, bytes - 16)
}

/** 16 bytes of ones before 16 of zeros: from 16 - n on, a mask of the first n bytes. */
const LEADING_BYTES: usize = memory.data<u8>([
  0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
])
