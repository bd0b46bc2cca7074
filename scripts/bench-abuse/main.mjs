// How much longer a server's calm clients wait while others abuse it. Needs `npm run build`.
//
//   npm run bench:abuse -- --turn-ms 5000 --rounds 5
//
// The clients each have one small call under way; every answer is checked. The kinds of abuse take turns, in each round
// all of them, so that what else the machine does meets all alike. Server, clients and abusers are three processes: where
// they share cores, the waiting includes what the abusers compute. The server's own time is seen apart: from the read of a
// frame to the write of its reply, and the processor time of its shard threads for each frame. Both include the frames of the
// abusers, few beside those of the clients.

import { fork } from 'node:child_process'
import { once } from 'node:events'
import { parseArgs } from 'node:util'
import { connect } from '../../dist/client/index.js'
import { VALUE_BYTES_MAX } from '../../dist/protocol/index.js'
import { FRAME_TIME_PLACES_PER_DOUBLING } from '../../dist/server/frame-times.js'
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
 * @property {number} insideP50Us from a frame's read to its reply's write
 * @property {number} insideP99Us
 * @property {number} cpuUs processor time of the shard threads for a frame
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
    const before = await insideNow()
    const latenciesMs = await callFor(turnMs)
    const after = await insideNow()
    const frameTimes = after.frameTimes.map((frames, place) => frames - (before.frameTimes[place] ?? 0))
    return {
      perSecond: (latenciesMs.length / turnMs) * 1_000,
      p50Ms: percentile(latenciesMs, 0.5),
      p99Ms: percentile(latenciesMs, 0.99),
      insideP50Us: frameTimeUs(frameTimes, 0.5),
      insideP99Us: frameTimeUs(frameTimes, 0.99),
      cpuUs: (after.cpuNs - before.cpuNs) / 1e3 / frameTimes.reduce((sum, frames) => sum + frames, 0),
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

/** What the shard threads have done so far, together. */
async function insideNow() {
  const { stats } = await server.report()
  const places = stats[0]?.frameTimes ?? []
  return {
    cpuNs: stats.reduce((sum, { threadCpuNs }) => sum + threadCpuNs, 0),
    frameTimes: places.map((_, place) => stats.reduce((sum, { frameTimes }) => sum + (frameTimes[place] ?? 0), 0)),
  }
}

/**
 * The time that `share` of all frames did not exceed, in microseconds.
 * @param {readonly number[]} frameTimes frames by the logarithm of their time, as a server counts them
 * @param {number} share
 */
function frameTimeUs(frameTimes, share) {
  let rank = share * frameTimes.reduce((sum, frames) => sum + frames, 0)
  for (const [place, frames] of frameTimes.entries()) {
    if (rank <= frames) return 2 ** ((place - 1 + rank / frames) / FRAME_TIME_PLACES_PER_DOUBLING)
    rank -= frames
  }
  throw new Error('there were no frames')
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
  /** @param {number} turn @param {keyof Sample} key */
  const of = (turn, key) => spreadOf((samples[turn] ?? []).map((sample) => sample[key]))
  /** Median, spread, and the median as a multiple of what it is without abuse. @param {number} turn @param {keyof Sample} key */
  const cells = (turn, key, digits = 2) => {
    return [...spreadCells(of(turn, key), digits), `x ${(of(turn, key).median / of(0, key).median).toFixed(2)}`]
  }
  printTable(
    `${busy} calm clients with one call under way each, ${threads} shard threads, ${rounds} rounds of ${turnMs} ms`,
    ['abuse', 'calls/s', 'p50 ms', 'spread', 'of none', 'p99 ms', 'spread', 'of none'],
    TURNS.map(({ name }, turn) => {
      const calls = countText(Math.round(of(turn, 'perSecond').median))
      return [name, calls, ...cells(turn, 'p50Ms'), ...cells(turn, 'p99Ms')]
    }),
  )
  printTable(
    'inside the server: from the read of a frame to the write of its reply, and the CPU of each frame',
    ['abuse', 'p50 us', 'spread', 'of none', 'p99 us', 'spread', 'of none', 'CPU us', 'spread', 'of none'],
    TURNS.map(({ name }, turn) => {
      return [name, ...cells(turn, 'insideP50Us', 1), ...cells(turn, 'insideP99Us', 1), ...cells(turn, 'cpuUs', 1)]
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
