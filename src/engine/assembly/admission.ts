// Who enters a full cache how: the first part of S3-FIFO (Yang et al., "FIFO queues are all you need for cache
// eviction", SOSP 2023). A new record is on probation until it was used; one whose key was evicted not long ago is
// not. eviction.ts is the other part.

import { takeGhost } from './bucket.ts'
import { call } from './call.ts'
import { homeOf, segmentOf } from './directory.ts'
import { heapIsFull } from './heap.ts'
import { EVICT_ANY, EVICT_EXPIRING, EVICT_NONE } from './outcomes.ts'
import { dequeue, enqueue } from './queue.ts'
import { Record, RECORD_PROBATION } from './record.ts'
import { findOnProbation } from './segment.ts'

/** Entries of the queue that may stand for records that are gone. */
const STALE_ENTRIES_MAX: u32 = 4_096
/** Entries taken out for each that is put in while there are more. */
const ENTRIES_TAKEN: u32 = 2

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

/**
 * Flags for a record that is about to enter a full cache under a key of this hash. There must be a place in the queue.
 */
export function admit(hash: u32): u32 {
  shortenQueue()
  if (takeGhost(homeOf(hash), hash)) return 0
  enqueue(hash)
  return RECORD_PROBATION
}

/** Whether many entries of the queue stand for records that are gone. */
@inline
export function isQueueStale(): bool {
  return call().queueEntries > call().probationCount + STALE_ENTRIES_MAX
}

/** Ends the probation of a record that is off the queue. */
export function endProbation(record: Record): void {
  record.endProbation()
  call().probationCount--
}

/**
 * Keeps the queue short where records go before it is their turn, and nothing needs memory: who is left has stood the
 * test.
 */
function shortenQueue(): void {
  for (let taken: u32 = 0; taken < ENTRIES_TAKEN && isQueueStale(); taken++) {
    const hash = dequeue()
    const address = findOnProbation(segmentOf(hash), hash)
    if (address) endProbation(changetype<Record>(address))
  }
}
