// Measures recording, reading and judging a history: reads and unique writes of several clients on some keys, all with
// versions, so that every key gets the zone test and the version check. Needs `npm run build`.
//
//   npm run bench:verify -- --operations 10000000 --keys 1000
//
// The history is what a linearizable store would answer: each operation takes effect at a moment between its call and its
// return, and the clients overlap at most keys. Times are processor times of this one thread and its helpers.

import { parseArgs } from 'node:util'
import { seededRandom } from '../../dist/util/random.js'
import { checkHistory } from '../../dist/verify/check-history.js'
import { DONE, READ, UNKNOWN, UNMET, WRITE } from '../../dist/verify/format.js'
import { History, OPERATION_MEMORY_BYTES } from '../../dist/verify/history.js'
import { HistoryDecoder } from '../../dist/verify/history-decoder.js'
import { HistoryWriter } from '../../dist/verify/history-writer.js'
import { KEY_OPERATION_MEMORY_BYTES } from '../../dist/verify/key-operations.js'
import { processCpuNs } from '../bench-engine/cpu.mjs'
import { countText, mebibytes, printMachine, printTable } from '../bench-engine/table.mjs'

const DEFAULTS = { operations: '10000000', keys: '1000', clients: '64', seed: '1' }
/** Between two operations, and the longest of one. */
const GAP_NS = 100
const LENGTH_NS_MAX = 2_000_000
const UNKNOWN_EVERY = 10_000

const options = Object.fromEntries(
  Object.keys(DEFAULTS).map((name) => [name, { type: /** @type {const} */ ('string') }]),
)
const settings = Object.fromEntries(
  Object.entries({ ...DEFAULTS, ...parseArgs({ options }).values }).map(([name, text]) => {
    const number = Number(text)
    if (!Number.isInteger(number) || number < 1) throw new Error(`--${name} takes a whole number from 1, not ${text}`)
    return [name, number]
  }),
)
const { operations, keys, clients, seed } = settings

printMachine()
const rows = []
const drawn = draw()
const chunks = measured('record', () => record(drawn))
const history = measured('read the file', () => read(chunks))
measured('sort by key', () => history.sortByKey())
const result = measured('judge', () => judge(history))
const total = rows.reduce((sum, row) => sum + row.ns, 0) - (rows[0]?.ns ?? 0)
printTable(
  `${countText(operations)} operations on ${countText(keys)} keys by ${clients} clients, ` +
    `greatest concurrency on a key ${result.exercise.concurrencyMax}: ${result.outcome}`,
  ['step', 'CPU s', 'ns/operation'],
  [...rows, { name: 'all but recording', ns: total }].map(({ name, ns }) => [
    name,
    (ns / 1e9).toFixed(2),
    (ns / operations).toFixed(1),
  ]),
)
const fileBytes = chunks.reduce((sum, chunk) => sum + chunk.length, 0)
console.log(
  `\nfile ${(fileBytes / operations).toFixed(1)} B, memory ${OPERATION_MEMORY_BYTES} B an operation and about ` +
    `${KEY_OPERATION_MEMORY_BYTES} B for each of the largest key; resident ${mebibytes(process.memoryUsage.rss())} MiB, ` +
    `of which ${mebibytes(fileBytes)} are the file and the rest of the benchmark's own arrays`,
)
if (result.outcome !== 'LINEARIZABLE') process.exitCode = 1

/**
 * @template T
 * @param {string} name
 * @param {() => T} work
 */
function measured(name, work) {
  const startNs = processCpuNs()
  const done = work()
  rows.push({ name, ns: processCpuNs() - startNs })
  return done
}

/** Calls and replies, by the moment at which each took effect. */
function draw() {
  const random = seededRandom(seed)
  const columns = {
    kinds: new Uint8Array(operations),
    statuses: new Uint8Array(operations),
    keys: new Uint32Array(operations),
    clients: new Uint32Array(operations),
    values: new Float64Array(operations),
    from: new Float64Array(operations),
    to: new Float64Array(operations),
    versions: new Float64Array(operations),
  }
  const values = new Float64Array(keys)
  const versions = new Float64Array(keys)
  for (let index = 0; index < operations; index++) {
    const atNs = 1e12 + index * GAP_NS
    const key = random.nextBelow(keys)
    const isWrite = random.nextBelow(2) === 0
    const isUnknown = isWrite && random.nextBelow(UNKNOWN_EVERY) === 0
    if (isWrite) {
      values[key] = index + 1
      versions[key] = index + 1
    }
    const isAbsent = values[key] === 0
    columns.kinds[index] = isWrite ? WRITE : READ
    columns.statuses[index] = isUnknown ? UNKNOWN : isAbsent ? UNMET : DONE
    columns.keys[index] = key
    columns.clients[index] = random.nextBelow(clients)
    columns.values[index] = values[key] ?? 0
    columns.versions[index] = isUnknown || isAbsent ? 0 : (versions[key] ?? 0)
    columns.from[index] = atNs - random.nextBelow(LENGTH_NS_MAX)
    columns.to[index] = isUnknown ? Number.POSITIVE_INFINITY : atNs + random.nextBelow(LENGTH_NS_MAX)
  }
  return columns
}

/** @param {ReturnType<typeof draw>} columns */
function record(columns) {
  /** @type {Uint8Array[]} */
  const written = []
  const writer = new HistoryWriter((bytes) => written.push(bytes.slice()))
  const encoder = new TextEncoder()
  const numbers = Array.from({ length: keys }, (_, key) => writer.key(encoder.encode(`key-${key}`)))
  const recorders = Array.from({ length: clients }, (_, client) => writer.client(client))
  for (let index = 0; index < operations; index++) {
    recorders[columns.clients[index]].record(
      columns.kinds[index],
      columns.statuses[index],
      numbers[columns.keys[index]],
      columns.values[index],
      columns.from[index],
      columns.to[index],
      BigInt(columns.versions[index]),
    )
  }
  writer.end()
  return written
}

/** @param {Uint8Array[]} written */
function read(written) {
  const target = new History()
  const decoder = new HistoryDecoder(target)
  for (const chunk of written) decoder.push(chunk)
  decoder.end()
  return target
}

/** @param {History} judged */
function judge(judged) {
  const steps = checkHistory(judged)
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
  }
}
