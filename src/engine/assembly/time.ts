// The time of the present call. Nothing here reads a clock: the host says what time it is.

/** Milliseconds since 1970. */
export let now: u64 = 0

export function setNow(ms: u64): void {
  now = ms
}
