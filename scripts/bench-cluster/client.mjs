// One client process of a cluster benchmark. Its parent sends it through load and run; every reply is checked here.
//
// With `toleratesLoss` a read may find nothing and a batch may fail in part: a node is stopped meanwhile, and comes back
// empty. What is answered must be right all the same.

import { KIND_INSERT, KIND_READ } from '../../dist/bench/workload/kinds.js'
import { resolveWorkload } from '../../dist/bench/workload/resolve-workload.js'
import { ValueTable } from '../../dist/bench/workload/values.js'
import { OperationSource } from '../../dist/bench/workload/workload.js'
import { connect } from '../../dist/client/index.js'
import { STATUS_MISSING, STATUS_OK, STATUS_VALUE } from '../../dist/protocol/codes.js'

/**
 * @typedef {import('../../dist/bench/workload/workload.js').OperationBlock} OperationBlock
 * @typedef {import('../../dist/client/index.js').BatchResults} BatchResults
 * @typedef {object} ClientSetup
 * @property {string[]} addresses
 * @property {number} client number of this process, from 0
 * @property {number} clients processes in all
 * @property {number} records
 * @property {number} batch operations of a batch
 * @property {number} window batches in flight
 * @property {number} timeoutMs
 * @property {boolean} toleratesLoss
 * @property {'wait' | 'fail'} whenDisconnected
 */

const LOAD_BATCH = 8_192
const VALUE_BYTES = 128

/** @type {ClientSetup} */
const setup = JSON.parse(process.argv[2] ?? '{}')
const workload = resolveWorkload({
  workload: 'b',
  theta: 0.99,
  records: setup.records,
  valueBytes: String(VALUE_BYTES),
})
const values = new ValueTable(workload.valueSizes)
const source = new OperationSource({
  workload,
  seed: 1,
  client: setup.client,
  clientCount: setup.clients,
  blockCount: setup.window,
  blockCapacity: Math.max(setup.batch, LOAD_BATCH),
})
const tally = { operations: 0, mismatches: 0, missing: 0, notDone: 0, unknown: 0, failedBatches: 0 }
/** Operations that were answered, by the second in which they were. */
let perSecond = /** @type {number[]} */ ([])

const client = await connect(setup.addresses, {
  timeoutMs: setup.timeoutMs,
  whenDisconnected: setup.whenDisconnected,
})
process.on('message', async (/** @type {{ kind: string, seconds: number }} */ { kind, seconds }) => {
  if (kind === 'load') {
    await load()
    report('loaded')
  } else if (kind === 'run') {
    Object.assign(tally, { operations: 0, mismatches: 0, missing: 0, notDone: 0, unknown: 0, failedBatches: 0 })
    perSecond = []
    const before = process.cpuUsage()
    await run(seconds)
    const { user, system } = process.cpuUsage(before)
    report('done', (user + system) * 1_000)
  } else {
    await client.close()
    process.disconnect()
  }
})
report('ready')

async function load() {
  const first = Math.floor((setup.records * setup.client) / setup.clients)
  const end = Math.floor((setup.records * (setup.client + 1)) / setup.clients)
  const block = /** @type {OperationBlock} */ (source.blocks[0])
  for (let next = first; next < end; next += block.count) {
    source.enumerate(block, KIND_INSERT, next, end)
    await send(block)
  }
}

/** @param {number} seconds */
async function run(seconds) {
  const start = performance.now()
  const deadline = start + seconds * 1_000
  await Promise.all(
    source.blocks.map(async (block) => {
      while (performance.now() < deadline) {
        source.draw(block, setup.batch)
        const before = tally.operations
        await send(block)
        const second = Math.floor((performance.now() - start) / 1_000)
        perSecond[second] = (perSecond[second] ?? 0) + tally.operations - before
      }
    }),
  )
}

/** @param {OperationBlock} block */
async function send(block) {
  const batch = client.batch()
  const { keys, keyStrideBytes, keyLengths, ranks, kinds, count } = block
  for (let index = 0; index < count; index++) {
    const keyEnd = (index + 1) * keyStrideBytes
    const keyStart = keyEnd - /** @type {number} */ (keyLengths[index])
    if (kinds[index] === KIND_READ) {
      batch.getBytes(keys, keyStart, keyEnd)
    } else {
      const value = values.value(/** @type {number} */ (ranks[index]))
      batch.setBytes(keys, keyStart, keyEnd, value, 0, value.length)
    }
  }
  try {
    check(await batch.send(), block)
  } catch (error) {
    const results = /** @type {{ results?: BatchResults }} */ (error).results
    if (!setup.toleratesLoss || results === undefined) throw error
    tally.failedBatches++
    check(results, block)
  }
}

/**
 * @param {BatchResults} results
 * @param {OperationBlock} block
 */
function check(results, block) {
  const { ranks, kinds, count } = block
  for (let index = 0; index < count; index++) {
    const status = results.status(index)
    if (kinds[index] !== KIND_READ) {
      if (status === STATUS_OK) tally.operations++
      else noteFailure(results, index)
      continue
    }
    const rank = /** @type {number} */ (ranks[index])
    if (status === STATUS_VALUE) {
      tally.operations++
      const isRight =
        results.valueBytes(index) === VALUE_BYTES &&
        values.hasStamps(results.source(index), results.valueStart(index), rank)
      if (!isRight) tally.mismatches++
    } else if (status === STATUS_MISSING) {
      tally.operations++
      tally.missing++
      if (!setup.toleratesLoss) tally.mismatches++
    } else {
      noteFailure(results, index)
    }
  }
  results.release()
}

/**
 * @param {BatchResults} results
 * @param {number} index
 */
function noteFailure(results, index) {
  if (!setup.toleratesLoss) tally.mismatches++
  if (results.fate(index) === 'unknown') tally.unknown++
  else tally.notDone++
}

/**
 * @param {string} kind
 * @param {number} [cpuNs]
 */
function report(kind, cpuNs = 0) {
  process.send?.({ kind, tally, cpuNs, perSecond: Array.from(perSecond, (count) => count ?? 0) })
}
