// Makes batches out of single calls: the promise calls of one lane gather in an open batch, which is sent as any
// other. A call costs its promise and three array entries; a key of getMany costs three entries and no promise.
//
// When the open batch is sent, in words:
//   1. at the end of the turn of its first call, if its connection is idle: a lone caller does not wait;
//   2. else at the end of the turn in which the next reply arrives, so that the callers whom the reply wakes join in;
//   3. at once when a full frame has gathered: waiting longer makes nothing cheaper;
//   4. at once when a batch of the client is sent: calls and batches keep their order;
//   5. at once when it holds calls that had waited for room: its calls share one time limit, and little may be left to them.

import { OP_GET, OP_SET } from '../protocol/codes.ts'
import type { OperationFields } from '../protocol/operation-head.ts'
import { assert } from '../util/assert.ts'
import { SluiceError } from '../util/errors.ts'
import { OwnedBytes } from '../util/owned-bytes.ts'
import type { BatchBuilder } from './batch-builder.ts'
import type { BatchResults } from './batch-results.ts'
import { CallLine } from './call-line.ts'
import { failureOf, outcomeOf, WANTS_MET } from './call-outcome.ts'
import type { FrameTerms } from './frame-terms.ts'
import type { Gathering } from './gathering.ts'
import { atTurnEnd } from './turn-end.ts'

/** Where a batcher's batches begin and where they go. */
export interface BatcherOutlet {
  /** Whether a batch that is sent now leaves at once, or fails at once. */
  isPrompt(): boolean
  /** A batch for the next calls. */
  open(): BatchBuilder
  /** Sends a batch under the terms; `settled` is called once, when every operation has a status. */
  send(builder: BatchBuilder, terms: FrameTerms, settled: (results: BatchResults) => void): void
  /** The terms of a batch whose first operation is appended now; of a call that was made earlier its deadline is given. */
  terms(deadlineMs?: number): FrameTerms
  /** Whether as much waits to be sent as may, the open batch included. */
  isFull(): boolean
  /** What calls do while it is full. */
  readonly whenFull: 'wait' | 'fail'
}

/** Not a call of its own, but one of the reads of a gathering. */
const WANTS_MEMBER = 255

type Resolve = (value: unknown) => void
type Reject = (error: unknown) => void

/** Calls that wait for one batch. */
interface Calls {
  /** Entry i is for operation i of the batch. */
  readonly wants: number[]
  /** One entry a call, in order. */
  readonly resolves: Resolve[]
  readonly rejects: Reject[]
  /** One entry for each read of a gathering, in order, and the position of its key there. */
  readonly gatherings: Gathering[]
  readonly positions: number[]
}

/** The automatic batches of one lane. Shards are indexes in the topology that the outlet's builders route by. */
export class Batcher {
  readonly #outlet: BatcherOutlet
  readonly #owned = new OwnedBytes()
  readonly #line = new CallLine()
  #builder: BatchBuilder | undefined
  /** Those of the open batch. */
  #terms: FrameTerms | undefined
  #calls = noCalls()
  #isFlushPlanned = false
  #isReplySeen = false

  constructor(outlet: BatcherOutlet) {
    this.#outlet = outlet
  }

  /** Bytes of the open batch. */
  get openBytes(): number {
    return this.#builder?.bytes ?? 0
  }

  /** Whether a call has to wait before it is encoded. */
  get mustWait(): boolean {
    return !this.#line.isEmpty || this.#outlet.isFull()
  }

  /**
   * Calls `run`, which encodes a call by `openUntil` and more, when it is that call's turn; resolves as it does. Rejects with
   * QUEUE_FULL when calls are not to wait, with TIMEOUT when there is no room in time. Only while calls must wait.
   */
  whenRoom<T>(run: (deadlineMs: number) => Promise<T>): Promise<T> {
    assert(this.mustWait, 'a call waits only for want of room')
    if (this.#outlet.whenFull === 'fail') {
      return Promise.reject(new SluiceError('QUEUE_FULL', 'as much waits to be sent as the client may keep'))
    }
    return this.#line.wait(this.#outlet.terms().deadlineMs, run)
  }

  /** Sees to it that the next operation travels under terms that end when its call does, which has waited already. */
  openUntil(deadlineMs: number): void {
    if (this.#terms?.suits(deadlineMs) === true) return
    this.#send()
    this.#open(deadlineMs)
  }

  /** A get, exists or delete without options; resolves to what is wanted of its result. Rejects with KEY_TOO_LARGE too. */
  call(want: number, operation: number, shard: number, key: string | Uint8Array): Promise<unknown> {
    const builder = this.#builder ?? this.#open()
    try {
      builder.append(operation, shard, key)
    } catch (error) {
      return Promise.reject(error)
    }
    return this.#promise(want, builder)
  }

  /** A set without options; resolves to true when the record is written. */
  set(shard: number, key: string | Uint8Array, value: string | Uint8Array): Promise<unknown> {
    const builder = this.#builder ?? this.#open()
    try {
      builder.appendSet(OP_SET, shard, key, value)
    } catch (error) {
      return Promise.reject(error)
    }
    return this.#promise(WANTS_MET, builder)
  }

  /** Any operation but those of atomic groups; resolves to what is wanted of its result. */
  operation(want: number, code: number, shard: number, fields: OperationFields): Promise<unknown> {
    const builder = this.#builder ?? this.#open()
    try {
      builder.appendOperation(code, shard, fields)
    } catch (error) {
      return Promise.reject(error)
    }
    return this.#promise(want, builder)
  }

  /** A get whose value goes to a gathering. */
  gather(shard: number, key: string | Uint8Array, gathering: Gathering, position: number): void {
    const builder = this.#builder ?? this.#open()
    try {
      builder.append(OP_GET, shard, key)
    } catch (error) {
      gathering.fail(error)
      return
    }
    this.#calls.wants.push(WANTS_MEMBER)
    this.#calls.gatherings.push(gathering)
    this.#calls.positions.push(position)
    if (builder.hasFullFrame) this.#send()
  }

  /** A reply has arrived on this lane, or its connection has ended. */
  onProgress(): void {
    this.#isReplySeen = true
    this.#advance()
    this.#planFlush()
  }

  /** Whether no call waits to be sent. */
  get isEmpty(): boolean {
    return this.#builder === undefined && this.#line.isEmpty
  }

  /** Sends the open batch if its time has passed: its frames then end as those that were not sent do. */
  expire(nowMs: number): void {
    this.#line.expire(nowMs)
    if (this.#terms !== undefined && this.#terms.deadlineMs <= nowMs) this.proceed()
  }

  /** Sends the open batch now, if there is one, with the calls that wait for room: what comes next comes behind them. */
  flush(): void {
    this.#send()
    this.#line.advance(() => true)
    this.#send()
  }

  /** Sends the open batch, and calls that wait for room as far as there is some. */
  proceed(): void {
    this.#send()
    this.#advance()
  }

  /** Sends the open batch alone. */
  sendOpen(): void {
    this.#send()
  }

  #advance(): void {
    while (!this.#line.isEmpty && !this.#outlet.isFull()) {
      this.#line.advance(() => !this.#outlet.isFull())
      // Calls that are made from now on must not share what time is left to these.
      this.#send()
    }
  }

  #send(): void {
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

  #open(deadlineMs?: number): BatchBuilder {
    const builder = this.#outlet.open()
    this.#builder = builder
    this.#terms = this.#outlet.terms(deadlineMs)
    this.#planFlush()
    return builder
  }

  #promise(want: number, builder: BatchBuilder): Promise<unknown> {
    this.#calls.wants.push(want)
    const promise = new Promise(this.#addCaller)
    if (builder.hasFullFrame) this.#send()
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
    if (mayFlush) this.proceed()
  }
}

function noCalls(): Calls {
  return { wants: [], resolves: [], rejects: [], gatherings: [], positions: [] }
}

// Hot: one step for each promise call.
function settle(calls: Calls, results: BatchResults, owned: OwnedBytes): void {
  const { wants, resolves, rejects, gatherings, positions } = calls
  let call = 0
  let member = 0
  for (let index = 0; index < wants.length; index++) {
    const want = wants[index] as number
    if (want === WANTS_MEMBER) {
      gatherings[member]?.take(positions[member] as number, results, index, owned)
      member++
      continue
    }
    const error = failureOf(results, index, want)
    if (error === undefined) resolves[call]?.(outcomeOf(results, index, want, owned))
    else rejects[call]?.(error)
    call++
  }
  results.release()
}
