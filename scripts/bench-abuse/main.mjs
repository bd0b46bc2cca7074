// How much longer a server's calm clients wait while others abuse it. Needs `npm run build`.
//
//   npm run bench:abuse -- --turn-ms 5000 --rounds 5
//
// The clients each have one small call under way; every answer is checked. The kinds of abuse take turns, in each round
// all of them, so that what else the machine does meets all alike. Server, clients and abusers are three processes: where
// they share cores, the waiting includes what the abusers compute. The server's own time is seen apart: processor time of its
// shard threads for each frame, those of the abusers included.

import { fork } from 'node:child_process'
import { once } from 'node:events'
import { parseArgs } from 'node:util'
import { connect } from '../../dist/client/index.js'
import { VALUE_BYTES_MAX } from '../../dist/protocol/index.js'
import { percentile, spreadCells, spreadOf } from '../bench-engine/statistics.mjs'
import { countText, printMachine, printTable } from '../bench-engine/table.mjs'
import { LARGE_KEY } from './abusers.mjs'
import { answerOf, ServerProcess } from './server-process.mjs'

const ABUSE_PROCESS = new URL('abuse-process.mjs', import.meta.url).pathname
const OPENING_MAX = 20
const KINDS = ['idle', 'trickle', 'flood', 'too-many', 'large']

/** What is measured in each round: a name, and the kinds of abuse. */
const TURNS = [
  { name: 'none', kinds: [] },
  ...KINDS.map((kind) => ({ name: kind, kinds: [kind] })),
  { name: 'all of them', kinds: KINDS },
]

const DEFAULTS = { 'turn-ms': 2_000, rounds: 3, threads: 2, busy: 50, idle: 2_000 }

/**
 * @typedef {typeof DEFAULTS} Options
 * @typedef {import('../../dist/client/index.js').Client} Client
 * @typedef {object} Sample
 * @property {number} perSecond
 * @property {number} p50Ms
 * @property {number} p99Ms
 * @property {number} frameUs processor time of the shard threads for a frame
 */

const { values } = parseArgs({
  options: Object.fromEntries(Object.keys(DEFAULTS).map((name) => [name, { type: /** @type {const} */ ('string') }])),
})
const options = /** @type {Options} */ (
  Object.fromEntries(Object.entries(DEFAULTS).map(([name, value]) => [name, numberOf(name, values[name], value)]))
)

printMachine()
const { busy, idle, rounds, threads, 'turn-ms': turnMs } = options
const limits = { connectionsMax: idle + 2 * busy, slowReaderMs: 2_000 }
const server = await ServerProcess.start({ threads, memoryBytesMax: threads * 64 * 2 ** 20, limits })
/** @type {Client[]} */
const clients = []
try {
  while (clients.length < busy) {
    const opening = Array.from({ length: Math.min(OPENING_MAX, busy - clients.length) }, () => connect(server.address))
    clients.push(...(await Promise.all(opening)))
  }
  await clients[0]?.set(LARGE_KEY, new Uint8Array(VALUE_BYTES_MAX))
  await callFor(Math.min(1_000, turnMs))
  const samples = TURNS.map(() => /** @type {Sample[]} */ ([]))
  for (let round = 0; round < rounds; round++) {
    for (const [turn, { kinds }] of TURNS.entries()) samples[turn]?.push(await measure(kinds))
  }
  report(samples)
} finally {
  for (const client of clients) client.destroy()
  await server.stop()
}

/**
 * @param {string[]} kinds
 * @returns {Promise<Sample>}
 */
async function measure(kinds) {
  const abusers = await startAbusers(kinds)
  try {
    const before = await shardTime()
    const latenciesMs = await callFor(turnMs)
    const after = await shardTime()
    return {
      perSecond: (latenciesMs.length / turnMs) * 1_000,
      p50Ms: percentile(latenciesMs, 0.5),
      p99Ms: percentile(latenciesMs, 0.99),
      frameUs: (after.cpuNs - before.cpuNs) / (after.frames - before.frames) / 1e3,
    }
  } finally {
    await stopAbusers(abusers)
  }
}

/** @param {string[]} kinds */
async function startAbusers(kinds) {
  if (kinds.length === 0) return undefined
  const child = fork(ABUSE_PROCESS, [JSON.stringify({ topology: server.topology, kinds, idle })])
  await answerOf(child)
  return child
}

/** @param {import('node:child_process').ChildProcess | undefined} child */
async function stopAbusers(child) {
  if (child === undefined) return
  if (child.exitCode !== null) throw new Error('the abusers ended by themselves')
  const exited = once(child, 'exit')
  child.disconnect()
  await exited
}

async function shardTime() {
  const { stats } = await server.report()
  return {
    cpuNs: stats.reduce((sum, { threadCpuNs }) => sum + threadCpuNs, 0),
    frames: stats.reduce((sum, { frames }) => sum + frames, 0),
  }
}

/**
 * Every client calls, one call after the other. Returns the milliseconds of each call, sorted.
 * @param {number} durationMs
 */
async function callFor(durationMs) {
  const deadline = performance.now() + durationMs
  /** @type {number[]} */
  const latenciesMs = []
  await Promise.all(
    clients.map(async (client, place) => {
      for (let count = 0; performance.now() < deadline; count++) {
        const startMs = performance.now()
        await client.set(`busy:${place}`, `${count}`)
        const setMs = performance.now()
        const answer = await client.getString(`busy:${place}`)
        latenciesMs.push(setMs - startMs, performance.now() - setMs)
        if (answer !== `${count}`) throw new Error(`client ${place} read ${answer} in place of ${count}`)
      }
    }),
  )
  return Float64Array.from(latenciesMs).sort()
}

/** @param {Sample[][]} samples by turn */
function report(samples) {
  const base = spreadOf((samples[0] ?? []).map(({ p50Ms }) => p50Ms)).median
  printTable(
    `${busy} calm clients with one call under way each, ${threads} shard threads, ${rounds} rounds of ${turnMs} ms`,
    ['abuse', 'calls/s', 'p50 ms', 'spread', 'of none', 'p99 ms', 'spread', 'shard us/frame', 'spread'],
    TURNS.map(({ name }, turn) => {
      const of = (/** @type {keyof Sample} */ key) => spreadOf((samples[turn] ?? []).map((sample) => sample[key]))
      const share = `${(of('p50Ms').median / base).toFixed(2)}`
      return [
        name,
        countText(Math.round(of('perSecond').median)),
        ...spreadCells(of('p50Ms'), 2),
        share,
        ...spreadCells(of('p99Ms'), 2),
        ...spreadCells(of('frameUs'), 1),
      ]
    }),
  )
}

/**
 * @param {string} name
 * @param {string | boolean | undefined} text
 * @param {number} standard
 */
function numberOf(name, text, standard) {
  if (text === undefined) return standard
  if (typeof text === 'string' && /^\d+$/.test(text) && Number(text) >= 1) return Number(text)
  throw new Error(`--${name} takes a whole number from 1, not ${text}`)
}
