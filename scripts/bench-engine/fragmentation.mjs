// What random change of mixed sizes does to the heap. A fixed set of keys; each step takes one of them at random: a
// present one is overwritten with a value of another size or, now and then, deleted; an absent one is inserted again.
// Sizes are log-uniform, so every power of two is as frequent as any other.
//
//   live    bytes of all keys and values
//   heap    bytes that the heap has taken from the system
//   used    bytes of the heap that are not free

import { check } from './check.mjs'
import { processCpuNs } from './cpu.mjs'
import { execute, executeAndRead, FRAME_OPERATIONS, FrameBuilder, openEngine } from './engine.mjs'
import { KEY_BYTES } from './keys.mjs'
import { randomBytes, seededRandom } from './random.mjs'
import { countText, mebibytes, printTable } from './table.mjs'

export const SUMMARY = 'heap and used bytes over live bytes, while values of mixed sizes are overwritten and deleted'

export const DEFAULTS = {
  /** Bytes of keys and values present at a time, about. */
  liveBytes: 2 ** 30,
  operations: 50_000_000,
  valueBytesMin: 16,
  valueBytesMax: 65_536,
  /** Share of the steps on present keys that delete. */
  deleteShare: 0.1,
  /** Rows of the table. */
  intervals: 10,
}

/** A frame ends here: small enough to stay in the processor's caches on its way. */
const FRAME_BYTES = 256 * 1024
const CHECKED_RECORDS = 2_000

/** @param {typeof DEFAULTS} options */
export function run(options) {
  const churn = new Churn(options)
  const rows = [rowOf(churn, 0)]
  for (let interval = 1; interval <= options.intervals; interval++) {
    const end = Math.round((options.operations * interval) / options.intervals)
    const [before, first] = [processCpuNs(), churn.operations]
    churn.advance(end)
    rows.push(rowOf(churn, (processCpuNs() - before) / Math.max(1, end - first)))
  }
  churn.checkRecords()
  const { valueBytesMin, valueBytesMax } = options
  printTable(
    `values of ${valueBytesMin} to ${valueBytesMax} B, about ${mebibytes(options.liveBytes)} MiB live`,
    ['operations', 'records', 'live MiB', 'heap MiB', 'heap/live', 'used/live', 'CPU ns/op'],
    rows,
  )
}

/**
 * @param {Churn} churn
 * @param {number} ns
 */
function rowOf({ engine, operations }, ns) {
  const { records, keyBytes, valueBytes, heapBytes, heapUsedBytes } = engine.stats()
  const live = keyBytes + valueBytes
  const ratios = [heapBytes / live, heapUsedBytes / live].map((ratio) => ratio.toFixed(3))
  const sizes = [mebibytes(live), mebibytes(heapBytes)]
  return [countText(operations), countText(records), ...sizes, ...ratios, ns === 0 ? '-' : ns.toFixed(0)]
}

/** The engine under change, and a model of what it holds. */
class Churn {
  engine = openEngine()
  /** Steps done. */
  operations = 0
  #builder = new FrameBuilder(KEY_BYTES)
  #random = seededRandom(1)
  #options
  /** Every value is a piece of this. */
  #pool
  /** For each key, the size of its value plus one; 0 while it is absent. */
  #sizes
  /** For each key, where its value begins in the pool. */
  #starts
  #records = 0
  #valueBytes = 0

  /** @param {typeof DEFAULTS} options */
  constructor(options) {
    const { liveBytes, valueBytesMin, valueBytesMax, deleteShare } = options
    this.#options = options
    this.#pool = randomBytes(2 * valueBytesMax, 2)
    const range = valueBytesMax - valueBytesMin
    const meanBytes = KEY_BYTES + (range === 0 ? valueBytesMin : range / Math.log(valueBytesMax / valueBytesMin))
    // In balance as many keys are deleted as inserted: a share of 1 / (1 + deleteShare) is present.
    const keys = Math.max(1, Math.round((liveBytes / meanBytes) * (1 + deleteShare)))
    this.#sizes = new Uint32Array(keys)
    this.#starts = new Uint32Array(keys)
    for (let id = 0; id < keys; id++) if (this.#random.nextFloat() * (1 + deleteShare) < 1) this.#set(id)
    this.#flush()
    this.#check()
  }

  /**
   * Goes on until so many steps are done.
   * @param {number} end
   */
  advance(end) {
    const random = this.#random
    while (this.operations < end) {
      const id = random.nextBelow(this.#sizes.length)
      if (this.#sizes[id] !== 0 && random.nextFloat() < this.#options.deleteShare) this.#delete(id)
      else this.#set(id)
      this.operations++
    }
    this.#flush()
    this.#check()
  }

  /** Reads some records back and compares every byte. */
  checkRecords() {
    for (let left = CHECKED_RECORDS; left > 0; left--) {
      const id = this.#random.nextBelow(this.#sizes.length)
      this.#builder.appendGet(id)
      const { reply, starts, lengths } = executeAndRead(this.engine, this.#builder.take())
      const expected = this.#pool.subarray(this.#starts[id], this.#starts[id] + Math.max(0, this.#sizes[id] - 1))
      const found = reply.subarray(starts[0], starts[0] + lengths[0])
      check(Buffer.compare(found, expected) === 0, `key ${id} has another value`)
    }
  }

  /** @param {number} id */
  #set(id) {
    const { valueBytesMin, valueBytesMax } = this.#options
    const size = Math.floor(valueBytesMin * (valueBytesMax / valueBytesMin) ** this.#random.nextFloat())
    const start = this.#random.nextBelow(valueBytesMax)
    this.#forget(id)
    this.#sizes[id] = size + 1
    this.#starts[id] = start
    this.#records++
    this.#valueBytes += size
    this.#builder.appendSet(id, this.#pool, start, start + size)
    if (this.#builder.byteCount >= FRAME_BYTES || this.#builder.count === FRAME_OPERATIONS) this.#flush()
  }

  /** @param {number} id */
  #delete(id) {
    this.#forget(id)
    this.#builder.appendDelete(id)
    if (this.#builder.count === FRAME_OPERATIONS) this.#flush()
  }

  /** @param {number} id */
  #forget(id) {
    if (this.#sizes[id] === 0) return
    this.#records--
    this.#valueBytes -= this.#sizes[id] - 1
    this.#sizes[id] = 0
  }

  #flush() {
    execute(this.engine, this.#builder.take())
  }

  #check() {
    const { records, keyBytes, valueBytes } = this.engine.stats()
    check(records === this.#records && keyBytes === records * KEY_BYTES, 'a record is missing')
    check(valueBytes === this.#valueBytes, 'a value has another size')
  }
}
