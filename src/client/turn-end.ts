// When a turn ends: Node runs promise jobs until none is left, then the next-tick queue. A tick asked for from
// inside a promise job therefore runs after every continuation that this turn still wakes, however deep its
// chain of awaits, and before any I/O: so one batch gathers all of them, and none waits for a timer.

/** Calls back once, after every promise job of the current turn and before the next I/O. */
export function atTurnEnd(callback: () => void): void {
  queueMicrotask(() => process.nextTick(callback))
}
