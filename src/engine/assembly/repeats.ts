// Which results of this section may be repeated: a small direct-mapped table from a record's address to the result
// that showed it last. The address is known before the record has come into the cache, so whether a result may be a
// repeat is known early too; the version proves it. A version names one state of one record for ever, so an equal one
// means an unchanged record, and no write ever has to clear an entry.
//
//   entry, 16 bytes:   0 version u64   8 address u32   12 result u16   14 stamp u16: section and form

import { FRAME_OPS_MAX } from '../../protocol/limits.ts'
import { REPEATS_AT, REPEATS_BYTES, REPEATS_COUNT } from './layout.ts'

/** Changes with each section; bit 0 is the form. */
let stamp: u32 = 0

/** Empties the table. */
export function openRepeats(): void {
  assert(FRAME_OPS_MAX <= 65_536, 'a result fits 16 bits')
  memory.fill(REPEATS_AT, 0, REPEATS_BYTES)
  stamp = 0
}

/** Forgets the results of the section before. */
export function nextRepeatSection(): void {
  stamp += 2
  // Stamps begin anew after 32,767 sections: entries from then must not look current.
  if (stamp > 0xffff) {
    openRepeats()
    stamp = 2
  }
}

/** Address of the entry for a record. */
@inline
export function repeatEntry(record: usize): usize {
  return REPEATS_AT + (((<u32>record * 0x9e3779b1) >> 19) << 4)
}

/** Notes that `result` shows this version of the entry's record in this form. */
@inline
export function noteResult(entry: usize, version: u64, withVersion: u32, result: u32): void {
  store<u64>(entry, version)
  store<u32>(entry, result | ((stamp | withVersion) << 16), 8)
}

/** How many results ago the same version was shown in the same form; 0 when that is not known. */
@inline
export function repeatDistance(entry: usize, version: u64, withVersion: u32, result: u32): u32 {
  const noted = load<u32>(entry, 8)
  const known = (load<u64>(entry) == version) & (noted >> 16 == (stamp | withVersion))
  return known ? result - (noted & 0xffff) : 0
}
