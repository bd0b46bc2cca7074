// One process of the measurement: the public client on a server in the same thread, so that replies are real ones. Only what
// is measured runs between two looks at the clock. A round's cost is the median of its passes, which a thread that has to
// wait for its processor does not move. Prints the costs of each round as JSON.

import { appendOperations } from '../../dist/bench/drivers/sluice-batch.js'
import { checkResults, createTally } from '../../dist/bench/load/checker.js'
import { KIND_INSERT } from '../../dist/bench/workload/kinds.js'
import { resolveWorkload } from '../../dist/bench/workload/resolve-workload.js'
import { ValueTable } from '../../dist/bench/workload/values.js'
import { OperationSource } from '../../dist/bench/workload/workload.js'
import { connect } from '../../dist/client/index.js'
import { slotOfBytes } from '../../dist/cluster/slot.js'
import { createLocalServer } from '../../dist/server/index.js'
import { spreadOf } from '../bench-engine/statistics.mjs'

/**
 * @typedef {import('../../dist/bench/workload/workload.js').OperationBlock} OperationBlock
 * @typedef {import('./main.mjs').Costs} Costs
 * @typedef {object} Settings
 * @property {'decimal' | 'user'} keys
 * @property {number} shards
 * @property {number} records
 * @property {number} batch
 * @property {number} window
 * @property {number} passes
 * @property {number} rounds
 */

const MEMORY_BYTES = 1024 * 1024 * 1024
const LOAD_BATCH = 8_192
const NS_PER_MS = 1e6

/** @type {Settings} */
const { keys, shards, records, batch: batchSize, window, passes, rounds } = JSON.parse(process.argv[2] ?? '{}')
const workload = resolveWorkload({ workload: 'b', keys, records })
const source = new OperationSource({
  workload,
  seed: 1,
  client: 0,
  clientCount: 1,
  blockCount: window,
  blockCapacity: Math.max(batchSize, LOAD_BATCH),
})
const { blocks } = source
const values = new ValueTable(workload.valueSizes)
const tally = createTally()

const server = createLocalServer({ threads: shards, memoryBytesMax: MEMORY_BYTES / shards })
const client = await connect(server.address, { transport: server })
await load()
// The first round compiles.
await round()
/** @type {Costs[]} */
const costs = []
for (let count = 0; count < rounds; count++) costs.push(await round())
await client.close()
await server.close()

const expected = records + (1 + rounds) * passes * window * batchSize
if (tally.mismatches > 0 || tally.checked !== expected) {
  throw new Error(`${tally.checked} of ${expected} results checked, ${tally.mismatches} wrong: ${tally.explanations}`)
}
console.log(JSON.stringify(costs))

async function load() {
  const [block] = blocks
  if (block === undefined) throw new Error('there is a block')
  for (let first = 0; first < records; first += block.count) {
    source.enumerate(block, KIND_INSERT, first, records)
    const batch = client.batch()
    appendOperations(batch, block, values)
    const results = await batch.send()
    checkResults(results, block, values, tally)
    results.release()
  }
}

/** @returns {Promise<Costs>} */
async function round() {
  /** @type {Costs[]} */
  const all = []
  for (let count = 0; count < passes; count++) all.push(await pass())
  const median = (/** @type {(cost: Costs) => number} */ of) => spreadOf(all.map(of)).median
  return {
    draw: median(({ draw }) => draw),
    append: median(({ append }) => append),
    check: median(({ check }) => check),
    slot: median(({ slot }) => slot),
  }
}

/** @returns {Promise<Costs>} */
async function pass() {
  const startMs = performance.now()
  for (const block of blocks) source.draw(block, batchSize)
  const drawnMs = performance.now()
  const batches = blocks.map(() => client.batch())
  const openedMs = performance.now()
  for (const [index, block] of blocks.entries()) appendOperations(batches[index], block, values)
  const appendedMs = performance.now()
  const results = await Promise.all(batches.map((batch) => batch.send()))
  const answeredMs = performance.now()
  for (const [index, block] of blocks.entries()) checkResults(results[index], block, values, tally)
  const checkedMs = performance.now()
  for (const block of blocks) sumSlots(block)
  const slottedMs = performance.now()
  for (const each of results) each.release()
  const nsPerOperation = NS_PER_MS / (window * batchSize)
  return {
    draw: (drawnMs - startMs) * nsPerOperation,
    append: (appendedMs - openedMs) * nsPerOperation,
    check: (checkedMs - answeredMs) * nsPerOperation,
    slot: (slottedMs - checkedMs) * nsPerOperation,
  }
}

/**
 * What the batch does for each key's slot.
 * @param {OperationBlock} block
 */
function sumSlots({ keys: bytes, keyStrideBytes, keyLengths, count }) {
  let sum = 0
  for (let index = 0; index < count; index++) {
    const end = (index + 1) * keyStrideBytes
    sum += slotOfBytes(bytes, end - (keyLengths[index] ?? 0), end)
  }
  if (count > 0 && !(sum >= 0)) throw new Error('slots are numbers')
}
