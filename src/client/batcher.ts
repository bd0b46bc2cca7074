// Makes batches out of single calls: the promise calls of one lane gather in an open batch, which is sent as any
// other. A call costs its promise and three array entries.
//
// When the open batch is sent, in words:
//   1. at the end of the turn of its first call, if its connection is idle: a lone caller does not wait;
//   2. else at the end of the turn in which the next reply arrives, so that the callers whom the reply wakes join in;
//   3. at once when a full frame has gathered: waiting longer makes nothing cheaper;
//   4. at once when a batch of the client is sent: calls and batches keep their order.

import { OP_DELETE, OP_EXISTS, OP_GET, OP_SET } from '../protocol/codes.ts'
import { assert } from '../util/assert.ts'
import { OwnedBytes } from '../util/owned-bytes.ts'
import type { BatchBuilder } from './batch-builder.ts'
import type { BatchResults } from './batch-results.ts'
import type { FrameTerms } from './frame-terms.ts'
import { atTurnEnd } from './turn-end.ts'

/** Where a batcher's batches begin and where they go. */
export interface BatcherOutlet {
  /** Whether a batch that is sent now leaves at once, or fails at once. */
  isPrompt(): boolean
  /** A batch for the next calls. */
  open(): BatchBuilder
  /** Sends a batch under the terms; `settled` is called once, when every operation has a status. */
  send(builder: BatchBuilder, terms: FrameTerms, settled: (results: BatchResults) => void): void
  /** The terms of a batch whose first operation is appended now. */
  terms(): FrameTerms
  /** Whether as much waits to be sent as may. */
  isFull(): boolean
  /** What calls do while it is full. */
  readonly whenFull: 'wait' | 'fail'
}

// What a call's promise resolves to.
const WANTS_BYTES = 0
const WANTS_TEXT = 1
const WANTS_FOUND = 2
const WANTS_NOTHING = 3

type Resolve = (value: unknown) => void
type Reject = (error: unknown) => void

/** Calls that wait for one batch: entry i is for its operation i. */
interface Calls {
  readonly wants: number[]
  readonly resolves: Resolve[]
  readonly rejects: Reject[]
}

/** The automatic batches of one lane. Shards are indexes in the topology that the outlet's builders route by. */
export class Batcher {
  readonly #outlet: BatcherOutlet
  readonly #owned = new OwnedBytes()
  #builder: BatchBuilder | undefined
  /** Those of the open batch. */
  #terms: FrameTerms | undefined
  #calls = noCalls()
  #isFlushPlanned = false
  #isReplySeen = false

  constructor(outlet: BatcherOutlet) {
    this.#outlet = outlet
  }

  /** The value, copied; undefined when there is no record. */
  get(shard: number, key: string | Uint8Array): Promise<Uint8Array | undefined> {
    return this.#call(WANTS_BYTES, OP_GET, shard, key) as Promise<Uint8Array | undefined>
  }

  /** The value as text; undefined when there is no record. */
  getString(shard: number, key: string | Uint8Array): Promise<string | undefined> {
    return this.#call(WANTS_TEXT, OP_GET, shard, key) as Promise<string | undefined>
  }

  /** Whether there is a record. */
  exists(shard: number, key: string | Uint8Array): Promise<boolean> {
    return this.#call(WANTS_FOUND, OP_EXISTS, shard, key) as Promise<boolean>
  }

  /** Whether there was a record. */
  delete(shard: number, key: string | Uint8Array): Promise<boolean> {
    return this.#call(WANTS_FOUND, OP_DELETE, shard, key) as Promise<boolean>
  }

  /** Resolves when the record is written. */
  set(shard: number, key: string | Uint8Array, value: string | Uint8Array): Promise<void> {
    const builder = this.#builder ?? this.#open()
    try {
      builder.appendSet(OP_SET, shard, key, value)
    } catch (error) {
      return Promise.reject(error)
    }
    return this.#promise(WANTS_NOTHING, builder) as Promise<void>
  }

  /** A reply has arrived on this lane, or its connection has ended. */
  onProgress(): void {
    this.#isReplySeen = true
    this.#planFlush()
  }

  /** Whether no call waits to be sent. */
  get isEmpty(): boolean {
    return this.#builder === undefined
  }

  /** Sends the open batch if its time has passed: its frames then end as those that were not sent do. */
  expire(nowMs: number): void {
    if (this.#terms !== undefined && this.#terms.deadlineMs <= nowMs) this.flush()
  }

  /** Sends the open batch now, if there is one. */
  flush(): void {
    const builder = this.#builder
    if (builder === undefined) return
    const calls = this.#calls
    const terms = this.#terms
    assert(terms !== undefined, 'an open batch has terms')
    this.#builder = undefined
    this.#terms = undefined
    this.#calls = noCalls()
    assert(calls.wants.length === builder.operationCount, 'every operation has a caller')
    this.#outlet.send(builder, terms, (results) => settle(calls, results, this.#owned))
  }

  #call(want: number, operation: number, shard: number, key: string | Uint8Array): Promise<unknown> {
    const builder = this.#builder ?? this.#open()
    try {
      builder.append(operation, shard, key)
    } catch (error) {
      return Promise.reject(error)
    }
    return this.#promise(want, builder)
  }

  #open(): BatchBuilder {
    const builder = this.#outlet.open()
    this.#builder = builder
    this.#terms = this.#outlet.terms()
    this.#planFlush()
    return builder
  }

  #promise(want: number, builder: BatchBuilder): Promise<unknown> {
    this.#calls.wants.push(want)
    const promise = new Promise(this.#addCaller)
    if (builder.hasFullFrame) this.flush()
    return promise
  }

  /** The executor of every promise: one function, not one for each call. */
  readonly #addCaller = (resolve: Resolve, reject: Reject): void => {
    this.#calls.resolves.push(resolve)
    this.#calls.rejects.push(reject)
  }

  #planFlush(): void {
    if (this.#isFlushPlanned) return
    this.#isFlushPlanned = true
    atTurnEnd(this.#endTurn)
  }

  readonly #endTurn = (): void => {
    this.#isFlushPlanned = false
    const mayFlush = this.#isReplySeen || this.#outlet.isPrompt()
    this.#isReplySeen = false
    if (mayFlush) this.flush()
  }
}

function noCalls(): Calls {
  return { wants: [], resolves: [], rejects: [] }
}

// Hot: one step for each promise call.
function settle(calls: Calls, results: BatchResults, owned: OwnedBytes): void {
  const { wants, resolves, rejects } = calls
  for (let index = 0; index < wants.length; index++) {
    const error = results.error(index)
    if (error === undefined) resolves[index]?.(outcomeOf(results, index, wants[index] as number, owned))
    else rejects[index]?.(error)
  }
  results.release()
}

function outcomeOf(results: BatchResults, index: number, want: number, owned: OwnedBytes): unknown {
  if (want === WANTS_BYTES) {
    if (!results.hasValue(index)) return undefined
    return owned.copy(results.source(index), results.valueStart(index), results.valueBytes(index))
  }
  if (want === WANTS_TEXT) return results.string(index)
  return want === WANTS_FOUND ? results.found(index) : undefined
}
