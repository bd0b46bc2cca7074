// Ends changes that are not final yet (kept.ts): makes them final, or takes them back.

import { noteExpiry, setEntry } from './bucket.ts'
import { segmentOf } from './directory.ts'
import { emitRemove, emitSet } from './effects.ts'
import { countRecord, findRecord, uncountRecord } from './find.ts'
import { hashKey, tagOf } from './hash.ts'
import { release } from './heap.ts'
import { changeAt, keptCount, stopKeeping, takeChange } from './kept.ts'
import { Record } from './record.ts'
import { foundBucket, foundEntry, insertEntry, removeEntry } from './segment.ts'

/** Makes the changes final: gives the kept blocks back. */
export function releaseKept(): void {
  stopKeeping()
  while (keptCount) {
    const old = takeChange().old
    if (old) release(old, changetype<Record>(old).blockBytes)
  }
}

/** What the changes take in the buffer of effects: keys and values. */
export function keptEffectBytes(): u64 {
  let bytes: u64 = 0
  for (let index: u32 = 0; index < keptCount; index++) {
    const change = changeAt(index)
    const record = changetype<Record>(change.fresh ? change.fresh : change.old)
    bytes += <u64>record.keyBytes + (change.fresh ? record.valueBytes : 0)
  }
  return bytes
}

/** Emits the effects that were held back. */
export function emitKept(): void {
  for (let index: u32 = 0; index < keptCount; index++) {
    const change = changeAt(index)
    if (change.fresh) emitSet(changetype<Record>(change.fresh))
    else emitRemove(changetype<Record>(change.old), change.version, change.reason)
  }
}

/** Takes every change back, the last one first. */
export function undoChanges(): void {
  stopKeeping()
  while (keptCount) {
    const change = takeChange()
    undoChange(change.hash, change.old, change.fresh)
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
    // What took the place of a removed entry was undone before, and growth left room for it (directory.ts).
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
