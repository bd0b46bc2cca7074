// Changes that are not final yet: while `keeping`, a block that a change replaces is kept, so that a result may still
// show it, and so that an atomic group can be undone.
//
//   change, 24 bytes:   0 hash u32   4 old block, 0 for none   8 new block, 0 for none   12 reason of a removal   16 version u64

import { noteExpiry, setEntry } from './bucket.ts'
import { segmentOf } from './directory.ts'
import { emitRemove, emitSet } from './effects.ts'
import { hashKey, tagOf } from './hash.ts'
import { noteHeapChange, release } from './heap.ts'
import { CHANGE_BYTES, CHANGES_AT, CHANGES_MAX } from './layout.ts'
import { Record } from './record.ts'
import { foundBucket, foundEntry, insertEntry, removeEntry } from './segment.ts'
import { countRecord, findRecord, uncountRecord } from './find.ts'

/** Whether replaced blocks are kept. In-place changes are not made meanwhile. */
export let keeping: bool = false
let count: u32 = 0

/** Keeps replaced blocks from now on. */
export function keepChanges(): void {
  assert(!count, 'the changes before are final')
  keeping = true
}

/** Notes a change: `old` was replaced by `fresh`; either may be 0. `reason` is one of REMOVED_BY_*. */
export function noteChange(hash: u32, old: usize, fresh: usize, version: u64, reason: u32): void {
  assert(keeping && count < CHANGES_MAX, 'there is a place for each change of a group')
  const at = CHANGES_AT + count++ * CHANGE_BYTES
  store<u32>(at, hash)
  store<u32>(at, <u32>old, 4)
  store<u32>(at, <u32>fresh, 8)
  store<u32>(at, reason, 12)
  store<u64>(at, version, 16)
  // Whoever remembers the old block's address must look again.
  noteHeapChange()
}

/** Makes the changes final: gives the kept blocks back. */
export function releaseKept(): void {
  keeping = false
  for (let index: u32 = 0; index < count; index++) {
    const old = load<u32>(CHANGES_AT + index * CHANGE_BYTES, 4)
    if (old) release(old, changetype<Record>(old).blockBytes)
  }
  count = 0
}

/** What the changes take in the buffer of effects: keys and values. */
export function keptEffectBytes(): u64 {
  let bytes: u64 = 0
  for (let index: u32 = 0; index < count; index++) {
    const at = CHANGES_AT + index * CHANGE_BYTES
    const fresh = load<u32>(at, 8)
    const record = changetype<Record>(fresh ? fresh : load<u32>(at, 4))
    bytes += <u64>record.keyBytes + (fresh ? record.valueBytes : 0)
  }
  return bytes
}

/** Number of changes. */
export function keptCount(): u32 {
  return count
}

/** Emits the effects that were held back. */
export function emitKept(): void {
  for (let index: u32 = 0; index < count; index++) {
    const at = CHANGES_AT + index * CHANGE_BYTES
    const fresh = load<u32>(at, 8)
    if (fresh) emitSet(changetype<Record>(fresh))
    else emitRemove(changetype<Record>(load<u32>(at, 4)), load<u64>(at, 16), load<u32>(at, 12))
  }
}

/** Takes every change back, the last one first. */
export function undoChanges(): void {
  keeping = false
  while (count) {
    const at = CHANGES_AT + --count * CHANGE_BYTES
    undoChange(load<u32>(at), load<u32>(at, 4), load<u32>(at, 8))
  }
}

function undoChange(hash: u32, old: usize, fresh: usize): void {
  if (fresh) {
    const record = changetype<Record>(fresh)
    assert(hashKey(record.key, record.keyBytes) == hash, 'the change is of this key')
    const found = findRecord(hash, record.key, record.keyBytes)
    assert(found == fresh, 'changes are undone in turn')
    if (old) putBack(old, hash)
    else removeEntry(segmentOf(hash), hash, foundBucket, foundEntry)
    uncountRecord(record)
    release(fresh, record.blockBytes)
  } else if (!insertEntry(segmentOf(hash), hash, old)) {
    // What took the place of a removed entry was undone before.
    unreachable()
  }
  if (old) countRecord(changetype<Record>(old))
}

/** Points the entry that was just found at the record that it pointed at before. */
function putBack(old: usize, hash: u32): void {
  setEntry(foundBucket, foundEntry, tagOf(hash), old)
  // The index may have been rebuilt meanwhile, while this record was not in it.
  const expiry = changetype<Record>(old).expiry
  if (expiry) noteExpiry(foundBucket, expiry)
}
