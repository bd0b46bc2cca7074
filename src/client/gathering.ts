// One promise for many reads: each is an operation in the open batch of its lane, and their values meet here.

import type { OwnedBytes } from '../util/owned-bytes.ts'
import type { BatchResults } from './batch-results.ts'

/** What each of the reads gives. */
export type GatheredForm = 'bytes' | 'text'

/** Values by the position of their keys; undefined where there is no record. */
export type Gathered = (Uint8Array | string | undefined)[]

/** The reads of one call. Settled once: with all values, or with the first error. */
export class Gathering {
  readonly promise: Promise<Gathered>
  readonly #values: Gathered
  readonly #form: GatheredForm
  #left: number
  #isOver = false
  #resolve: (values: Gathered) => void = () => {}
  #reject: (error: unknown) => void = () => {}

  /** @param count Values that are to come; at least one. */
  constructor(count: number, form: GatheredForm) {
    this.#values = new Array(count)
    this.#left = count
    this.#form = form
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
  }

  /** Takes the result of operation `index` for the key at `position`. */
  take(position: number, results: BatchResults, index: number, owned: OwnedBytes): void {
    const error = results.error(index)
    if (error !== undefined) {
      this.fail(error)
      return
    }
    this.#values[position] = this.#form === 'text' ? results.string(index) : results.ownedValue(index, owned)
    this.#left -= 1
    if (this.#left === 0) this.#resolve(this.#values)
  }

  /** Rejects, whatever else comes. */
  fail(error: unknown): void {
    this.#isOver = true
    this.#reject(error)
  }

  /** Its caller does not wait for it any more. */
  end(): void {
    this.#isOver = true
  }

  /** Whether reads that were not sent yet need not be. */
  get isOver(): boolean {
    return this.#isOver
  }
}
