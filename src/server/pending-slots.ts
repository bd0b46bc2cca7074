// Looks for operations on slots that a shard must not serve yet. Only while it has such slots: a moment after a change
// of the topology. So it is written for clarity, and takes operations apart one by one.

import { slotOfBytes } from '../cluster/slot.ts'
import type { SlotSet } from '../cluster/slot-set.ts'
import { decodeOperation } from '../protocol/operation-walk.ts'

/** Whether one of the well-formed operations in `bytes[start, end)` has a key in a slot of the set. */
export function touchesSlots(slots: SlotSet, bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; ) {
    const operation = decodeOperation(bytes, at, end)
    const { key } = operation
    if (key.length > 0 && slots.has(slotOfBytes(key, 0, key.length))) return true
    at = operation.end
  }
  return false
}
