// The call's budgets of work that its request and its reply do not bound by themselves: index entries that are looked at
// beside its own operations (by eviction, by sweeps for expired records, by giving cleared ones back), and bytes of old
// values that are carried over into new blocks. What does not fit waits for the next call. directory.ts has a third
// budget, of entries that growth moves.

import { VALUE_BYTES_MAX } from '../../protocol/limits.ts'
import { call } from './call.ts'

/** Entries that one call may look at: so many, */
const VISITS_BASE: u32 = 4_096
/** and so many more for each operation. */
const VISITS_PER_OPERATION: u32 = 16

/** Bytes of old values that one call may carry over: two of the longest. */
const CARRIED_BYTES_MAX: u32 = 2 * VALUE_BYTES_MAX

let visitsLeft: u32 = 0
let carriedLeft: u32 = 0
/** Whether bytes were refused since `beginCarried`, and what was left then. */
let carriedTooMuch: bool = false
let carriedBefore: u32 = 0

/** Sets the budgets of a call. */
export function allowWork(operations: u32): void {
  visitsLeft = VISITS_BASE + operations * VISITS_PER_OPERATION
  carriedLeft = CARRIED_BYTES_MAX
}

/** Whether so many bytes of an old value may be carried over; charges them. */
@inline
export function mayCarry(bytes: u32): bool {
  if (bytes > carriedLeft) {
    carriedTooMuch = true
    return false
  }
  carriedLeft -= bytes
  return true
}

/** Begins a group of operations that is executed as a whole or not at all. */
export function beginCarried(): void {
  carriedTooMuch = false
  carriedBefore = carriedLeft
}

/** Ends a group that was taken back: what it carried may be carried again. Whether it never fits a call. */
export function takeCarriedBack(): bool {
  carriedLeft = carriedBefore
  return carriedTooMuch && carriedBefore == CARRIED_BYTES_MAX
}

/** Whether some more entries may be looked at. */
@inline
export function mayVisit(): bool {
  return visitsLeft > 0
}

/** Charges entries that were looked at. */
@inline
export function chargeVisits(entries: u32): void {
  visitsLeft -= min(entries, visitsLeft)
  call().entriesVisited += entries
}
