// Measures promise calls: many callers that await single gets, getMany, and one caller alone, beside ioredis on
// redis-server. Needs `npm run build` and redis-server.
//
//   npm run bench:calls -- --seconds 3 --rounds 5
//
// Servers are processes of their own; the clients share this one, one after the other, A B A B.

import { spawn } from 'node:child_process'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { Redis } from 'ioredis'
import { connect } from '../../dist/client/index.js'
import { percentile, spreadCells, spreadOf } from '../bench-engine/statistics.mjs'
import { printMachine, printTable } from '../bench-engine/table.mjs'

const CLI = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))
const CALLERS = 1_000
const KEYS = 10_000
const MANY = 100
const VALUE = 'v'.repeat(128)
/** Made beforehand: what is measured is the client, not the making of keys. */
const ALL_KEYS = Array.from({ length: KEYS }, (_, index) => `key:${index}`)
const GROUPS = Array.from({ length: KEYS / MANY }, (_, group) => ALL_KEYS.slice(group * MANY, (group + 1) * MANY))

const { values } = parseArgs({ options: { seconds: { type: 'string' }, rounds: { type: 'string' } } })
const seconds = Number(values.seconds ?? 2)
const rounds = Number(values.rounds ?? 5)

printMachine()
const [sluicePort, redisPort] = await freePorts(2)
const servers = [
  await start(process.execPath, [CLI, 'serve', '--port', String(sluicePort), '--threads', '1', '--log-level', 'error']),
  await start('redis-server', ['--port', String(redisPort), '--save', '', '--appendonly', 'no']),
]
const sluice = await connect(`127.0.0.1:${sluicePort}`)
const piped = new Redis({ port: redisPort, enableAutoPipelining: true })
const plain = new Redis({ port: redisPort })
try {
  await sluice.setMany(ALL_KEYS.map((key) => [key, VALUE]))
  await piped.mset(ALL_KEYS.flatMap((key) => [key, VALUE]))
  await measure()
} finally {
  await sluice.close()
  piped.disconnect()
  plain.disconnect()
  for (const server of servers) server.kill()
}

async function measure() {
  /** @type {[string, () => Promise<number>][]} */
  const rates = [
    [`sluice get, ${CALLERS} callers`, () => callers((key) => sluice.getString(key))],
    [`sluice get as bytes, ${CALLERS} callers`, () => callers((key) => sluice.get(key))],
    [`ioredis get, auto-pipelining, ${CALLERS} callers`, () => callers((key) => piped.get(key))],
    [`sluice getMany of ${MANY}, 100 callers`, () => many((keys) => sluice.getManyStrings(keys))],
    [`ioredis mget of ${MANY}, 100 callers`, () => many((keys) => piped.mget(keys))],
  ]
  /** @type {[string, () => Promise<number>][]} */
  const delays = [
    ['sluice', () => alone((key) => sluice.getString(key))],
    ['ioredis on redis-server', () => alone((key) => plain.get(key))],
  ]
  for (const [, run] of rates) await run()
  const rateSamples = await sampled(rates)
  const base = spreadOf(rateSamples[2] ?? []).median
  printTable(
    `keys read a second, in millions, ${rounds} rounds of ${seconds} s interleaved`,
    ['client', 'M keys/s', 'spread', 'against ioredis'],
    rates.map(([name], index) => {
      const spread = spreadOf(rateSamples[index] ?? [])
      return [name, ...spreadCells(spread, 3), `${(spread.median / base).toFixed(2)}`]
    }),
  )
  const delaySamples = await sampled(delays)
  printTable(
    `one caller, one request at a time: median round trip in microseconds, ${rounds} rounds of ${seconds} s interleaved`,
    ['client', 'us', 'spread'],
    delays.map(([name], index) => [name, ...spreadCells(spreadOf(delaySamples[index] ?? []), 1)]),
  )
}

/**
 * @param {[string, () => Promise<number>][]} figures
 * @returns {Promise<number[][]>}
 */
async function sampled(figures) {
  /** @type {number[][]} */
  const samples = figures.map(() => [])
  for (let round = 0; round < rounds; round++) {
    for (const [index, [, run]] of figures.entries()) samples[index]?.push(await run())
  }
  return samples
}

/**
 * Millions of keys a second by as many callers, each awaiting one get after the other.
 * @param {(key: string) => Promise<unknown>} get
 */
async function callers(get) {
  const start = performance.now()
  const deadline = start + seconds * 1_000
  let count = 0
  await Promise.all(
    Array.from({ length: CALLERS }, async (_, caller) => {
      for (let index = caller; performance.now() < deadline; index = (index + 7) % KEYS) {
        const value = await get(/** @type {string} */ (ALL_KEYS[index]))
        if (value !== VALUE && !isValue(value)) throw new Error(`a wrong value under key:${index}`)
        count++
      }
    }),
  )
  return count / (performance.now() - start) / 1e3
}

/** @param {unknown} value */
function isValue(value) {
  return value instanceof Uint8Array && value.length === VALUE.length && value[0] === VALUE.charCodeAt(0)
}

/** @param {(keys: string[]) => Promise<unknown[]>} getMany */
async function many(getMany) {
  const start = performance.now()
  const deadline = start + seconds * 1_000
  let count = 0
  await Promise.all(
    Array.from({ length: 100 }, async (_, caller) => {
      for (let group = caller; performance.now() < deadline; group = (group + 1) % GROUPS.length) {
        const found = await getMany(/** @type {string[]} */ (GROUPS[group]))
        if (found.length !== MANY || found[MANY - 1] !== VALUE) throw new Error('a wrong value')
        count += MANY
      }
    }),
  )
  return count / (performance.now() - start) / 1e3
}

/**
 * The median round trip in microseconds.
 * @param {(key: string) => Promise<unknown>} get
 */
async function alone(get) {
  const samples = []
  const deadline = performance.now() + seconds * 1_000
  for (let index = 0; performance.now() < deadline; index = (index + 7) % KEYS) {
    const before = performance.now()
    if ((await get(/** @type {string} */ (ALL_KEYS[index]))) !== VALUE) throw new Error('a wrong value')
    samples.push((performance.now() - before) * 1e3)
  }
  return percentile(Float64Array.from(samples).sort(), 0.5)
}

/**
 * Resolves when the server has said something.
 * @param {string} program
 * @param {string[]} args
 */
async function start(program, args) {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  await new Promise((resolve, reject) => {
    child.once('error', reject)
    child.stdout.once('data', resolve)
  })
  child.stdout.resume()
  await new Promise((resolve) => setTimeout(resolve, 300))
  return child
}

/** @param {number} count */
async function freePorts(count) {
  const sockets = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'))
  await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.once('listening', resolve))))
  const ports = sockets.map((socket) => /** @type {import('node:net').AddressInfo} */ (socket.address()).port)
  await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.close(resolve))))
  return ports
}
