// The engine's entry points: what the host may call, and where it may look. One instance of this module is one
// shard's storage; it imports its memory and a handler for failed assertions, and nothing else. Time, secret,
// version start and limits are arguments, so the same calls always give the same bytes.

import { openAdmission } from './admission.ts'
import { applyEffects } from './apply.ts'
import { Call, call } from './call.ts'
import { digest } from './digest.ts'
import { beginDiscard, discardUnowned, openDiscard } from './discard.ts'
import { clearEffects, openEffects } from './effects.ts'
import { openEviction } from './eviction.ts'
import { execute, maintain, resume } from './execute.ts'
import { openExpiry } from './expiry.ts'
import { openTable } from './garbage.ts'
import { setSecret } from './hash.ts'
import { openHeap } from './heap.ts'
import { checkInvariants, farthestEntry } from './invariants.ts'
import { CALL_AT, LIST_AT, REQUEST_AT, SLAB_BYTES, SLAB_TAIL_BYTES, SLABS_AT, SLOTS_AT } from './layout.ts'
import { openQueue } from './queue.ts'
import { openRepeats } from './repeats.ts'
import { checkOperations } from './request.ts'
import { openResults } from './result.ts'
import { getSingle } from './single.ts'
import { openSlots } from './slot.ts'

export { applyEffects, beginDiscard, checkInvariants, checkOperations, clearEffects, digest, discardUnowned, execute }
export { farthestEntry, getSingle, maintain, resume }
export { CALL_AT, LIST_AT, REQUEST_AT, SLAB_BYTES, SLAB_TAIL_BYTES, SLABS_AT, SLOTS_AT }

/**
 * Opens an empty table. 32 bytes of hash secret lie at REQUEST_AT and the bitmap of owned slots at SLOTS_AT. Effects go
 * to the `effectsBytes` at `effectsStart`, unless these are 0; the heap takes the memory from `heapStart` on and grows
 * to `pagesMax` pages of 64 KiB in all. `policy` is one of EVICT_*. False when the memory is too little.
 */
export function open(
  effectsStart: u32,
  effectsBytes: u32,
  heapStart: u32,
  pagesMax: u32,
  versionStart: u64,
  policy: u32,
  repeats: bool,
): bool {
  memory.fill(CALL_AT, 0, offsetof<Call>())
  call().version = versionStart
  setSecret(REQUEST_AT)
  openSlots()
  openRepeats()
  openResults(repeats)
  openEffects(effectsStart, effectsBytes)
  openAdmission(policy)
  openQueue()
  openEviction()
  openExpiry()
  openDiscard()
  openHeap(heapStart, pagesMax)
  return openTable()
}

/** Makes every later version larger than this one. */
export function raiseVersion(version: u64): void {
  if (version > call().version) call().version = version
}
