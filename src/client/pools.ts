// What batches leave behind for later batches. A pool only ever holds what nobody else can reach; it is bounded,
// and what does not fit is left to the garbage collector.

import { SectionWriter } from '../protocol/section-writer.ts'
import { ColumnPool } from './columns.ts'

/** Writers kept. */
const POOLED_WRITERS_MAX = 64

/** A writer whose buffer grew beyond this is not kept: one large value must not pin its room for ever. */
const POOLED_WRITER_BYTES_MAX = 1024 * 1024

/** The pools of one client. */
export class Pools {
  readonly columns = new ColumnPool()
  readonly #writers: SectionWriter[] = []

  /** An empty writer. */
  takeWriter(): SectionWriter {
    return this.#writers.pop() ?? new SectionWriter()
  }

  /** Takes a writer back whose bytes nobody reads any more. */
  giveWriter(writer: SectionWriter): void {
    if (this.#writers.length >= POOLED_WRITERS_MAX || writer.buffer.length > POOLED_WRITER_BYTES_MAX) return
    writer.reset()
    this.#writers.push(writer)
  }
}
