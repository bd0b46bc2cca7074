// The fast way to work with many records: no promise, closure or object for an operation.

import { slotOfBytes, slotOfString } from '../cluster/slot.ts'
import { OP_GET, OP_SET, OP_WITH_VERSION } from '../protocol/codes.ts'
import type { OperationFields } from '../protocol/operation-head.ts'
import type { SetOptions } from '../protocol/write-options.ts'
import { SluiceError } from '../util/errors.ts'
import type { BatchBuilder } from './batch-builder.ts'
import type { BatchResults } from './batch-results.ts'
import type { Dispatcher, SendOptions } from './dispatcher.ts'
import { OperationList } from './operation-list.ts'
import { checkTimeout } from './options.ts'

/** Options of `client.batch`. */
export interface BatchOptions {
  /** Whether results carry the records' versions, 8 bytes each. Default false. */
  readonly withVersions?: boolean
}

/**
 * A group of operations that is sent as one. Operations on one shard run in the order in which they were appended; the
 * order between shards is open. Every append returns the operation's index in the results.
 *
 * ```ts
 * const batch = client.batch()
 * batch.set('user:1', 'Ada')
 * const name = batch.get('user:1')
 * const results = await batch.send()
 * results.string(name) // 'Ada'
 * ```
 *
 * After `send` every method throws INVALID_ARGUMENT: `client.batch()` gives
 * a fresh batch, whose memory comes from earlier ones.
 */
export class Batch extends OperationList {
  readonly #dispatcher: Dispatcher
  readonly #flags: number
  /** Undefined once sent. */
  #builder: BatchBuilder | undefined
  readonly #slots: Uint16Array

  /** @internal */
  constructor(dispatcher: Dispatcher, options: BatchOptions = {}) {
    super(() => dispatcher.clock.nowMs())
    this.#dispatcher = dispatcher
    this.#flags = options.withVersions === true ? OP_WITH_VERSION : 0
    this.#builder = dispatcher.open()
    this.#slots = this.#builder.routing.slots
  }

  /** Operations appended. */
  get size(): number {
    return this.#open().operationCount
  }

  override get(key: string | Uint8Array): number {
    return this.#append(OP_GET, key)
  }

  override set(key: string | Uint8Array, value: string | Uint8Array, options?: SetOptions): number {
    if (options !== undefined) return super.set(key, value, options)
    return this.#open().appendSet(OP_SET | this.#flags, this.#shardOf(key), key, value)
  }

  /** As `get`, for the key in `keys[start, end)`: needs no view of a larger array. */
  getBytes(keys: Uint8Array, start: number, end: number): number {
    const shard = this.#slots[slotOfBytes(keys, start, end)] as number
    return this.#open().appendBytes(OP_GET | this.#flags, shard, keys, start, end)
  }

  /** As `set`, for the key in `keys[keyStart, keyEnd)` and the value in `values[valueStart, valueEnd)`. */
  setBytes(
    keys: Uint8Array,
    keyStart: number,
    keyEnd: number,
    values: Uint8Array,
    valueStart: number,
    valueEnd: number,
  ): number {
    const shard = this.#slots[slotOfBytes(keys, keyStart, keyEnd)] as number
    const operation = OP_SET | this.#flags
    return this.#open().appendSetBytes(operation, shard, keys, keyStart, keyEnd, values, valueStart, valueEnd)
  }

  /**
   * Sends the batch and resolves to its results; an operation for which the shard had no memory is a status in them.
   * Rejects with BatchError when operations were not answered: TIMEOUT, DISCONNECTED, NOT_EXECUTED, QUEUE_FULL, PROTOCOL,
   * CANCELLED by the signal, or CLOSED when the client was destroyed. Its `fate` is `not-done` only if nothing of the batch took effect or may have; its `results`
   * say what became of each operation. Rejects with CLOSED when the client was closed before.
   */
  send(options: SendOptions = {}): Promise<BatchResults> {
    const builder = this.#open()
    if (options.timeoutMs !== undefined) checkTimeout(options.timeoutMs)
    this.#builder = undefined
    return this.#dispatcher.sendBatch(builder, options)
  }

  protected override appendOperation(code: number, key: string | Uint8Array, fields: OperationFields): number {
    const asksVersion = this.#flags !== 0 && fields.withExpiry !== true
    return this.#open().appendOperation(code, this.#shardOf(key), { ...fields, key, withVersion: asksVersion })
  }

  #append(operation: number, key: string | Uint8Array): number {
    return this.#open().append(operation | this.#flags, this.#shardOf(key), key)
  }

  #shardOf(key: string | Uint8Array): number {
    return this.#slots[typeof key === 'string' ? slotOfString(key) : slotOfBytes(key, 0, key.length)] as number
  }

  #open(): BatchBuilder {
    if (this.#builder === undefined) throw new SluiceError('INVALID_ARGUMENT', 'the batch was sent')
    return this.#builder
  }
}
