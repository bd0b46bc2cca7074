// Until when a batch's frames may be sent, and why a server refused them last. Frames that replace one another, because
// they were refused or routed again, go on under the same terms.

import { SluiceError } from '../util/errors.ts'

/** Calls travel together whose limits lie within this part of the time limit. */
const SHARED_PARTS = 20

/** What all frames of one batch have in common. */
export class FrameTerms {
  /** Monotonic time after which nothing of the batch is sent or awaited. */
  readonly deadlineMs: number
  readonly #timeoutMs: number
  /** Why a server did not execute what it was sent; undefined when it was not refused. */
  refusal: string | undefined

  /** @param timeoutMs The time limit that ends at the deadline. */
  constructor(deadlineMs: number, timeoutMs: number) {
    this.deadlineMs = deadlineMs
    this.#timeoutMs = timeoutMs
  }

  /** Whether a call that is to end at `deadlineMs` may share these terms: they end no later, and not much sooner. */
  suits(deadlineMs: number): boolean {
    const soonerMs = deadlineMs - this.deadlineMs
    return soonerMs >= 0 && soonerMs <= this.#timeoutMs / SHARED_PARTS
  }

  /** What operations get that were not sent in time, or only refused: they were not done. */
  notDone(): SluiceError {
    const limit = `within ${this.#timeoutMs} ms`
    if (this.refusal !== undefined) {
      return new SluiceError('NOT_EXECUTED', `the server refused the operations ${limit}: ${this.refusal}`)
    }
    return new SluiceError('TIMEOUT', `the operations could not be sent ${limit}`)
  }

  /** What operations get that were sent and not answered in time. */
  unknown(): SluiceError {
    return new SluiceError('TIMEOUT', `there was no reply within ${this.#timeoutMs} ms`, { fate: 'unknown' })
  }
}
