// How long single calls take while the engine grows from nothing: each call is one small frame of new records, and its
// cost is the processor time of this thread, nothing subtracted: the kernel's work for the first touch of a page
// counts, and so does time that a virtual machine's host took away. Growth of the index happens inside some calls; the
// dearest are listed with the index entries that they moved, the heap that they added and the pages that they touched
// first.

import { check } from './check.mjs'
import { ThreadClock } from './cpu.mjs'
import { execute, FrameBuilder, openEngine } from './engine.mjs'
import { KEY_BYTES } from './keys.mjs'
import { VALUE_BYTES } from './records.mjs'
import { percentile } from './statistics.mjs'
import { countText, mebibytes, printTable } from './table.mjs'

export const SUMMARY = 'CPU of each engine call while records are inserted: percentiles, and what the dearest calls did'

export const DEFAULTS = {
  records: 20_000_000,
  /** Sets of a call. */
  operations: 64,
}

const SHARES = [0.5, 0.9, 0.99, 0.999, 0.9999]
const BOUNDS_MS = [0.5, 1, 2]
const DEAREST_COUNT = 8

/**
 * @typedef {{ ns: number, records: number, entriesMoved: number, heapBytes: number, pageFaults: number }} Call what
 * one call took and did
 */

/** @param {typeof DEFAULTS} options */
export function run({ records, operations }) {
  const { costs, dearest, entriesMoved, movedMost } = insertAll(records, operations)
  const total = costs.reduce((sum, ns) => sum + ns, 0)
  const sorted = costs.slice().sort()
  const [mean, most] = [total / costs.length, sorted[sorted.length - 1]]
  printTable(
    `${countText(records)} records in ${costs.length} calls of ${operations} sets, CPU of a call`,
    ['mean', ...SHARES.map((share) => `p${Number((share * 100).toFixed(2))}`), 'most'],
    [[mean, ...SHARES.map((share) => percentile(sorted, share)), most].map((ns) => `${(ns / 1000).toFixed(1)} µs`)],
  )
  printTable(
    'Calls over a bound',
    ['bound', 'calls', 'of a million calls'],
    BOUNDS_MS.map((bound) => {
      const over = costs.reduce((count, ns) => count + (ns > bound * 1e6 ? 1 : 0), 0)
      return [`${bound} ms`, String(over), ((over / costs.length) * 1e6).toFixed(1)]
    }),
  )
  printTable(
    `The dearest calls; entries moved: ${(entriesMoved / records).toFixed(2)} per record, at most ${movedMost} in a call`,
    ['at records', 'ms', 'entries moved', 'heap MiB added', 'page faults'],
    dearest.map((call) => [
      countText(call.records),
      (call.ns / 1e6).toFixed(3),
      String(call.entriesMoved),
      mebibytes(call.heapBytes),
      String(call.pageFaults),
    ]),
  )
}

/**
 * @param {number} records
 * @param {number} operations
 */
function insertAll(records, operations) {
  const clock = new ThreadClock()
  const engine = openEngine()
  const builder = new FrameBuilder(KEY_BYTES)
  const value = new Uint8Array(VALUE_BYTES).fill(1)
  const costs = new Float64Array(Math.ceil(records / operations))
  /** @type {Call[]} */
  const dearest = []
  let movedMost = 0
  let before = engine.stats()
  for (let call = 0; call < costs.length; call++) {
    const end = Math.min(records, (call + 1) * operations)
    for (let id = call * operations; id < end; id++) builder.appendSet(id, value)
    const frame = builder.take()
    const start = clock.nowNs()
    const faultsBefore = clock.pageFaults
    execute(engine, frame)
    const ns = clock.nowNs() - start
    const pageFaults = clock.pageFaults - faultsBefore
    costs[call] = ns
    const after = engine.stats()
    const entriesMoved = after.entriesMoved - before.entriesMoved
    movedMost = Math.max(movedMost, entriesMoved)
    const heapBytes = after.heapBytes - before.heapBytes
    keepDearest(dearest, { ns, records: end, entriesMoved, heapBytes, pageFaults })
    before = after
  }
  clock.close()
  check(before.records === records, `${before.records} of ${records} records are stored`)
  check(before.inserts === records, 'every set inserted a record')
  return { costs, dearest, entriesMoved: before.entriesMoved, movedMost }
}

/**
 * @param {Call[]} dearest the dearest first
 * @param {Call} call
 */
function keepDearest(dearest, call) {
  if (dearest.length === DEAREST_COUNT && call.ns <= dearest[DEAREST_COUNT - 1].ns) return
  dearest.push(call)
  dearest.sort((left, right) => right.ns - left.ns)
  dearest.length = Math.min(dearest.length, DEAREST_COUNT)
}
