// Draws operations as `sluice bench` does, from the same generator: ranks of records, and which of them are reads.
// Record number and rank are the same here; records are loaded in random order, so that hot ones are not neighbours.

import { KIND_READ, KIND_UPDATE } from '../../dist/bench/workload/kinds.js'
import { resolveWorkload } from '../../dist/bench/workload/resolve-workload.js'
import { OperationSource } from '../../dist/bench/workload/workload.js'

const SEED = 1
const BLOCK_OPERATIONS = 8_192

/**
 * @typedef {{ ids: Uint32Array, isRead: Uint8Array }} Draws operation i concerns record ids[i]
 */

/**
 * The first `count` operations over `records` records; `theta` below 1, 0 is uniform.
 * @param {{ records: number, theta: number, readShare: number, count: number }} options
 * @returns {Draws}
 */
export function drawOperations({ records, theta, readShare, count }) {
  /** @type {number[]} */
  const mix = []
  mix[KIND_READ] = readShare
  mix[KIND_UPDATE] = 1 - readShare
  const source = new OperationSource({
    workload: { ...resolveWorkload({ records }), distribution: { kind: 'zipf', theta }, mix },
    seed: SEED,
    client: 0,
    clientCount: 1,
    blockCapacity: BLOCK_OPERATIONS,
    blockCount: 1,
  })
  const block = source.blocks[0]
  const ids = new Uint32Array(count)
  const isRead = new Uint8Array(count)
  for (let first = 0; first < count; first += block.count) {
    source.draw(block, Math.min(BLOCK_OPERATIONS, count - first))
    ids.set(block.ranks.subarray(0, block.count), first)
    for (let index = 0; index < block.count; index++) isRead[first + index] = block.kinds[index] === KIND_READ ? 1 : 0
  }
  return { ids, isRead }
}
