// A batch between `send` and its results. Its sections travel on their own, over several connections and perhaps
// more than once; this is where they meet again. It holds no operations, only what became of them.
//
//   invariant: sectionsLeft counts the sections that were neither answered to their end nor failed; at zero the batch
//   is settled, exactly once, and every operation has a status.

import { assert } from '../util/assert.ts'
import type { SluiceError } from '../util/errors.ts'
import { BatchResults, type Source } from './batch-results.ts'
import { type Columns, SOURCES_MAX } from './columns.ts'
import type { Pools } from './pools.ts'
import type { MemoryReuse } from './transport.ts'

/** The state that the sections of one sent batch share. */
export class PendingBatch {
  readonly columns: Columns
  readonly operationCount: number
  readonly pools: Pools
  readonly #settled: (results: BatchResults) => void
  readonly #sources: Source[] = []
  readonly #failures: SluiceError[] = []
  #sectionsLeft = 0

  /** @param settled Called once, synchronously, when the last section ends. It must not throw. */
  constructor(columns: Columns, operationCount: number, pools: Pools, settled: (results: BatchResults) => void) {
    this.columns = columns
    this.operationCount = operationCount
    this.pools = pools
    this.#settled = settled
  }

  /** More sections belong to this batch: those it is made of, or the parts of one that was split. */
  addSections(count: number): void {
    this.#sectionsLeft += count
  }

  /** A section was answered to its end, failed, or was replaced by its parts. */
  endSection(): void {
    assert(this.#sectionsLeft > 0, 'a section ends once')
    this.#sectionsLeft -= 1
    if (this.#sectionsLeft === 0) this.#settle()
  }

  /** A batch without operations has its results at once. */
  settleEmpty(): void {
    assert(this.operationCount === 0 && this.#sectionsLeft === 0, 'only a batch without operations is settled unsent')
    this.#settle()
  }

  #settle(): void {
    this.#settled(new BatchResults(this.columns, this.operationCount, this.#sources, this.#failures, this.pools))
  }

  /** Keeps a reply for as long as the results live; returns its number for the `sources` column. */
  addSource(bytes: Uint8Array, reuse: MemoryReuse | undefined): number {
    assert(this.#sources.length < SOURCES_MAX, 'a batch has fewer replies than its sources column can tell apart')
    reuse?.hold(bytes)
    return this.#sources.push({ bytes, reuse }) - 1
  }

  /** Keeps a failure; returns its number for the `sources` column. One failure often ends many sections. */
  addFailure(error: SluiceError): number {
    const known = this.#failures.indexOf(error)
    if (known >= 0) return known
    assert(this.#failures.length < SOURCES_MAX, 'a batch has fewer failures than its sources column can tell apart')
    return this.#failures.push(error) - 1
  }
}
