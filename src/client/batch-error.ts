// A batch that could not be answered whole, without hiding what was answered.

import { type Fate, SluiceError } from '../util/errors.ts'
import type { BatchResults } from './batch-results.ts'

/** What `Batch.send` rejects with when operations were not answered. */
export class BatchError extends SluiceError {
  /** What is known of every operation: those that were answered have their results. */
  readonly results: BatchResults

  /** @internal */
  constructor(cause: SluiceError, results: BatchResults) {
    let left = 0
    let fate: Fate = 'not-done'
    for (let index = 0; index < results.length; index++) {
      const isLeft = results.fate(index) !== 'done'
      if (isLeft) left += 1
      // The batch as a whole is only not done if none of it may have taken effect.
      if (!isLeft || results.fate(index) === 'unknown') fate = 'unknown'
    }
    super(cause.code, `${left} of ${results.length} operations were not done: ${cause.message}`, { cause, fate })
    this.results = results
  }
}
