// Limits that a caller sets to one call: a signal, a time. A call that has none does not come by here.

import type { Clock } from '../util/clock.ts'
import { type Fate, SluiceError } from '../util/errors.ts'
import { onAbort } from './abort.ts'
import { checkTimeout } from './options.ts'

/** Limits of one call. */
export interface CallOptions {
  /**
   * Ends the call when it aborts: it rejects with CANCELLED, and its fate is `unknown` if it is a write that may be
   * executed all the same.
   */
  readonly signal?: AbortSignal | undefined
  /** Milliseconds after which the call rejects with TIMEOUT, if that is sooner than by the client's `timeoutMs`. */
  readonly timeoutMs?: number | undefined
}

/**
 * What `work` settles to, unless the limits strike before: then it rejects, and `fate`, asked once, tells what is known of
 * the call.
 */
export function limited<T>(clock: Clock, options: CallOptions, fate: () => Fate, work: Promise<T>): Promise<T> {
  const { signal, timeoutMs } = options
  if (signal === undefined && timeoutMs === undefined) return work
  return new Promise((resolve, reject) => {
    const cancel = (): void => {
      reject(
        new SluiceError('CANCELLED', 'the signal of the call was aborted', { cause: signal?.reason, fate: fate() }),
      )
    }
    const late = (): void => {
      reject(new SluiceError('TIMEOUT', `the call was not answered within ${timeoutMs} ms`, { fate: fate() }))
    }
    const timer = timeoutMs === undefined ? undefined : clock.after(timeoutMs, late)
    const stopListening = onAbort(signal, cancel)
    work.then(resolve, reject).finally(() => {
      timer?.cancel()
      stopListening()
    })
  })
}

/** Throws INVALID_ARGUMENT for limits that are none, CANCELLED when the call is over before it began. */
export function checkLimits({ signal, timeoutMs }: CallOptions): void {
  if (timeoutMs !== undefined) checkTimeout(timeoutMs)
  if (signal?.aborted === true) {
    throw new SluiceError('CANCELLED', 'the signal of the call was aborted before', { cause: signal.reason })
  }
}
