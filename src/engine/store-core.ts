// What all views of one store share: the engine, and the way of an operation through it and back.
//
// A single operation is written straight into the engine's request and its result is read straight from the engine's
// slab. A result longer than the slab is put together from several fillings of it. An engine that stops at one of its
// limits is called again: its work for one call is bounded, a store's call is not.
//
//   get      key -> request, getSingle, value read from the heap
//   others   operation -> request, stage, execute, result read from the slab
//   batch    operations -> buffer of the batch, stage, execute, results copied out of the slab

import { KEY_BYTES_MAX } from '../protocol/limits.ts'
import { skipOperations } from '../protocol/operation-walk.ts'
import { type ResultColumns, readResults } from '../protocol/result-reader.ts'
import { assert } from '../util/assert.ts'
import { SHORT_TEXT_UNITS_MAX, writeAscii, writeUtf8 } from '../util/bytes.ts'
import { SluiceError } from '../util/errors.ts'
import { systemRandomBytes } from '../util/random.ts'
import { CHECK_OK, EXECUTED, SLAB_FULL, STOPPED } from './assembly/outcomes.ts'
import { createEngine, type Engine } from './engine.ts'
import { OperationWriter } from './operation-writer.ts'
import { type Bytes, checkBytes, errorOf, hasFailed, keyTooLarge } from './store-errors.ts'
import { checkNames, memoryBytesOf, type StoreOptions, StoreTime } from './store-options.ts'
import { type Source, sourceOf, type ValueForm } from './value-form.ts'
import type { WasmModule } from './web-assembly.ts'

/** Milliseconds are shifted by this for the first version: a store opened later begins above those that came before. */
const VERSION_START_SHIFT = 20n

/** The engine of a store, and its last result. */
export class StoreCore {
  readonly time: StoreTime
  /** Undefined once closed. */
  #engine: Engine | undefined
  #writer: OperationWriter
  #request: Uint8Array
  #slab: Source
  /** The engine's memory up to where it was last needed. */
  #heap: Source
  /** Where the result of the last operation lies, from 0 to `#resultEnd`. */
  #result: Source
  #resultEnd = 0
  readonly #columns: ResultColumns = {
    statuses: new Uint8Array(1),
    starts: new Uint32Array(1),
    lengths: new Uint32Array(1),
  }

  /** Throws INVALID_ARGUMENT. `module` is the compiled engine, by default the release build. */
  constructor(options: StoreOptions, module?: WasmModule) {
    checkNames(options)
    this.time = new StoreTime(options)
    const engine = createEngine({
      memoryBytesMax: memoryBytesOf(options),
      secret: systemRandomBytes(32),
      versionStart: BigInt(Math.max(0, Math.trunc(this.time.nowMs()))) << VERSION_START_SHIFT,
      eviction: options.eviction ?? 'none',
      replySlabsMax: 1,
      repeats: false,
      ...(module === undefined ? {} : { module }),
    })
    const slab = engine.slabView(0, 0, engine.slabBytes)
    this.#engine = engine
    this.#request = engine.request
    this.#slab = sourceOf(slab.buffer, slab.byteOffset, slab.length)
    this.#heap = sourceOf(engine.memory, 0, engine.memory.byteLength)
    this.#result = this.#slab
    const { buffer, byteOffset, length } = this.#request
    this.#writer = new OperationWriter(Buffer.from(buffer, byteOffset, length), this.time, 1)
  }

  /** The engine. Throws CLOSED. */
  get engine(): Engine {
    const engine = this.#engine
    if (engine === undefined) throw closed()
    return engine
  }

  // Hot: every get. The value under the key, or undefined.
  read<Form>(form: ValueForm<Form>, key: Bytes): Form | undefined {
    const engine = this.engine
    const keyBytes = this.#writeKey(key)
    return this.#readFound(engine, form, keyBytes)
  }

  /** As `read`, for the key in `bytes[start, end)`, which is known to be one. */
  readAt<Form>(form: ValueForm<Form>, bytes: Uint8Array, start: number, end: number): Form | undefined {
    const engine = this.engine
    this.#request.set(bytes.subarray(start, end))
    return this.#readFound(engine, form, end - start)
  }

  /** Throws CLOSED. */
  checkOpen(): void {
    if (this.#engine === undefined) throw closed()
  }

  /** Takes the next operation, which `run` then executes. Throws CLOSED. */
  begin(): OperationWriter {
    this.checkOpen()
    this.#writer.reset()
    return this.#writer
  }

  /**
   * Executes the operation that was written and returns the status of its result. Throws what kept it from being
   * executed.
   */
  run(): number {
    const engine = this.engine
    const staged = engine.stageWritten(this.#writer.end, 1)
    assert(staged === CHECK_OK, 'a store writes operations that its engine knows')
    const nowMs = this.#nowMs(engine)
    let outcome = engine.execute(1, nowMs, 0, 0)
    while (outcome === STOPPED) outcome = engine.execute(1, nowMs, 0, 0)
    this.#result = this.#slab
    this.#resultEnd = engine.position
    if (outcome !== EXECUTED) this.#gatherResult(engine)
    const status = this.#result.bytes[0] as number
    if (hasFailed(status)) throw errorOf(status)
    return status
  }

  /** The value of the last result, whose status has one. */
  value<Form>(form: ValueForm<Form>): Form {
    const start = this.#resultStart()
    return form.read(this.#result, start, start + (this.#columns.lengths[0] as number))
  }

  /** The version of the last result, whose status has one. */
  version(): bigint {
    return this.#result.numbers.getBigUint64(this.#resultStart() - 8, true)
  }

  /** The expiry of the last result, whose status has one; Infinity for none. */
  expiresAtMs(): number {
    const at = this.#resultStart() - 16
    const { numbers } = this.#result
    const expiry = numbers.getUint32(at + 4, true) * 2 ** 32 + numbers.getUint32(at, true)
    return expiry === 0 ? Infinity : expiry
  }

  /** The number of the last result, rounded to what a number can hold. */
  number(): number {
    const at = this.#resultStart()
    const { numbers } = this.#result
    return numbers.getInt32(at + 4, true) * 2 ** 32 + numbers.getUint32(at, true)
  }

  /** The number of the last result. */
  bigint(): bigint {
    return this.#result.numbers.getBigInt64(this.#resultStart(), true)
  }

  /** Executes a batch's operations and returns their results, one behind the other, in memory of their own. */
  execute(operations: Uint8Array, end: number, count: number): Buffer {
    const engine = this.engine
    const parts: Buffer[] = []
    const nowMs = this.#nowMs(engine)
    let start = 0
    let left = count
    while (left > 0) {
      const staged = engine.stage(operations.subarray(start, end), left)
      assert(staged === CHECK_OK, 'a batch holds operations that its engine knows')
      const outcome = this.#gather(engine, engine.execute(left, nowMs, 0, 0), parts)
      assert(outcome === EXECUTED || outcome === STOPPED, 'a store owns all slots and emits no effects')
      start = skipOperations(operations, start, end, engine.resultCount)
      left -= engine.resultCount
    }
    return parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts)
  }

  /** Lets go of the memory. */
  close(): void {
    const nothing = sourceOf(new ArrayBuffer(0), 0, 0)
    this.#engine = undefined
    this.#request = nothing.bytes
    this.#slab = nothing
    this.#heap = nothing
    this.#result = nothing
    this.#writer = new OperationWriter(nothing.text, this.time, 1)
  }

  /** Writes the key to the beginning of the request and returns its bytes. Throws KEY_TOO_LARGE. */
  #writeKey(key: Bytes): number {
    if (typeof key === 'string' && key.length <= SHORT_TEXT_UNITS_MAX) {
      const keyBytes = writeAscii(this.#request, 0, key)
      if (keyBytes > 0) return keyBytes
    }
    return this.#writeLongKey(key)
  }

  #writeLongKey(key: Bytes): number {
    checkBytes(key)
    if (key.length > KEY_BYTES_MAX) throw keyTooLarge()
    let keyBytes = key.length
    if (typeof key === 'string') keyBytes = writeUtf8(this.#request, key)
    else this.#request.set(key)
    if (keyBytes < 1 || keyBytes > KEY_BYTES_MAX) throw keyTooLarge()
    return keyBytes
  }

  #readFound<Form>(engine: Engine, form: ValueForm<Form>, keyBytes: number): Form | undefined {
    const at = engine.getSingle(keyBytes, this.#nowMs(engine))
    if (at === 0) return undefined
    const end = at + engine.valueBytes
    if (end > this.#heap.bytes.length) this.#heap = sourceOf(engine.memory, 0, engine.memory.byteLength)
    return form.read(this.#heap, at, end)
  }

  /** The time, if it matters: reading the clock costs as much as a third of a get. A first expiry has just read it. */
  #nowMs(engine: Engine): number {
    return engine.hasExpiring ? this.time.nowMs() : this.time.latestMs
  }

  #resultStart(): number {
    readResults(this.#result.bytes, 0, this.#resultEnd, 1, this.#columns, 0)
    return this.#columns.starts[0] as number
  }

  /** Puts a result together that is longer than the slab. */
  #gatherResult(engine: Engine): void {
    const parts: Buffer[] = []
    const outcome = this.#gather(engine, SLAB_FULL, parts)
    assert(outcome === EXECUTED, 'an operation whose result has begun is executed')
    const { buffer, byteOffset, length } = Buffer.concat(parts)
    this.#result = sourceOf(buffer, byteOffset, length)
    this.#resultEnd = length
  }

  /** Copies results out of the slab, filling after filling, and returns the first outcome that is not SLAB_FULL. */
  #gather(engine: Engine, first: number, parts: Buffer[]): number {
    let outcome = first
    parts.push(Buffer.from(this.#slab.bytes.subarray(0, engine.position)))
    while (outcome === SLAB_FULL) {
      outcome = engine.resume(0, 0)
      parts.push(Buffer.from(this.#slab.bytes.subarray(0, engine.position)))
    }
    return outcome
  }
}

function closed(): SluiceError {
  return new SluiceError('CLOSED', 'the store is closed')
}
