// Assertions state what the code relies on. A failed one is a bug in Sluice, never bad input, so it throws
// past every handler and ends the thread.

/** A broken invariant inside Sluice. */
export class AssertionError extends Error {
  override readonly name = 'AssertionError'
}

/** Throws unless the condition holds. Always on: keep the condition cheap and the message constant. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new AssertionError(message)
}
