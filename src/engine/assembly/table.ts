// Changes of records: the one place where a record and its entry change together, and where versions are given out.
//
// A write has three steps: `place` makes room for the new value, under the next version; the caller fills the value in,
// while the old one is still readable unless it is the same memory; `settle` ends it.

import { admit, needsAdmission } from './admission.ts'
import { noteExpiry, setEntry } from './bucket.ts'
import { chargeCarried, mayCarry } from './budget.ts'
import { copyExactly } from './bytes.ts'
import { call } from './call.ts'
import { makeRoom, segmentOf } from './directory.ts'
import { emitRemove, emitSet, emitting, hasEffectRoom } from './effects.ts'
import { countRecord, uncountRecord } from './find.ts'
import { tagOf } from './hash.ts'
import { allocate, failedBytes, release } from './heap.ts'
import { keeping, noteChange } from './kept.ts'
import { operation } from './operation.ts'
import { EFFECTS_FULL, EXECUTED, NEEDS_MEMORY, REMOVED_BY_DELETE, STOPPED, WRONG_SLOT } from './outcomes.ts'
import { PIECE_BYTES, reserveQueue } from './queue.ts'
import { Record, recordBlockBytes, RECORD_EXPIRES, RECORD_EXPIRY_BYTES } from './record.ts'
import { foundBucket, foundEntry, insertEntry, removeEntry } from './segment.ts'
import { ownsSlot } from './slot.ts'

/** The record that `place` made, its value not filled in yet. */
export let placed: usize = 0
/** Bytes of the block that could not be had. */
export let neededBytes: u32 = 0
/** The block that `settle` gives back, or 0. */
let replaced: usize = 0

/**
 * Makes the record of the present operation's key with room for `valueBytes`, in place of `old` (or 0), the record that
 * `findRecord` has just found. `expiry` is absolute ms or 0; `carriedBytes` are those of the old value that the caller
 * will copy if the record moves. The new record may be the old one, its value still in it. Any outcome but EXECUTED
 * means that no record changed; after NEEDS_MEMORY, `neededBytes` in one piece would help.
 */
export function place(old: usize, valueBytes: u32, expiry: u64, carriedBytes: u32): u32 {
  const op = operation()
  if (!hasEffectRoom(1, <u64>op.keyBytes + valueBytes)) return EFFECTS_FULL
  const bytes = recordBlockBytes(op.keyBytes + (expiry ? RECORD_EXPIRY_BYTES : 0), valueBytes)
  replaced = 0
  if (!old) return create(bytes, valueBytes, expiry)
  const record = changetype<Record>(old)
  const sameLayout = (record.expiryBytes != 0) == (expiry != 0) && record.blockBytes == bytes
  if (sameLayout && !keeping) return overwrite(record, valueBytes, expiry)
  if (!mayCarry(carriedBytes)) return STOPPED
  const outcome = replace(record, bytes, valueBytes, expiry)
  if (outcome == EXECUTED) chargeCarried(carriedBytes)
  return outcome
}

/** Ends a write whose value has been filled in. */
export function settle(): void {
  if (emitting) emitSet(changetype<Record>(placed))
  if (replaced) release(replaced, changetype<Record>(replaced).blockBytes)
}

/** Removes the record that `findRecord` has just found. There must be room for its effect. */
export function removeFound(address: usize, hash: u32, reason: u32): void {
  const record = changetype<Record>(address)
  removeEntry(segmentOf(hash), hash, foundBucket, foundEntry)
  uncountRecord(record)
  const version = ++call().version
  if (emitting) emitRemove(record, version, reason)
  if (keeping) noteChange(hash, address, 0, version, reason)
  else release(address, record.blockBytes)
}

function overwrite(record: Record, valueBytes: u32, expiry: u64): u32 {
  const state = call()
  state.valueBytes += <u64>valueBytes - <u64>record.valueBytes
  record.version = ++state.version
  record.resize(valueBytes)
  if (expiry) {
    record.expiry = expiry
    noteExpiry(foundBucket, expiry)
  }
  placed = changetype<usize>(record)
  return EXECUTED
}

/** Moves a record to another block: the old one stays until `settle`, or longer while changes are kept. */
function replace(record: Record, bytes: u32, valueBytes: u32, expiry: u64): u32 {
  const op = operation()
  const address = build(bytes, record.flags & ~RECORD_EXPIRES, valueBytes, expiry)
  if (!address) return NEEDS_MEMORY
  const old = changetype<usize>(record)
  setEntry(foundBucket, foundEntry, tagOf(op.hash), address)
  if (expiry) noteExpiry(foundBucket, expiry)
  uncountRecord(record)
  countRecord(changetype<Record>(address))
  if (keeping) noteChange(op.hash, old, address, call().version, REMOVED_BY_DELETE)
  else replaced = old
  return EXECUTED
}

function create(bytes: u32, valueBytes: u32, expiry: u64): u32 {
  const op = operation()
  if (!ownsSlot(op.key, op.keyBytes)) return WRONG_SLOT
  if (!makeRoom(op.hash)) return STOPPED
  // What growth could not have, if it could not: the segment may be full.
  const grownBytes = failedBytes
  const admitted = needsAdmission(expiry != 0)
  if (admitted && !reserveQueue()) {
    neededBytes = PIECE_BYTES
    return NEEDS_MEMORY
  }
  const address = build(bytes, 0, valueBytes, expiry)
  if (!address) return NEEDS_MEMORY
  const record = changetype<Record>(address)
  if (admitted) record.word |= admit(op.hash)
  if (!insertEntry(segmentOf(op.hash), op.hash, address)) {
    release(address, bytes)
    neededBytes = grownBytes
    return NEEDS_MEMORY
  }
  countRecord(record)
  call().inserts++
  if (keeping) noteChange(op.hash, 0, address, call().version, REMOVED_BY_DELETE)
  return EXECUTED
}

/** Writes all but the value into a fresh block, under the next version; 0 when memory is exhausted. */
function build(bytes: u32, flags: u32, valueBytes: u32, expiry: u64): usize {
  const address = allocate(bytes)
  if (!address) {
    neededBytes = bytes
    return 0
  }
  const op = operation()
  const record = changetype<Record>(address)
  record.describe(++call().version, flags | (expiry ? RECORD_EXPIRES : 0), op.keyBytes, valueBytes)
  if (expiry) record.expiry = expiry
  copyExactly(record.key, op.key, op.keyBytes)
  placed = address
  return address
}
