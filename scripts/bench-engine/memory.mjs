// Bytes per record beyond key and value while one engine grows: the whole heap counts, that is index, headers,
// rounding and free blocks. The fixed part (request buffer, slabs) does not, nor does it grow.
//
// The curve is printed at points evenly spaced in the logarithm; least and most are taken after every frame. `--expiry
// 1` gives every record an expiry. `--full 1` adds what a cache costs that is full and has evicted as many records as
// it holds.

import { MEMORY_BYTES_MIN } from '../../dist/engine/index.js'
import { check } from './check.mjs'
import { execute, executeAndRead, FRAME_OPERATIONS, FrameBuilder, openEngine, overheadPerRecord } from './engine.mjs'
import { randomBytes, seededRandom } from './random.mjs'
import { countText, mebibytes, printTable } from './table.mjs'

export const SUMMARY = 'bytes per record beyond key and value, while one engine grows'

export const DEFAULTS = {
  recordsMin: 500_000,
  recordsMax: 20_000_000,
  points: 25,
  /** 1: every record has an expiry. */
  expiry: 0,
  /** 1: also measure full caches with an eviction policy. */
  full: 0,
}

const SHAPES = [
  { keyBytes: 16, valueBytes: 128 },
  { keyBytes: 8, valueBytes: 8 },
]

/** Counts of records that are points of the curve wherever it passes them. */
const NAMED_COUNTS = [1_000_000, 2_000_000, 20_000_000]

const CHECKED_RECORDS = 10_000

/** An expiry that lies ahead: the engine is told that it is 1970. */
const EXPIRY_MS = 1e12

/** What a record of a full cache may cost, for choosing its limit. */
const FULL_OVERHEAD_BYTES = 24

/** @param {typeof DEFAULTS} options */
export function run(options) {
  for (const shape of SHAPES) measure(shape, options)
  if (options.full === 1) measureFull(options)
}

/**
 * @param {{ keyBytes: number, valueBytes: number }} shape
 * @param {typeof DEFAULTS} options
 */
function measure({ keyBytes, valueBytes }, options) {
  const engine = openEngine()
  const builder = new FrameBuilder(keyBytes)
  const value = randomBytes(valueBytes, 1)
  const seen = { least: Number.POSITIVE_INFINITY, leastAt: 0, most: 0, mostAt: 0 }
  /** @type {string[][]} */
  const rows = []
  let records = 0
  for (const point of curvePoints(options)) {
    while (records < point) {
      const end = Math.min(point, records + FRAME_OPERATIONS)
      while (records < end) append(builder, records++, value, options)
      execute(engine, builder.take())
      if (records >= options.recordsMin) note(seen, overheadPerRecord(engine), records)
    }
    const { heapBytes, indexBytes } = engine.stats()
    const [overhead, index] = [overheadPerRecord(engine), indexBytes / records]
    rows.push([countText(records), overhead.toFixed(2), index.toFixed(2), mebibytes(heapBytes)])
  }
  checkRecords(engine, builder, records, value)
  const headings = ['records', 'B/record beyond key and value', 'of it index', 'heap MiB']
  const dated = options.expiry === 1 ? ', each with an expiry' : ''
  printTable(`keys of ${keyBytes} B, values of ${valueBytes} B${dated}`, headings, rows)
  const [least, most] = [`${seen.least.toFixed(2)} at ${countText(seen.leastAt)}`, `${seen.most.toFixed(2)}`]
  console.log(`  least ${least}, most ${most} at ${countText(seen.mostAt)}`)
}

/**
 * @param {FrameBuilder} builder
 * @param {number} id
 * @param {Uint8Array} value
 * @param {typeof DEFAULTS} options
 */
function append(builder, id, value, { expiry }) {
  if (expiry === 1) builder.appendExpiringSet(id, value, EXPIRY_MS)
  else builder.appendSet(id, value)
}

/**
 * Caches that hold about as many records as each named count, after as many again were written.
 * @param {typeof DEFAULTS} options
 */
function measureFull({ recordsMin, recordsMax }) {
  const counts = NAMED_COUNTS.filter((count) => count >= recordsMin && count <= recordsMax)
  const rows = SHAPES.flatMap((shape) =>
    (counts.length > 0 ? counts : [recordsMax]).map((count) => fullRow(shape, count)),
  )
  printTable('full caches', ['record', 'holds', 'evicted', 'B/record beyond key and value', 'of it index'], rows)
}

/**
 * @param {{ keyBytes: number, valueBytes: number }} shape
 * @param {number} count
 */
function fullRow({ keyBytes, valueBytes }, count) {
  const recordBytes = keyBytes + valueBytes + FULL_OVERHEAD_BYTES
  const engine = openEngine({ memoryBytesMax: Math.max(MEMORY_BYTES_MIN, count * recordBytes), eviction: 'any' })
  const builder = new FrameBuilder(keyBytes)
  const value = randomBytes(valueBytes, 1)
  for (let id = 0; id < 2 * count; ) {
    const end = Math.min(2 * count, id + FRAME_OPERATIONS)
    while (id < end) builder.appendSet(id++, value)
    execute(engine, builder.take())
  }
  const { records, evicted, inserts, indexBytes } = engine.stats()
  check(evicted > 0 && records + evicted === inserts, 'what was written was kept or evicted')
  const cells = [overheadPerRecord(engine).toFixed(2), (indexBytes / records).toFixed(2)]
  return [`${keyBytes} + ${valueBytes}`, countText(records), countText(evicted), ...cells]
}

/** @param {typeof DEFAULTS} options */
function curvePoints({ recordsMin, recordsMax, points }) {
  const step = (recordsMax / recordsMin) ** (1 / Math.max(1, points - 1))
  const spaced = Array.from({ length: points }, (_, index) => Math.round(recordsMin * step ** index))
  const named = NAMED_COUNTS.filter((count) => count >= recordsMin && count <= recordsMax)
  return [...new Set([...spaced, ...named])].sort((left, right) => left - right)
}

/**
 * @param {{ least: number, leastAt: number, most: number, mostAt: number }} seen
 * @param {number} overhead
 * @param {number} records
 */
function note(seen, overhead, records) {
  if (overhead < seen.least) Object.assign(seen, { least: overhead, leastAt: records })
  if (overhead > seen.most) Object.assign(seen, { most: overhead, mostAt: records })
}

/**
 * Reads some records back.
 * @param {import('./engine.mjs').Engine} engine
 * @param {FrameBuilder} builder
 * @param {number} records
 * @param {Uint8Array} value
 */
function checkRecords(engine, builder, records, value) {
  check(engine.stats().records === records, `${engine.stats().records} of ${records} records are stored`)
  const random = seededRandom(1)
  for (let left = Math.min(records, CHECKED_RECORDS); left > 0; left--) builder.appendGet(random.nextBelow(records))
  const { reply, starts, lengths } = executeAndRead(engine, builder.take())
  starts.forEach((start, index) => {
    check(Buffer.compare(reply.subarray(start, start + lengths[index]), value) === 0, 'a record has another value')
  })
}
