// The list of changes that are not final yet: while `keeping`, a block that a change replaces is kept, so that a
// result may still show it, and so that an atomic group can be undone. changes.ts ends it, one way or the other.
//
//   change, 24 bytes:   0 hash u32   4 old block or 0   8 new block or 0   12 reason of a removal   16 version u64

import { noteHeapChange } from './heap.ts'
import { CHANGE_BYTES, CHANGES_AT, CHANGES_MAX } from './layout.ts'

/** Whether replaced blocks are kept. In-place changes are not made meanwhile. */
export let keeping: bool = false
export let keptCount: u32 = 0

/** One change of the list. */
@unmanaged
class Change {
  hash: u32
  /** The block that was replaced or removed, 0 for none. */
  old: usize
  /** The block that took its place, 0 for none. */
  fresh: usize
  /** One of REMOVED_BY_*. */
  reason: u32
  version: u64
}

@inline
export function changeAt(index: u32): Change {
  return changetype<Change>(CHANGES_AT + index * CHANGE_BYTES)
}

/** Keeps replaced blocks from now on. */
export function keepChanges(): void {
  assert(!keptCount, 'the changes before are final')
  keeping = true
}

/** Keeps no further blocks; those of the list stay in it. */
export function stopKeeping(): void {
  keeping = false
}

/** Takes the last change off the list. */
export function takeChange(): Change {
  return changeAt(--keptCount)
}

/** Notes a change: `old` was replaced by `fresh`; either may be 0. `reason` is one of REMOVED_BY_*. */
export function noteChange(hash: u32, old: usize, fresh: usize, version: u64, reason: u32): void {
  assert(keeping && keptCount < CHANGES_MAX, 'there is a place for each change of a group')
  const change = changeAt(keptCount++)
  change.hash = hash
  change.old = old
  change.fresh = fresh
  change.reason = reason
  change.version = version
  // Whoever remembers the old block's address must look again.
  noteHeapChange()
}

/**
 * Entries that undoing the changes may put back under hashes whose upper `depth` bits are `prefix`; some count twice.
 */
export function removedEntries(prefix: u32, depth: u32): u32 {
  let removed: u32 = 0
  for (let index: u32 = 0; index < keptCount; index++) {
    const change = changeAt(index)
    if (change.old && !change.fresh && <u32>(<u64>change.hash >> (32 - depth)) == prefix) removed++
  }
  return removed
}
