// Processor time per operation, whole frames in process, with a JavaScript Map beside it.
//
// Every round runs every load on every system, in turn. The Map does the same operations in the same order, and gets
// every advantage: its keys are the very strings that it holds, with their hashes computed, and neither read nor write
// copies a value. The engine parses the operations, copies values in and results out.

import { check } from './check.mjs'
import { processCpuNs } from './cpu.mjs'
import { drawOperations } from './draws.mjs'
import { execute, openEngine } from './engine.mjs'
import { keyTexts } from './keys.mjs'
import { buildFrames, checkFrames, loadOrder, loadRecords, STAMP_AT, values } from './records.mjs'
import { spreadCells, spreadOf } from './statistics.mjs'
import { countText, printTable } from './table.mjs'

export const SUMMARY = 'CPU per operation of whole frames, 95% gets and 5% sets, beside Map.get and Map.set'

export const DEFAULTS = {
  records: 1_000_000,
  /** Records of the load that fits the processor's caches. */
  cachedRecords: 5_000,
  theta: 0.99,
  frames: 100,
  /** Frames of the cached load, executed over and over: with more of them the requests would not be in the caches. */
  cachedFrames: 4,
  /** Operations of a frame. */
  operations: 8_192,
  rounds: 9,
}

/**
 * @typedef {import('./draws.mjs').Draws} Draws
 * @typedef {import('./engine.mjs').Frame} Frame
 * @typedef {{ name: string, records: number, draws: Draws, frames: Frame[], passes: number }} Load the frames are
 * executed `passes` times in a round @typedef {{ name: string, run: () => number }} System `run` does a load's
 * operations and returns the bytes of results @typedef {{ load: Load, system: System, costs: number[], bytes: number
 * }} Row
 */

/** @param {typeof DEFAULTS} options */
export function run(options) {
  const { records, cachedRecords, theta, rounds } = options
  const loads = [
    openLoad(`zipf ${theta}`, records, theta, options),
    openLoad('uniform', records, 0, options),
    openLoad(`zipf ${theta}`, cachedRecords, theta, { ...options, frames: options.cachedFrames }, options.frames),
  ]
  const stores = new Map([records, cachedRecords].map((count) => [count, openStores(count)]))
  /** @type {Row[]} */
  const rows = loads.flatMap((load) => {
    const store = stores.get(load.records)
    check(store !== undefined, 'a load has its stores')
    return systemsOf(load, store).map((system) => ({ load, system, costs: [], bytes: 0 }))
  })
  for (let round = 0; round < rounds; round++) {
    for (const row of rows) {
      const before = processCpuNs()
      for (let pass = 0; pass < row.load.passes; pass++) row.bytes = row.system.run()
      row.costs.push((processCpuNs() - before) / (row.load.draws.ids.length * row.load.passes))
    }
  }
  printTable(
    `${rounds} rounds of ${options.frames} frames of ${options.operations} operations`,
    ['records', 'keys', 'system', 'CPU ns/op', 'least to most', 'M ops/s', 'reply B/op'],
    rows.map(cellsOf),
  )
}

/** @param {Row} row */
function cellsOf({ load, system, costs, bytes }) {
  const spread = spreadOf(costs)
  const replyBytes = bytes === 0 ? '-' : (bytes / load.draws.ids.length).toFixed(1)
  const rate = (1000 / spread.median).toFixed(1)
  return [countText(load.records), load.name, system.name, ...spreadCells(spread, 1), rate, replyBytes]
}

/**
 * @param {string} name
 * @param {number} records
 * @param {number} theta
 * @param {typeof DEFAULTS} options
 * @param {number} [framesExecuted] in a round, at least; default: each frame once
 * @returns {Load}
 */
function openLoad(name, records, theta, { frames, operations }, framesExecuted = frames) {
  const draws = drawOperations({ records, theta, readShare: 0.95, count: frames * operations })
  return { name, records, draws, frames: buildFrames(draws, operations), passes: Math.ceil(framesExecuted / frames) }
}

/**
 * The same records in every system.
 * @param {number} records
 */
function openStores(records) {
  const plain = openEngine({ repeats: false })
  const repeating = openEngine({ repeats: true })
  for (const engine of [plain, repeating]) loadRecords(engine, records)
  const keys = keyTexts(records)
  /** @type {Map<string, Buffer>} */
  const map = new Map()
  for (const id of loadOrder(records)) map.set(keys[id], Buffer.from(values.value(id)))
  return { plain, repeating, keys, map }
}

/**
 * The load on each system, every result checked once.
 * @param {Load} load
 * @param {ReturnType<typeof openStores>} stores
 * @returns {System[]}
 */
function systemsOf({ draws, frames }, { plain, repeating, keys, map }) {
  checkFrames(plain, frames, draws)
  checkFrames(repeating, frames, draws)
  const written = Array.from(draws.ids, (id, index) =>
    draws.isRead[index] === 1 ? undefined : Buffer.from(values.value(id)),
  )
  const stampSum = draws.ids.reduce((sum, id, index) => sum + draws.isRead[index] * values.value(id)[STAMP_AT], 0)
  return [
    { name: 'Sluice', run: () => runFrames(plain, frames, draws) },
    { name: 'Sluice, results by reference', run: () => runFrames(repeating, frames, draws) },
    {
      name: 'Map',
      run: () => {
        check(runMap(map, keys, draws, written) === stampSum, 'the Map has other values')
        return 0
      },
    },
  ]
}

/**
 * @param {import('./engine.mjs').Engine} engine
 * @param {Frame[]} frames
 * @param {Draws} draws
 */
function runFrames(engine, frames, { ids }) {
  const before = engine.stats()
  let bytes = 0
  for (const frame of frames) bytes += execute(engine, frame)
  const after = engine.stats()
  check(after.gets - before.gets + after.sets - before.sets === ids.length, 'operations are missing')
  check(after.gets - before.gets === after.hits - before.hits, 'a read found nothing')
  return bytes
}

/**
 * Returns the sum of the stamps read.
 * @param {Map<string, Buffer>} map
 * @param {string[]} keys
 * @param {Draws} draws
 * @param {(Buffer | undefined)[]} written the values of the writes
 */
function runMap(map, keys, { ids }, written) {
  let sum = 0
  for (let index = 0; index < ids.length; index++) {
    const key = keys[ids[index]]
    const value = written[index]
    if (value !== undefined) map.set(key, value)
    else sum += map.get(key)?.[STAMP_AT] ?? 0
  }
  return sum
}
