// The engine's entry points: what the host may call, and where it may look. One instance of this module is one
// shard's storage; it imports its memory and a handler for failed assertions, and nothing else. Time, secret,
// version start and limits are arguments, so the same calls always give the same bytes.

import { Call, call } from './call.ts'
import { openDirectory } from './directory.ts'
import { beginFrame, execute, resume } from './execute.ts'
import { setSecret } from './hash.ts'
import { openHeap } from './heap.ts'
import { checkInvariants, farthestEntry } from './invariants.ts'
import { CALL_AT, REQUEST_AT, SLAB_BYTES, SLAB_TAIL_BYTES, SLABS_AT, SLOTS_AT } from './layout.ts'
import { openRepeats } from './repeats.ts'
import { checkOperations } from './request.ts'
import { allowRepeats } from './result.ts'
import { openSlots } from './slot.ts'

export { beginFrame, checkInvariants, checkOperations, execute, farthestEntry, resume }
export { CALL_AT, REQUEST_AT, SLAB_BYTES, SLAB_TAIL_BYTES, SLABS_AT, SLOTS_AT }

/**
 * Opens an empty table. 32 bytes of hash secret lie at REQUEST_AT and the bitmap of owned slots at SLOTS_AT; the heap
 * takes the memory from `heapStart` on and grows to `pagesMax` pages of 64 KiB in all. False when that is too little.
 */
export function open(heapStart: u32, pagesMax: u32, versionStart: u64, repeats: bool): bool {
  memory.fill(CALL_AT, 0, offsetof<Call>())
  call().version = versionStart
  setSecret(REQUEST_AT)
  openSlots()
  openRepeats()
  allowRepeats(repeats)
  openHeap(heapStart, pagesMax)
  return openDirectory()
}
