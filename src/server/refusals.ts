// Why connections are refused, told apart as an operator needs it: a hello's answer says less. A client learns that its
// credentials are not taken, not whether the server has a password at all or serves other machines.

import {
  type Hello,
  REFUSAL_AUTHENTICATION,
  REFUSAL_CONNECTIONS,
  REFUSAL_DRAINING,
  REFUSAL_FEATURE,
  REFUSAL_LIMITS,
  REFUSAL_VERSION,
} from '../protocol/hello.ts'
import { assert } from '../util/assert.ts'

/** Connections that were refused, by the reason; each is counted once. */
export interface RefusalCounts {
  /** Hellos with credentials that are not the password. */
  readonly wrongPassword: number
  /** Hellos without any, where there is a password. */
  readonly noPassword: number
  /** Clients of other machines, where only those of this one are served. */
  readonly remoteClient: number
  /** Beyond `connectionsMax`; those far beyond it, which were closed without a word, included. */
  readonly connections: number
  /** Closed without a word, since too many others had not said hello yet. */
  readonly strangers: number
  /** Came while the server was about to stop. */
  readonly draining: number
  /** Clients that speak no common version. */
  readonly version: number
  /** Clients that require what the server does not have. */
  readonly feature: number
  /** Clients that take smaller frames than the server may send. */
  readonly limits: number
}

type RefusalReason = keyof RefusalCounts

/** Counts them for one thread. */
export class Refusals {
  readonly #counts: Record<RefusalReason, number> = {
    wrongPassword: 0,
    noPassword: 0,
    remoteClient: 0,
    connections: 0,
    strangers: 0,
    draining: 0,
    version: 0,
    feature: 0,
    limits: 0,
  }

  /** Counts a connection that is closed before it said hello. */
  noteUnheard(reason: 'connections' | 'strangers'): void {
    this.#counts[reason]++
  }

  /** Counts a hello that was refused; `standing` is the refusal that any hello of its connection would have met. */
  noteHello(refusal: number, standing: number, { credentials }: Hello): void {
    this.#counts[reasonOf(refusal, standing, credentials.length > 0)]++
  }

  get counts(): RefusalCounts {
    return { ...this.#counts }
  }
}

function reasonOf(refusal: number, standing: number, hasCredentials: boolean): RefusalReason {
  switch (refusal) {
    case REFUSAL_AUTHENTICATION:
      if (standing === REFUSAL_AUTHENTICATION) return 'remoteClient'
      return hasCredentials ? 'wrongPassword' : 'noPassword'
    case REFUSAL_CONNECTIONS:
      return 'connections'
    case REFUSAL_DRAINING:
      return 'draining'
    case REFUSAL_FEATURE:
      return 'feature'
    case REFUSAL_LIMITS:
      return 'limits'
    default:
      assert(refusal === REFUSAL_VERSION, 'every refusal has a reason')
      return 'version'
  }
}
