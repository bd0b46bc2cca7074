import type { Clock } from './clock.ts'
import { SluiceError } from './errors.ts'

/**
 * Settles as `work` does, or rejects with TIMEOUT after `limitMs`: then `work` goes on, and how it ends is not told.
 */
export function withTimeLimit<Value>(clock: Clock, limitMs: number, work: Promise<Value>): Promise<Value> {
  return new Promise((resolve, reject) => {
    const timer = clock.after(limitMs, () => reject(new SluiceError('TIMEOUT', `no answer within ${limitMs} ms`)))
    work.then(resolve, reject).finally(() => timer.cancel())
  })
}
