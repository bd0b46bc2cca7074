// Bounded waiting. Every timer and listener is gone when the returned promise settles.

import type { Clock } from '../util/clock.ts'
import { SluiceError } from '../util/errors.ts'
import { onAbort } from './abort.ts'

/**
 * Runs `work` with a signal that aborts after `timeoutMs`, or when `outer` does, and rejects with the signal's reason
 * then, whether the work listens to its signal or not.
 */
export async function withDeadline<T>(
  clock: Clock,
  timeoutMs: number,
  outer: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController()
  const { signal } = controller
  const abort = (): void => {
    controller.abort(new SluiceError('CONNECT_FAILED', 'the attempt was aborted', { cause: outer?.reason }))
  }
  const timer = clock.after(timeoutMs, () => {
    controller.abort(new SluiceError('CONNECT_FAILED', `there was no answer within ${timeoutMs} ms`))
  })
  const stopListening = onAbort(outer, abort)
  try {
    if (outer?.aborted) abort()
    signal.throwIfAborted()
    return await Promise.race([work(signal), aborted(signal)])
  } finally {
    timer.cancel()
    stopListening()
  }
}

/** Never resolves; the signal is ours, so the listener goes with it. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}
