// A driver of a Map: it does what drivers promise, when the test lets it, and keeps what it was told.

import type { DrivenResults, Driver } from '../../src/bench/drivers/driver.ts'
import {
  KIND_ADD,
  KIND_DELETE,
  KIND_INCREMENT,
  KIND_READ,
  KIND_READ_MODIFY_WRITE,
} from '../../src/bench/workload/kinds.ts'
import type { ValueTable } from '../../src/bench/workload/values.ts'
import type { OperationBlock } from '../../src/bench/workload/workload.ts'
import { STATUS_MISSING, STATUS_NUMBER, STATUS_OK, STATUS_UNMET, STATUS_VALUE } from '../../src/protocol/codes.ts'
import { type BlockEntry, entriesOf, keyTextOf } from './operation-blocks.ts'

/** What one operation gave. */
export interface MapResult {
  readonly status: number
  readonly value?: Uint8Array
  readonly number?: bigint
}

/** Drives a Map. */
export class MapDriver implements Driver {
  bytesSent = 0
  bytesReceived = 0
  /** What each call of `execute` was given, in order. */
  readonly executed: BlockEntry[][] = []
  /** Results that were not released yet. */
  unreleased = 0
  /** Before the answer to each block; replaced by tests. */
  answering: (block: OperationBlock) => Promise<void> = () => Promise.resolve()
  /** Changes results on their way; replaced by tests. */
  change: (results: MapResult[]) => MapResult[] = (results) => results
  readonly records = new Map<string, Uint8Array>()
  readonly #counters = new Map<string, bigint>()
  readonly #values: ValueTable

  constructor(values: ValueTable) {
    this.#values = values
  }

  async execute(block: OperationBlock): Promise<DrivenResults> {
    const entries = entriesOf(block)
    this.executed.push(entries)
    this.bytesSent += block.count
    const results = this.change(
      entries.map(({ kind, rank }, index) => this.#execute(kind, rank, keyTextOf(block, index))),
    )
    await this.answering(block)
    this.bytesReceived += 2 * block.count
    this.unreleased++
    return mapResults(results, () => this.unreleased--)
  }

  async close(): Promise<void> {}

  #execute(kind: number, rank: number, key: string): MapResult {
    const found = this.records.get(key)
    if (kind === KIND_READ || kind === KIND_READ_MODIFY_WRITE) {
      return found === undefined ? { status: STATUS_MISSING } : { status: STATUS_VALUE, value: found }
    }
    if (kind === KIND_DELETE) return { status: this.records.delete(key) ? STATUS_OK : STATUS_MISSING }
    if (kind === KIND_INCREMENT) {
      const number = (this.#counters.get(key) ?? 0n) + 1n
      this.#counters.set(key, number)
      return { status: STATUS_NUMBER, number }
    }
    if (kind === KIND_ADD && found !== undefined) return { status: STATUS_UNMET }
    this.records.set(key, this.#values.value(rank).slice())
    return { status: STATUS_OK }
  }
}

/** Results that lie somewhere inside their source, as those of a real reply do. */
export function mapResults(results: readonly MapResult[], onRelease = (): void => {}): DrivenResults {
  const at = (index: number): MapResult => results[index] ?? { status: 0xff }
  const bytesOf = (index: number): Uint8Array => at(index).value ?? new Uint8Array(0)
  return {
    status: (index) => at(index).status,
    source: (index) => Uint8Array.of(9, 9, 9, ...bytesOf(index), 9),
    valueStart: () => 3,
    valueBytes: (index) => bytesOf(index).length,
    number: (index) => at(index).number ?? 0n,
    release: onRelease,
  }
}
