// A batch of a store: operations gathered in a buffer of its own, then executed in one go.

import {
  OP_ATOMIC,
  OP_EXISTS,
  OP_GET,
  OP_WITH_VERSION,
  OPTION_PREVIOUS,
  STATUS_NO_MEMORY,
  STATUS_TOO_LARGE,
} from '../protocol/codes.ts'
import { ATOMIC_OPS_MAX, FRAME_OPS_MAX } from '../protocol/limits.ts'
import type { DeleteOptions, ExpireOptions, NewRecordOptions, SetOptions } from '../protocol/write-options.ts'
import { writeU16 } from '../util/bytes.ts'
import { OperationWriter } from './operation-writer.ts'
import { StoreBatchResults } from './store-batch-results.ts'
import type { StoreCore } from './store-core.ts'
import { type Bytes, errorOf, invalid } from './store-errors.ts'
import type { BatchOptions } from './store-options.ts'
import type { ValueForm } from './value-form.ts'

const BUFFER_BYTES_START = 1_024

/** Where an atomic batch has the count of its operations: behind the operation that begins it. */
const ATOMIC_COUNT_AT = 1
const ATOMIC_HEAD_BYTES = 3

/**
 * A batch, made by `batch` of a store. Its methods are the store's calls, but each returns the index of its result, and
 * nothing happens before `run`. Then the operations are executed in order, with one call of the engine.
 *
 * ```ts
 * const batch = store.batch({ atomic: true })
 * batch.set('order:7', 'paid', { if: 'present' })
 * const total = batch.add('orders:paid')
 * const results = batch.run()
 * if (results.committed) console.log(results.number(total))
 * ```
 *
 * An atomic batch takes effect as a whole or not at all: all conditions are checked first, against the store before it.
 * Any other is as good as its operations one after the other.
 *
 * A batch holds up to 32,768 operations, an atomic one 1,024, and up to 16 MiB of operations; what would pass that
 * throws INVALID_ARGUMENT. A method that throws leaves the batch as it was.
 */
export class StoreBatch<Form> {
  readonly #core: StoreCore
  readonly #form: ValueForm<Form>
  readonly #flags: number
  readonly #atomic: boolean
  readonly #writer: OperationWriter

  /** @internal */
  constructor(core: StoreCore, form: ValueForm<Form>, options: BatchOptions = {}) {
    this.#core = core
    this.#form = form
    this.#flags = options.withVersions === true ? OP_WITH_VERSION : 0
    this.#atomic = options.atomic === true
    this.#writer = new OperationWriter(
      Buffer.allocUnsafeSlow(BUFFER_BYTES_START),
      core.time,
      this.#atomic ? ATOMIC_OPS_MAX : FRAME_OPS_MAX,
    )
    this.#begin()
  }

  /** Operations in the batch. */
  get size(): number {
    return this.#writer.count
  }

  /** `value` of the results has what `get` of the store returns. */
  get(key: Bytes): number {
    this.#open().ofKey(OP_GET | this.#flags, key)
    return this.#added()
  }

  /** `ok` of the results has what `has` of the store returns. */
  has(key: Bytes): number {
    this.#open().ofKey(OP_EXISTS | this.#flags, key)
    return this.#added()
  }

  /** `ok` of the results has what `set` of the store returns. */
  set(key: Bytes, value: Bytes, options?: SetOptions): number {
    this.#open().set(key, value, options, this.#flags, 0)
    return this.#added()
  }

  /** As `set`; `value` of the results has the value before. */
  exchange(key: Bytes, value: Bytes, options?: SetOptions): number {
    this.#open().set(key, value, options, this.#flags, OPTION_PREVIOUS)
    return this.#added()
  }

  /** `ok` of the results has what `delete` of the store returns. */
  delete(key: Bytes, options?: DeleteOptions): number {
    this.#open().delete(key, options, this.#flags, 0)
    return this.#added()
  }

  /** `value` of the results has what `take` of the store returns. */
  take(key: Bytes): number {
    this.#open().delete(key, undefined, this.#flags, OPTION_PREVIOUS)
    return this.#added()
  }

  /** `ok` of the results has what `expire` of the store returns. */
  expire(key: Bytes, ttlMs: number, options?: ExpireOptions): number {
    this.#open().expire(key, ttlMs, options, this.#flags)
    return this.#added()
  }

  /** `number` and `bigint` of the results have the sum. */
  add(key: Bytes, delta: number | bigint = 1, options?: NewRecordOptions): number {
    this.#open().add(key, delta, options?.ttlMs, this.#flags)
    return this.#added()
  }

  /** `number` of the results has what `append` of the store returns. */
  append(key: Bytes, value: Bytes): number {
    this.#open().append(key, value, this.#flags)
    return this.#added()
  }

  /** `number` of the results has what `writeRange` of the store returns. */
  writeRange(key: Bytes, offset: number, value: Bytes): number {
    this.#open().writeRange(key, offset, value, this.#flags)
    return this.#added()
  }

  /** `value` of the results has what `readRange` of the store returns. */
  readRange(key: Bytes, offset: number, bytes: number): number {
    this.#open().readRange(key, offset, bytes, this.#flags)
    return this.#added()
  }

  /**
   * Executes the operations and empties the batch, which can be filled again. What became of each is in the results: an
   * operation that failed has its error there. Throws NO_MEMORY when an atomic batch found no memory, and
   * INVALID_ARGUMENT when the results of one would pass 12 MiB; nothing of it took effect then, and it is as it was.
   */
  run(): StoreBatchResults<Form> {
    const core = this.#core
    const writer = this.#writer
    const count = writer.count
    if (!this.#atomic || count === 0) {
      const reply = core.execute(writer.bytes, writer.end, count)
      this.#begin()
      return new StoreBatchResults(this.#form, reply, 0, count, true)
    }
    writeU16(writer.bytes, ATOMIC_COUNT_AT, count)
    const reply = core.execute(writer.bytes, writer.end, count + 1)
    const status = reply[0] as number
    if (status === STATUS_NO_MEMORY) throw errorOf(status)
    if (status === STATUS_TOO_LARGE) throw invalid('the results of an atomic batch would pass their limit')
    this.#begin()
    return new StoreBatchResults(this.#form, reply, 1, count, status === 0)
  }
  /** Throws CLOSED. */
  #open(): OperationWriter {
    this.#core.checkOpen()
    return this.#writer
  }

  /** The index of the operation that was added last. */
  #added(): number {
    return this.#writer.count - 1
  }

  #begin(): void {
    const writer = this.#writer
    writer.reset(this.#atomic ? ATOMIC_HEAD_BYTES : 0)
    if (this.#atomic) writer.bytes[0] = OP_ATOMIC
  }
}
