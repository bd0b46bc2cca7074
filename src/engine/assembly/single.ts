// One get without a frame around it, for programs that embed the engine: no list, no passes, no reply.

import { notesUses } from './admission.ts'
import { call } from './call.ts'
import { findRecord } from './find.ts'
import { hashKey } from './hash.ts'
import { REQUEST_AT } from './layout.ts'
import { Record } from './record.ts'
import { setNow } from './time.ts'

/**
 * Address of the value under the key of `keyBytes` bytes that begins the request, its length in `position`; 0 when
 * there is none.
 */
export function getSingle(keyBytes: u32, nowMs: f64): usize {
  setNow(<u64>nowMs)
  const state = call()
  state.operations++
  const address = findRecord(hashKey(REQUEST_AT, keyBytes), REQUEST_AT, keyBytes)
  const record = changetype<Record>(address)
  if (!address || record.isExpired) {
    state.misses++
    return 0
  }
  if (notesUses()) record.noteUse()
  state.position = record.valueBytes
  return record.value
}
