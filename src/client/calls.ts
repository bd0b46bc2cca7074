// How promise calls get into the batchers of their lanes: at once; or, where a queue is full, when it is their turn. Calls
// without limits of their own cost nothing for those that have some.
//
// A shard is looked up when an operation is encoded and not before: after a wait the topology may be another one.

import { OP_SET } from '../protocol/codes.ts'
import type { OperationFields } from '../protocol/operation-head.ts'
import { operationRow } from '../protocol/operations.ts'
import { type Fate, SluiceError } from '../util/errors.ts'
import type { Batcher } from './batcher.ts'
import { type CallOptions, checkLimits, limited } from './call-limits.ts'
import type { Dispatcher } from './dispatcher.ts'
import { type Gathered, type GatheredForm, Gathering } from './gathering.ts'
import { type Bytes, keep } from './operation-list.ts'

/** The promise calls of one client. */
export class Calls {
  readonly #dispatcher: Dispatcher

  constructor(dispatcher: Dispatcher) {
    this.#dispatcher = dispatcher
  }

  /** Hot: a get, exists or delete without options of its own; resolves to what is wanted of its result. */
  ofKey(want: number, operation: number, key: Bytes, limits: CallOptions | undefined): Promise<unknown> {
    const dispatcher = this.#dispatcher
    if (limits === undefined && dispatcher.closeReason === undefined) {
      const shard = dispatcher.shardOf(key)
      const batcher = dispatcher.batcherOf(shard)
      if (!batcher.mustWait) return batcher.call(want, operation, shard, key)
    }
    return this.operation(want, operation, key, {}, limits)
  }

  /** Hot: a set without options; resolves to true when the record is written. */
  set(want: number, key: Bytes, value: Bytes): Promise<unknown> {
    const dispatcher = this.#dispatcher
    if (dispatcher.closeReason === undefined) {
      const shard = dispatcher.shardOf(key)
      const batcher = dispatcher.batcherOf(shard)
      if (!batcher.mustWait) return batcher.set(shard, key, value)
    }
    return this.operation(want, OP_SET, key, { value }, undefined)
  }

  /** Any operation on a key; resolves to what is wanted of its result. */
  async operation(
    want: number,
    code: number,
    key: Bytes,
    fields: OperationFields,
    limits: CallOptions = {},
  ): Promise<unknown> {
    const dispatcher = this.#dispatcher
    this.#check(limits)
    const shard = dispatcher.shardOf(key)
    const batcher = dispatcher.batcherOf(shard)
    if (!batcher.mustWait) {
      return this.#limited(code, limits, batcher.operation(want, code, shard, { ...fields, key }))
    }
    const kept = { ...fields, key: keep(key), ...(fields.value !== undefined && { value: keep(fields.value) }) }
    const shardNow = (): number => dispatcher.shardOf(kept.key)
    return this.#later(batcher, code, limits, shardNow, (current, shard) => current.operation(want, code, shard, kept))
  }

  /** An operation on the whole shard of that number. Rejects with NOT_EXECUTED when there is none any more. */
  async ofShard(
    want: number,
    code: number,
    shardId: number,
    fields: OperationFields,
    limits: CallOptions = {},
  ): Promise<unknown> {
    const dispatcher = this.#dispatcher
    this.#check(limits)
    const shardNow = (): number => {
      const shard = dispatcher.shardOfId(shardId)
      if (shard === undefined) throw new SluiceError('NOT_EXECUTED', `there is no shard ${shardId} any more`)
      return shard
    }
    const run = (batcher: Batcher, shard: number): Promise<unknown> => batcher.operation(want, code, shard, fields)
    const shard = shardNow()
    const batcher = dispatcher.batcherOf(shard)
    return batcher.mustWait
      ? this.#later(batcher, code, limits, shardNow, run)
      : this.#limited(code, limits, run(batcher, shard))
  }

  /** A read of every key; resolves to their values in the order of the keys. */
  async gather(keys: readonly Bytes[], form: GatheredForm, limits: CallOptions = {}): Promise<Gathered> {
    this.#check(limits)
    if (keys.length === 0) return []
    const gathering = new Gathering(keys.length, form)
    this.#appendAll(keys, gathering)
    const fate = (): Fate => {
      gathering.end()
      return 'not-done'
    }
    return limited(this.#dispatcher.clock, limits, fate, gathering.promise)
  }

  /** Hot: one step for each key. */
  #appendAll(keys: readonly Bytes[], gathering: Gathering): void {
    const dispatcher = this.#dispatcher
    for (let position = 0; position < keys.length; position++) {
      const key = keys[position] as Bytes
      const shard = dispatcher.shardOf(key)
      const batcher = dispatcher.batcherOf(shard)
      if (batcher.mustWait) this.#appendLater(batcher, keep(key), gathering, position)
      else batcher.gather(shard, key, gathering, position)
    }
  }

  #appendLater(batcher: Batcher, key: Bytes, gathering: Gathering, position: number): void {
    const dispatcher = this.#dispatcher
    const append = async (deadlineMs: number): Promise<void> => {
      if (dispatcher.isDestroyed) throw dispatcher.closeReason
      if (gathering.isOver) return
      const shard = dispatcher.shardOf(key)
      const current = dispatcher.batcherOf(shard)
      current.openUntil(deadlineMs)
      current.gather(shard, key, gathering, position)
    }
    batcher.whenRoom(append).catch((error) => gathering.fail(error))
  }

  #check(limits: CallOptions): void {
    const { closeReason } = this.#dispatcher
    if (closeReason !== undefined) throw closeReason
    checkLimits(limits)
  }

  #limited<T>(code: number, limits: CallOptions, work: Promise<T>): Promise<T> {
    return limited(this.#dispatcher.clock, limits, () => fateUnderWay(code), work)
  }

  /**
   * A call that waits for room before it is encoded by `run`, for the shard and lane that it has by then; until then it can be
   * withdrawn.
   */
  #later<T>(
    batcher: Batcher,
    code: number,
    limits: CallOptions,
    shardNow: () => number,
    run: (batcher: Batcher, shard: number) => Promise<T>,
  ): Promise<T> {
    const dispatcher = this.#dispatcher
    let fate: Fate = 'not-done'
    let isOver = false
    const encode = async (deadlineMs: number): Promise<T> => {
      if (dispatcher.isDestroyed) throw dispatcher.closeReason
      if (isOver) throw new SluiceError('CANCELLED', 'the call was given up')
      const shard = shardNow()
      const current = dispatcher.batcherOf(shard)
      fate = fateUnderWay(code)
      current.openUntil(deadlineMs)
      return run(current, shard)
    }
    const fateNow = (): Fate => {
      isOver = true
      return fate
    }
    return limited(dispatcher.clock, limits, fateNow, batcher.whenRoom(encode))
  }
}

/** What is known of an operation of which no more is known than that it was encoded. */
function fateUnderWay(code: number): Fate {
  return operationRow(code)?.isWrite === false ? 'not-done' : 'unknown'
}
