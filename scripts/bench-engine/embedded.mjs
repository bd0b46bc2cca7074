// A store inside the process, one call at a time: text in, bytes out. Two tables: processor time of a get, all systems
// in turn in one process; and garbage collection with many records, each system in a process of its own.
//
// In the first table every system gets the same string objects, whose hashes are computed. In the second, keys and
// values are made anew for each call, as programs do.

import { fork } from 'node:child_process'
import { check } from './check.mjs'
import { processCpuNs } from './cpu.mjs'
import { drawOperations } from './draws.mjs'
import { SYSTEMS } from './embedded-systems.mjs'
import { keyTexts } from './keys.mjs'
import { loadOrder, STAMP_AT, values } from './records.mjs'
import { spreadCells, spreadOf } from './statistics.mjs'
import { countText, mebibytes, printTable } from './table.mjs'

export const SUMMARY = 'CPU of single gets, and garbage collection, beside Map, lru-cache and lmdb'

export const DEFAULTS = {
  records: 1_000_000,
  theta: 0.99,
  /** Gets of each system in a round. */
  gets: 500_000,
  rounds: 9,
  /** Records while garbage collection is watched; 0 leaves it out. */
  pauseRecords: 10_000_000,
  /** Operations after loading, 95% gets. */
  pauseOperations: 5_000_000,
  systems: Object.keys(SYSTEMS).join(','),
}

/** V8's heap limit for the child processes: more than the largest heap here, so that no collection is forced by it. */
const CHILD_HEAP_MIB = 16_384

/** @typedef {import('./embedded-pauses.mjs').Pauses} Pauses */

/** @param {typeof DEFAULTS} options */
export async function run(options) {
  const names = options.systems.split(',')
  for (const name of names) check(name in SYSTEMS, `no system ${name}; there are ${Object.keys(SYSTEMS).join(', ')}`)
  await measureGets(names, options)
  if (options.pauseRecords > 0) await measurePauses(names, options)
}

/**
 * @param {string[]} names
 * @param {typeof DEFAULTS} options
 */
async function measureGets(names, { records, theta, gets, rounds }) {
  const keys = keyTexts(records)
  const { ids } = drawOperations({ records, theta, readShare: 1, count: gets })
  const expectedSum = ids.reduce((sum, id) => sum + values.value(id)[STAMP_AT], 0)
  const order = loadOrder(records)
  const systems = names.map((name) => {
    const system = SYSTEMS[name](records)
    system.inBulk(() => {
      for (const id of order) system.set(keys[id], Buffer.from(values.value(id)))
    })
    for (const id of ids.subarray(0, 10_000)) {
      check(
        Buffer.compare(values.value(id), system.get(keys[id]) ?? Buffer.alloc(0)) === 0,
        `${name} has another value`,
      )
    }
    check(system.sumOf(keys, ids) === expectedSum, `${name} has other values`)
    return { system, costs: /** @type {number[]} */ ([]) }
  })
  for (let round = 0; round < rounds; round++) {
    for (const { system, costs } of systems) {
      const before = processCpuNs()
      const sum = system.sumOf(keys, ids)
      costs.push((processCpuNs() - before) / gets)
      check(sum === expectedSum, `${system.name} has other values`)
    }
  }
  printTable(
    `One get at a time, zipf ${theta} over ${countText(records)} records, ${rounds} rounds of ${countText(gets)} gets`,
    ['system', 'CPU ns/get', 'least to most', 'M gets/s'],
    systems.map(({ system, costs }) => {
      const spread = spreadOf(costs)
      return [system.name, ...spreadCells(spread, 1), (1000 / spread.median).toFixed(2)]
    }),
  )
  for (const { system } of systems) await system.close()
}

/**
 * @param {string[]} names
 * @param {typeof DEFAULTS} options
 */
async function measurePauses(names, { pauseRecords, pauseOperations, theta }) {
  /** @type {string[][]} */
  const rows = []
  for (const name of names) {
    const result = await runChild([name, String(pauseRecords), String(pauseOperations), String(theta)])
    for (const [phase, { seconds, gcMs, longestMs }] of Object.entries(result.phases)) {
      const memory = [result.memory.rss, result.memory.heapUsed].map((bytes) =>
        phase === 'run' ? mebibytes(bytes) : '-',
      )
      rows.push([result.system, phase, seconds.toFixed(2), gcMs.toFixed(0), longestMs.toFixed(1), ...memory])
    }
  }
  printTable(
    `Garbage collection: load ${countText(pauseRecords)} records, then run ${countText(pauseOperations)} operations`,
    ['system', 'phase', 'seconds', 'GC ms', 'longest pause ms', 'RSS MiB', 'JS heap MiB'],
    rows,
  )
}

/**
 * @param {string[]} args
 * @returns {Promise<Pauses>}
 */
function runChild(args) {
  const child = fork(new URL('./embedded-pauses.mjs', import.meta.url), args, {
    execArgv: [`--max-old-space-size=${CHILD_HEAP_MIB}`],
  })
  return new Promise((done, failed) => {
    child.once('error', failed)
    child.once('message', (message) => done(/** @type {Pauses} */ (message)))
    child.once('exit', (code) => failed(new Error(`the process for ${args[0]} ended with ${code}`)))
  })
}
