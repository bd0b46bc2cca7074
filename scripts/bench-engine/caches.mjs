// Caches under a trace: a get, and on a miss a set. Each `replay` returns the hits among the requests [start, end).

import { EXECUTED, MEMORY_BYTES_MIN, STOPPED } from '../../dist/engine/index.js'
import { STATUS_MISSING, STATUS_OK, STATUS_VALUE } from '../../dist/protocol/index.js'
import { check } from './check.mjs'
import { FrameBuilder, openEngine } from './engine.mjs'
import { KEY_BYTES, writeKey } from './keys.mjs'
import { VALUE_BYTES } from './records.mjs'

/** Calls in which an operation must have found a record to evict. */
const CALLS_MAX = 1_000

/** Bytes of an operation on a key before the key. */
const KEY_AT = 2

/** Bytes that a record takes in the engine, about: what is held is counted afterwards. */
const RECORD_BYTES = KEY_BYTES + VALUE_BYTES + 24

/** The engine with so little memory that it has to give up records. */
export class EngineCache {
  #policy
  #engine
  #status
  #get
  #set

  /**
   * @param {'none' | 'any'} policy
   * @param {number} records that it holds, about
   */
  constructor(policy, records) {
    this.#policy = policy
    const memoryBytesMax = Math.max(MEMORY_BYTES_MIN, Math.round(records * RECORD_BYTES))
    this.#engine = openEngine({ memoryBytesMax, eviction: policy, repeats: false })
    this.#status = this.#engine.slabView(0, 0, 1)
    const builder = new FrameBuilder(KEY_BYTES)
    builder.appendGet(0)
    this.#get = builder.takeCopy().bytes
    builder.appendSet(0, new Uint8Array(VALUE_BYTES).fill(1))
    this.#set = builder.takeCopy().bytes
    // The value's length stands between the key's and the key.
    this.#setKeyAt = this.#set.length - VALUE_BYTES - KEY_BYTES
  }

  #setKeyAt

  get records() {
    return this.#engine.stats().records
  }

  /**
   * @param {Uint32Array} ids
   * @param {number} start
   * @param {number} end
   */
  replay(ids, start, end) {
    let hits = 0
    for (let at = start; at < end; at++) {
      writeKey(this.#get, KEY_AT, ids[at], KEY_BYTES)
      const found = this.#execute(this.#get)
      if (found === STATUS_VALUE) hits++
      else {
        check(found === STATUS_MISSING, `a get was answered with status ${found}`)
        writeKey(this.#set, this.#setKeyAt, ids[at], KEY_BYTES)
        const stored = this.#execute(this.#set)
        check(stored === STATUS_OK || this.#policy === 'none', `a set was answered with status ${stored}`)
      }
    }
    return hits
  }

  /** @param {Uint8Array} operation */
  #execute(operation) {
    check(this.#engine.stage(operation, 1) === 0, 'the engine refused an operation')
    let outcome = this.#engine.execute(1, 0, 0, 0)
    // A call looks at a bounded number of records for one to evict; the next one goes on where it stopped.
    for (let calls = 1; outcome === STOPPED && calls < CALLS_MAX; calls++) outcome = this.#engine.execute(1, 0, 0, 0)
    check(outcome === EXECUTED, 'the engine did not execute an operation')
    return this.#status[0]
  }
}

/** Exact least-recently-used: a doubly linked list through arrays with a place for every object there is. */
export class LruCache {
  #capacity
  #newer
  #older
  #isHeld
  /** Stands before the newest and behind the oldest. */
  #end
  records = 0

  /**
   * @param {number} capacity objects
   * @param {number} idsEnd one past the greatest object
   */
  constructor(capacity, idsEnd) {
    this.#capacity = capacity
    this.#end = idsEnd
    this.#newer = new Uint32Array(idsEnd + 1)
    this.#older = new Uint32Array(idsEnd + 1)
    this.#newer[idsEnd] = idsEnd
    this.#older[idsEnd] = idsEnd
    this.#isHeld = new Uint8Array(idsEnd)
  }

  /**
   * @param {Uint32Array} ids
   * @param {number} start
   * @param {number} end
   */
  replay(ids, start, end) {
    let hits = 0
    for (let at = start; at < end; at++) {
      const id = ids[at]
      if (this.#isHeld[id] === 1) {
        hits++
        this.#unlink(id)
      } else if (this.records === this.#capacity) this.#evict()
      else this.records++
      this.#isHeld[id] = 1
      this.#linkNewest(id)
    }
    return hits
  }

  #evict() {
    const oldest = this.#newer[this.#end]
    this.#unlink(oldest)
    this.#isHeld[oldest] = 0
  }

  /** @param {number} id */
  #unlink(id) {
    const [newer, older] = [this.#newer[id], this.#older[id]]
    this.#older[newer] = older
    this.#newer[older] = newer
  }

  /** @param {number} id */
  #linkNewest(id) {
    const newest = this.#older[this.#end]
    this.#older[id] = newest
    this.#newer[id] = this.#end
    this.#newer[newest] = id
    this.#older[this.#end] = id
  }
}

/** Holds the most frequent objects and never changes: no policy without foresight does better on such a trace. */
export class BestCache {
  /**
   * @param {number} records
   * @param {number} objects how many objects are popular: the others are never asked for twice
   */
  constructor(records, objects) {
    this.records = Math.min(records, objects)
  }

  /**
   * @param {Uint32Array} ids
   * @param {number} start
   * @param {number} end
   */
  replay(ids, start, end) {
    let hits = 0
    for (let at = start; at < end; at++) if (ids[at] < this.records) hits++
    return hits
  }
}
