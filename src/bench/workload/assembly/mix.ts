// Which kind an operation is: 32 drawn bits fall between the bounds of one kind. The bounds are the sums of the shares
// of the kinds up to there, so the first kind's bound is its share.
//
// Counting the bounds that the bits reach needs no branch that the drawn bits decide: a mix costs what its number of
// kinds makes it cost, about a nanosecond a kind.

const KINDS_MAX: u32 = 16

const CODES: usize = memory.data(16)
const BOUNDS: usize = memory.data(128, 8)

let count: u32 = 0

/** Adds a kind that is drawn from the bound of the one before up to its own; the last one is drawn above as well. */
export function addKind(kind: u8, bound: u64): void {
  assert(count < KINDS_MAX, 'there is room for every kind')
  store<u8>(CODES + count, kind)
  store<u64>(BOUNDS + (count << 3), bound)
  count++
}

/** The kind that 32 drawn bits mean. */
@inline
export function kindOf(drawn: u64): u8 {
  const last = count - 1
  let row: u32 = 0
  for (let index: u32 = 0; index < last; index++) row += u32(drawn >= load<u64>(BOUNDS + (index << 3)))
  return load<u8>(CODES + row)
}
