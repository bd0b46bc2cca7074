// The new records of one client: the ranks first, first + step, first + 2 * step, ... Clients have the same step, their
// number, and other starts, so no two store one record.

import { learnLatest } from './ranks.ts'

/** No kind: nothing is inserted. */
const NONE: u8 = 0xff

let insertKind: u8 = NONE
let next: u32 = 0
let step: u32 = 1
let drawn: u32 = 0

/** Operations of this kind store new records. */
export function setInserts(kind: u8, first: u32, rankStep: u32): void {
  insertKind = kind
  next = first
  step = rankStep
}

/** Inserts drawn so far. */
export function inserted(): u32 {
  return drawn
}

/** Gives every insert its new rank in the place of the drawn one; later blocks may ask for these records. */
export function assignInserts(kinds: usize, ranks: usize, count: u32): void {
  if (insertKind == NONE) return
  const before = drawn
  for (let index: u32 = 0; index < count; index++) {
    if (load<u8>(kinds + index) != insertKind) continue
    store<u32>(ranks + (index << 2), next)
    next += step
    drawn++
  }
  learnLatest(drawn - before)
}
