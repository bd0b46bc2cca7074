// Marsaglia's xorshift64 with the shifts 13, 7, 17: the generator of the reference workload. Every state but 0 comes
// round once in 2^64 - 1 steps, and the state itself is the number drawn.

const UNIT_BITS = 53
const UNIT: f64 = 1.0 / <f64>((<u64>1) << UNIT_BITS)

/** The state after `state`. */
@inline
export function step(state: u64): u64 {
  state ^= state << 13
  state ^= state >> 7
  return state ^ (state << 17)
}

/** The upper 53 bits of a state as a fraction in [0, 1). */
@inline
export function fraction(state: u64): f64 {
  return <f64>(state >> (64 - UNIT_BITS)) * UNIT
}
