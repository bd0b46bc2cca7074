// The operations of one batch for one shard, as far as they were not answered yet. A section is sent in a frame; when
// the server stops inside it, the answered operations leave it at the front and the rest is sent again.
//
//   bytes   [ room for headers | answered .. ][ start .. operations .. end )
//
// Position p of the section is operation `indexes[p]` of its batch, or `firstIndex + p` without `indexes`: a batch
// whose operations all went to one shard needs no list.
//
// Its memory is a pooled writer's. It goes back when nobody needs it: not this section, which may be sent again, and
// no write in flight.

import { skipOperations } from '../protocol/operation-walk.ts'
import { protocolError } from '../protocol/protocol-error.ts'
import { readResults } from '../protocol/result-reader.ts'
import { OPERATIONS_START, type SectionWriter } from '../protocol/section-writer.ts'
import { assert } from '../util/assert.ts'
import type { SluiceError } from '../util/errors.ts'
import { STATUS_NOT_DONE, STATUS_UNKNOWN } from './columns.ts'
import type { PendingBatch } from './pending-batch.ts'

/** The encoded operations of a section and where they belong in their batch. */
export interface SectionContent {
  /** Number of the shard it is for, and the shard's view in the topology that routed it. */
  readonly shard: number
  readonly view: number
  /**
   * Holds the operations from `start` to `end`; headers may be written before `start` when that is OPERATIONS_START.
   */
  readonly bytes: Uint8Array
  readonly start: number
  readonly end: number
  readonly operationCount: number
  readonly indexes: Uint32Array | undefined
  readonly firstIndex: number
  /** The pooled writer that `bytes` belong to, if any. */
  readonly writer: SectionWriter | undefined
}

/** A section on its way. */
export class Section {
  readonly batch: PendingBatch
  readonly shard: number
  readonly view: number
  readonly bytes: Uint8Array
  readonly end: number
  readonly #writer: SectionWriter | undefined
  #start: number
  #operationCount: number
  #indexes: Uint32Array | undefined
  #firstIndex: number
  /** This section itself until it ends, and each write of its bytes that was not released. */
  #users = 1

  constructor(batch: PendingBatch, content: SectionContent) {
    assert(content.operationCount > 0, 'a section holds operations')
    this.batch = batch
    this.shard = content.shard
    this.view = content.view
    this.bytes = content.bytes
    this.end = content.end
    this.#start = content.start
    this.#operationCount = content.operationCount
    this.#indexes = content.indexes
    this.#firstIndex = content.firstIndex
    this.#writer = content.writer
  }

  /** Where the first unanswered operation begins. */
  get start(): number {
    return this.#start
  }

  /** Operations not answered yet. */
  get operationCount(): number {
    return this.#operationCount
  }

  /** Whether headers may be written before `start`: the room is there, and no write reads it. */
  get hasRoomForHeaders(): boolean {
    return this.#start === OPERATIONS_START && this.#users === 1
  }

  /** The batch's index of the operation at a position among the unanswered ones. */
  operationIndex(position: number): number {
    return this.#indexes === undefined ? this.#firstIndex + position : (this.#indexes[position] as number)
  }

  /**
   * Writes the first `count` results into the batch's columns. Throws PROTOCOL when they do not fill the bytes, or when
   * they end inside an atomic group.
   */
  answer(reply: Uint8Array, start: number, end: number, count: number, source: number): void {
    assert(count <= this.#operationCount, 'no more results than operations')
    const { columns } = this.batch
    const indexes = this.#indexes
    readResults(reply, start, end, count, columns, this.#firstIndex, indexes)
    if (indexes === undefined) columns.sources.fill(source, this.#firstIndex, this.#firstIndex + count)
    else fillAt(columns.sources, indexes, count, source)
    if (count === this.#operationCount) this.#end()
    else this.#dropAnswered(count)
  }

  /** Gives up: its unanswered operations get the error's fate. */
  fail(error: SluiceError): void {
    this.failRange(0, this.#operationCount, error)
    this.#end()
  }

  /** Gives the error's fate to `count` unanswered operations from a position on; they must not be answered after that. */
  failRange(first: number, count: number, error: SluiceError): void {
    const { columns } = this.batch
    const failure = this.batch.addFailure(error)
    const status = error.fate === 'unknown' ? STATUS_UNKNOWN : STATUS_NOT_DONE
    for (let position = first; position < first + count; position++) {
      const index = this.operationIndex(position)
      columns.statuses[index] = status
      columns.sources[index] = failure
    }
  }

  /** Its unanswered operations go on in other sections, which the batch knows already, or have their fate. */
  replace(): void {
    this.#end()
  }

  /** A write of its bytes begins; `release` ends it. */
  use(): void {
    this.#users += 1
  }

  /** One user less; the last one gives the memory back. */
  release(): void {
    this.#users -= 1
    assert(this.#users >= 0, 'a section is released once by each user')
    if (this.#users === 0 && this.#writer !== undefined) this.batch.pools.giveWriter(this.#writer)
  }

  #end(): void {
    assert(this.#operationCount > 0, 'a section ends once')
    this.#operationCount = 0
    this.release()
    this.batch.endSection()
  }

  #dropAnswered(count: number): void {
    if (count === 0) return
    const start = skipOperations(this.bytes, this.#start, this.end, count)
    // The client encoded its operations well, so it is the server that stopped inside an atomic group.
    if (start < 0) throw protocolError('a reply ends inside an atomic group')
    this.#start = start
    this.#operationCount -= count
    if (this.#indexes === undefined) this.#firstIndex += count
    else this.#indexes = this.#indexes.subarray(count)
  }
}

function fillAt(column: Uint16Array, indexes: Uint32Array, count: number, value: number): void {
  for (let position = 0; position < count; position++) column[indexes[position] as number] = value
}
