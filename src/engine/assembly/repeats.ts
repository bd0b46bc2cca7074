// Which results of this section may be repeated: a small direct-mapped table from a record's version to the result
// that showed it. A version names one state of one record for ever, so an equal version proves an unchanged record
// and no write ever has to clear an entry.
//
//   entry, 16 bytes:   0 version u64   8 serial u32 of section and form   12 result u32

import { REPEATS_AT, REPEATS_BYTES, REPEATS_COUNT } from './layout.ts'

let serial: u32 = 0

/** Empties the table. */
export function openRepeats(): void {
  memory.fill(REPEATS_AT, 0, REPEATS_BYTES)
  serial = 0
}

/** Forgets the results of the section before. */
export function nextRepeatSection(): void {
  serial += 2
  // Serials begin anew after 2^31 sections: entries from then must not look current.
  if (serial == 0) {
    openRepeats()
    serial = 2
  }
}

/** How many results ago the same version was shown in the same form (0: not known), and notes that `result` shows it. */
@inline
export function repeatDistance(version: u64, withVersion: u32, result: u32): u32 {
  const entry = REPEATS_AT + ((<usize>version & (REPEATS_COUNT - 1)) << 4)
  const form = serial | withVersion
  const known = load<u64>(entry) == version && load<u32>(entry, 8) == form
  const distance = known ? result - load<u32>(entry, 12) : 0
  if (!known) {
    store<u64>(entry, version)
    store<u32>(entry, form, 8)
  }
  store<u32>(entry, result, 12)
  return distance
}
