// The time limits of one connection, checked now and then by the thread's sweep: no timer is set for a frame.

import type { ServerLimits } from './limits.ts'

/** What the sweep finds of a connection. */
export interface ConnectionFacts {
  readonly state: 'hello' | 'open' | 'ending' | 'closed'
  readonly isDraining: boolean
  /** Whether complete frames wait for the peer or for slabs. */
  readonly isStalled: boolean
  /** Whether nothing is read from the peer, since its frames wait or it must wait for a place for a large one. */
  readonly isPaused: boolean
  /** Whether it holds a place for a large incomplete frame. */
  readonly hasLargeFrame: boolean
  /** Bytes of incomplete or waiting frames. */
  readonly bufferedBytes: number
  readonly bytesIn: number
  readonly heldBytes: number
  readonly releaseCount: number
}

/** What is to be done about it. */
export type Verdict = 'fine' | 'late-hello' | 'late-frame' | 'slow-reader' | 'idle' | 'lingers' | 'drained'

/** Remembers since when a connection has been in the condition that a limit is about. All times are monotonic ms. */
export class ConnectionWatch {
  readonly #limits: ServerLimits
  /** Start of the present state. */
  #stateSinceMs: number
  #state: ConnectionFacts['state'] = 'hello'
  /** Last sight of the peer taking what was sent, or of nothing to take. */
  #releasedAtMs: number
  #releaseCount = 0
  /** Last sight of bytes received. */
  #receivedAtMs: number
  #bytesIn = 0
  #isDraining = false
  /** Last sight of no large frame that could arrive. */
  #noLargeFrameAtMs: number

  constructor(limits: ServerLimits, nowMs: number) {
    this.#limits = limits
    this.#stateSinceMs = nowMs
    this.#releasedAtMs = nowMs
    this.#receivedAtMs = nowMs
    this.#noLargeFrameAtMs = nowMs
  }

  /** @param isWaitedFor Whether other connections wait for what this one's replies hold. */
  check(facts: ConnectionFacts, isWaitedFor: boolean, nowMs: number): Verdict {
    this.#note(facts, nowMs)
    const limits = this.#limits
    switch (facts.state) {
      case 'hello':
        return nowMs - this.#stateSinceMs >= limits.handshakeMs ? 'late-hello' : 'fine'
      case 'open': {
        const slowMs = isWaitedFor ? limits.slowReaderStarvingMs : limits.slowReaderMs
        if (nowMs - this.#releasedAtMs >= slowMs) return 'slow-reader'
        if (nowMs - this.#noLargeFrameAtMs >= limits.largeFrameMs) return 'late-frame'
        if (facts.isDraining) return this.#isQuiet(facts, nowMs, limits.drainQuietMs) ? 'drained' : 'fine'
        return this.#isQuiet(facts, nowMs, limits.idleMs) ? 'idle' : 'fine'
      }
      case 'ending':
        return nowMs - this.#stateSinceMs >= limits.lingerMs ? 'lingers' : 'fine'
      case 'closed':
        return 'fine'
    }
  }

  #note(facts: ConnectionFacts, nowMs: number): void {
    if (facts.state !== this.#state) {
      this.#state = facts.state
      this.#stateSinceMs = nowMs
    }
    if (facts.heldBytes === 0 || facts.releaseCount !== this.#releaseCount) this.#releasedAtMs = nowMs
    // A drain begins a silence of its own; and who is not read from cannot break its silence.
    const isSilent = facts.bytesIn === this.#bytesIn && facts.isDraining === this.#isDraining && !facts.isPaused
    if (!isSilent) this.#receivedAtMs = nowMs
    this.#isDraining = facts.isDraining
    if (!facts.hasLargeFrame || facts.isStalled) this.#noLargeFrameAtMs = nowMs
    this.#releaseCount = facts.releaseCount
    this.#bytesIn = facts.bytesIn
  }

  /** Whether the peer has been answered everything and has sent nothing for so long. */
  #isQuiet(facts: ConnectionFacts, nowMs: number, durationMs: number): boolean {
    if (facts.isStalled || facts.heldBytes > 0) return false
    // Who is told to go away may finish its frame; half a frame alone keeps no connection alive.
    if (facts.isDraining && facts.bufferedBytes > 0) return false
    return nowMs - this.#receivedAtMs >= durationMs
  }
}
