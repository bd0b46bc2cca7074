// The call's budgets of work that its request and its reply do not bound by themselves: index entries that are looked
// at beside its own operations (by eviction, by sweeps for expired or unowned records, by giving cleared ones back),
// and bytes that are written beside those of the request (old values carried over into new blocks, zeros before a
// range). What does not fit waits for the next call. directory.ts has a third budget, of entries that growth moves.

import { VALUE_BYTES_MAX } from '../../protocol/limits.ts'
import { call } from './call.ts'

/** Entries that one call may look at: so many, */
const VISITS_BASE: u32 = 4_096
/** and so many more for each operation. */
const VISITS_PER_OPERATION: u32 = 16

/** and once in a call, for the longest block that it lacked, one more for so many bytes of it. */
const BYTES_PER_VISIT: u32 = 64

/**
 * Bytes that one call may write beside those that its request brings and its reply returns: two of the longest values.
 */
const CARRIED_BYTES_MAX: u32 = 2 * VALUE_BYTES_MAX

let visitsLeft: u32 = 0
/** Bytes of the longest block for which visits were granted. */
let grantedBytes: u32 = 0
let carriedLeft: u32 = 0
/** Whether bytes were refused since `beginCarried`, and what was left then. */
let carriedTooMuch: bool = false
let carriedBefore: u32 = 0

/** Sets the budgets of a call. */
export function allowWork(operations: u32): void {
  visitsLeft = VISITS_BASE + operations * VISITS_PER_OPERATION
  grantedBytes = 0
  carriedLeft = CARRIED_BYTES_MAX
}

/** Lets a call look at what stands where a block of so many bytes shall be. */
export function grantVisits(bytes: u32): void {
  if (bytes <= grantedBytes) return
  visitsLeft += (bytes - grantedBytes) / BYTES_PER_VISIT
  grantedBytes = bytes
}

/** Whether so many bytes that the request did not bring may be written: of an old value, or zeros. */
@inline
export function mayCarry(bytes: u32): bool {
  if (bytes > carriedLeft) carriedTooMuch = true
  return bytes <= carriedLeft
}

/** Charges bytes that were written so. */
@inline
export function chargeCarried(bytes: u32): void {
  carriedLeft -= min(bytes, carriedLeft)
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
