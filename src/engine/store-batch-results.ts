// What became of a batch: one piece of memory with all results, and where in it each lies. Nothing is made of a result
// before it is asked for.

import { STATUS_MISSING, STATUS_UNMET } from '../protocol/codes.ts'
import { readResults } from '../protocol/result-reader.ts'
import { RESULT_SHAPES, STATUSES } from '../protocol/statuses.ts'
import type { SluiceError } from '../util/errors.ts'
import { errorOf, hasFailed, invalid } from './store-errors.ts'
import { type Source, sourceOf, type ValueForm } from './value-form.ts'

/**
 * The results of a batch, by the index that its method returned. `value`, `number`, `bigint` and `version` throw the
 * error of an operation that failed, and INVALID_ARGUMENT for an index that is not in the batch. The results stay as
 * they are whatever becomes of the store.
 */
export class StoreBatchResults<Form> {
  /** Operations of the batch. */
  readonly length: number
  /** False when an atomic batch did not take effect because a condition did not hold or an operation failed. */
  readonly committed: boolean
  readonly #form: ValueForm<Form>
  readonly #source: Source
  readonly #statuses: Uint8Array
  readonly #starts: Uint32Array
  readonly #lengths: Uint32Array

  /** @internal */
  constructor(form: ValueForm<Form>, reply: Buffer, start: number, length: number, committed: boolean) {
    this.length = length
    this.committed = committed
    this.#form = form
    this.#source = sourceOf(reply.buffer, reply.byteOffset, reply.length)
    this.#statuses = new Uint8Array(length)
    this.#starts = new Uint32Array(length)
    this.#lengths = new Uint32Array(length)
    const columns = { statuses: this.#statuses, starts: this.#starts, lengths: this.#lengths }
    readResults(this.#source.bytes, start, reply.length, length, columns, 0)
  }

  /**
   * Whether the operation was executed, its condition held, and the record that it is about was there. Never throws
   * the operation's error.
   */
  ok(index: number): boolean {
    const status = this.#statusAt(index)
    return status !== STATUS_MISSING && status < STATUS_UNMET && !hasFailed(status)
  }

  /** The value: of `get`, `take` and `readRange`, and the one before `exchange`. Undefined when there was none. */
  value(index: number): Form | undefined {
    const status = this.#doneAt(index)
    if (!RESULT_SHAPES[shapeOf(status)].hasLength) return undefined
    const start = this.#starts[index] as number
    return this.#form.read(this.#source, start, start + (this.#lengths[index] as number))
  }

  /** The number: of `add`, `append` and `writeRange`; beyond 2^53 rounded. */
  number(index: number): number {
    return Number(this.bigint(index))
  }

  /** The number, exact. Throws INVALID_ARGUMENT for an operation that gives none. */
  bigint(index: number): bigint {
    const status = this.#doneAt(index)
    if (RESULT_SHAPES[shapeOf(status)].numberBytes === 0) throw invalid(`operation ${index} gives no number`)
    return this.#source.numbers.getBigInt64(this.#starts[index] as number, true)
  }

  /** The version that the record had then, in a batch with versions; undefined when there was no record. */
  version(index: number): bigint | undefined {
    const status = this.#doneAt(index)
    if (RESULT_SHAPES[shapeOf(status)].stampBytes === 0) return undefined
    return this.#source.numbers.getBigUint64((this.#starts[index] as number) - 8, true)
  }

  /**
   * Why the operation was not executed: NO_MEMORY, VALUE_TOO_LARGE, NOT_A_NUMBER, OVERFLOW or ABORTED; undefined when
   * it was.
   */
  error(index: number): SluiceError | undefined {
    const status = this.#statusAt(index)
    return hasFailed(status) ? errorOf(status) : undefined
  }

  /** The first of all errors; undefined when every operation was executed. O(length). */
  get firstError(): SluiceError | undefined {
    const status = this.#statuses.find(hasFailed)
    return status === undefined ? undefined : errorOf(status)
  }

  #doneAt(index: number): number {
    const status = this.#statusAt(index)
    if (hasFailed(status)) throw errorOf(status)
    return status
  }

  #statusAt(index: number): number {
    const status = this.#statuses[index]
    if (status === undefined) throw invalid(`the batch has no operation ${index}`)
    return status
  }
}

function shapeOf(status: number): keyof typeof RESULT_SHAPES {
  return STATUSES[status]?.shape ?? 'empty'
}
