// Who enters a full cache how: the first part of S3-FIFO (Yang et al., "FIFO queues are all you need for cache eviction",
// SOSP 2023). A new record is on probation until it was used; one whose key was evicted not long ago is not. eviction.ts
// is the other part.

import { takeGhost } from './bucket.ts'
import { homeOf } from './directory.ts'
import { heapIsFull } from './heap.ts'
import { EVICT_ANY, EVICT_EXPIRING, EVICT_NONE } from './outcomes.ts'
import { enqueue } from './queue.ts'
import { RECORD_PROBATION } from './record.ts'

/** One of EVICT_*. */
export let evictionPolicy: u32 = EVICT_NONE

export function openAdmission(policy: u32): void {
  evictionPolicy = policy
}

/** Whether uses of records have to be noted. */
@inline
export function notesUses(): bool {
  return evictionPolicy != EVICT_NONE
}

/** Whether eviction may ever take a record. */
@inline
export function isEvictable(expires: bool): bool {
  return evictionPolicy == EVICT_ANY || (evictionPolicy == EVICT_EXPIRING && expires)
}

/** Whether a new record has to be admitted to a full cache. */
@inline
export function needsAdmission(expires: bool): bool {
  return heapIsFull && isEvictable(expires)
}

/** Flags for a record that is about to enter a full cache under a key of this hash. There must be a place in the queue. */
export function admit(hash: u32): u32 {
  if (takeGhost(homeOf(hash), hash)) return 0
  enqueue(hash)
  return RECORD_PROBATION
}
