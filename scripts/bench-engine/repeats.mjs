// What results by reference save: reply bytes and processor time of the frame that one of several servers sees, whose
// keys are a part of all keys.

import { slotOfBytes } from '../../dist/cluster/slot.js'
import { check } from './check.mjs'
import { processCpuNs } from './cpu.mjs'
import { drawOperations } from './draws.mjs'
import { execute, openEngine } from './engine.mjs'
import { KEY_BYTES, writeKey } from './keys.mjs'
import { buildFrames, checkFrames, loadRecords } from './records.mjs'
import { spreadCells, spreadOf } from './statistics.mjs'
import { printTable } from './table.mjs'

export const SUMMARY = 'reply bytes and CPU with and without results by reference, for the keys of one server'

export const DEFAULTS = {
  records: 1_000_000,
  theta: 0.99,
  /** Of so many servers one is looked at. */
  servers: 4,
  frames: 40,
  /** Operations of a frame that go to this server. */
  operations: 8_192,
  readShare: 0.95,
  rounds: 9,
}

/** @param {typeof DEFAULTS} options */
export function run(options) {
  const { records, theta, servers, frames: frameCount, operations, rounds } = options
  const draws = drawOwned(options)
  const frames = buildFrames(draws, operations)
  const systems = [false, true].map((repeats) => {
    const engine = openEngine({ repeats })
    loadRecords(engine, records)
    checkFrames(engine, frames, draws)
    return { engine, repeats, bytes: 0, costs: /** @type {number[]} */ ([]) }
  })
  for (let round = 0; round < rounds; round++) {
    for (const system of systems) {
      const before = processCpuNs()
      system.bytes = 0
      for (const frame of frames) system.bytes += execute(system.engine, frame)
      system.costs.push((processCpuNs() - before) / draws.ids.length)
    }
  }
  const plainBytes = systems[0].bytes
  check(systems[1].bytes <= plainBytes, 'references only save bytes')
  printTable(
    `${rounds} rounds of ${frameCount} frames of ${operations} operations, zipf ${theta}, 1 of ${servers} servers`,
    ['results', 'reply B/op', 'of plain', 'repeated', 'CPU ns/op', 'least to most'],
    systems.map(({ engine, repeats, bytes, costs }) => [
      repeats ? 'by reference' : 'plain',
      (bytes / draws.ids.length).toFixed(1),
      `${((100 * bytes) / plainBytes).toFixed(1)}%`,
      // The frames ran once more than the rounds, for the check.
      `${((100 * engine.stats().repeats) / (draws.ids.length * (rounds + 1))).toFixed(1)}%`,
      ...spreadCells(spreadOf(costs), 1),
    ]),
  )
}

/**
 * Operations on the keys of the first server, in the order of the whole sequence.
 * @param {typeof DEFAULTS} options
 */
function drawOwned({ records, theta, servers, frames, operations, readShare }) {
  const count = frames * operations
  const isOwned = ownedRecords(records, servers)
  const ids = new Uint32Array(count)
  const isRead = new Uint8Array(count)
  // The most frequent key alone has a share of several percent, so a server's share is not exactly one of `servers`.
  let drawn = 0
  let length = 0
  for (let factor = servers * 1.5; drawn < count; factor *= 2) {
    drawn = 0
    length = Math.ceil(count * factor)
    const all = drawOperations({ records, theta, readShare, count: length })
    for (let index = 0; index < length && drawn < count; index++) {
      if (isOwned[all.ids[index]] === 0) continue
      ids[drawn] = all.ids[index]
      isRead[drawn++] = all.isRead[index]
    }
  }
  return { ids, isRead }
}

/**
 * For each record 1 when the first server owns its slot.
 * @param {number} records
 * @param {number} servers
 */
function ownedRecords(records, servers) {
  const key = new Uint8Array(KEY_BYTES)
  return Uint8Array.from({ length: records }, (_, id) => {
    writeKey(key, 0, id, KEY_BYTES)
    return slotOfBytes(key, 0, KEY_BYTES) % servers === 0 ? 1 : 0
  })
}
