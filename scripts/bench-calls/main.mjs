// Measures promise calls: many callers that await single gets, getMany, and one caller alone, beside ioredis on
// redis-server. Needs `npm run build` and redis-server.
//
//   npm run bench:calls -- --seconds 3 --rounds 5
//
// Servers are processes of their own, and so is each sample of a client, one after the other, A B A B.

import { execFile, spawn } from 'node:child_process'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import { parseArgs, promisify } from 'node:util'
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

const { values } = parseArgs({
  options: {
    seconds: { type: 'string' },
    rounds: { type: 'string' },
    /** For the process of one sample: which figure, and where the servers listen. */
    figure: { type: 'string' },
    ports: { type: 'string' },
  },
})
const seconds = Number(values.seconds ?? 2)
const rounds = Number(values.rounds ?? 5)

/** By name: what is read, by which client. Each runs in a process of its own, where it alone is compiled. */
const FIGURES = {
  [`sluice get, ${CALLERS} callers`]: () => withSluice((client) => callers((key) => client.getString(key))),
  [`sluice get as bytes, ${CALLERS} callers`]: () => withSluice((client) => callers((key) => client.get(key))),
  [`ioredis get, auto-pipelining, ${CALLERS} callers`]: () => withRedis((redis) => callers((key) => redis.get(key))),
  [`sluice getMany of ${MANY}, 100 callers`]: () => withSluice((client) => many((keys) => client.getManyStrings(keys))),
  [`ioredis mget of ${MANY}, 100 callers`]: () => withRedis((redis) => many((keys) => redis.mget(keys))),
  'sluice, one caller': () => withSluice((client) => alone((key) => client.getString(key))),
  'ioredis on redis-server, one caller': () => withRedis((redis) => alone((key) => redis.get(key)), false),
}
/** The last two are round trips. */
const RATES = 5
const WARM_UP_SECONDS = 0.3

const [sluicePort, redisPort] = values.ports?.split(',').map(Number) ?? (await freePorts(2))
if (values.figure === undefined) await measureAll()
else await sampleHere(values.figure)

async function measureAll() {
  printMachine()
  const log = ['--log-level', 'error']
  const servers = [
    await start(process.execPath, [CLI, 'serve', '--port', String(sluicePort), '--threads', '1', ...log]),
    await start('redis-server', ['--port', String(redisPort), '--save', '', '--appendonly', 'no']),
  ]
  try {
    await withSluice((client) => client.setMany(ALL_KEYS.map((key) => [key, VALUE])))
    await withRedis((redis) => redis.mset(ALL_KEYS.flatMap((key) => [key, VALUE])))
    const names = Object.keys(FIGURES)
    const samples = names.map(() => /** @type {number[]} */ ([]))
    for (let round = 0; round < rounds; round++) {
      for (const [index, name] of names.entries()) samples[index]?.push(await sample(name))
    }
    print(names, samples)
  } finally {
    for (const server of servers) server.kill()
  }
}

/**
 * @param {string[]} names
 * @param {number[][]} samples
 */
function print(names, samples) {
  const base = spreadOf(samples[2] ?? []).median
  printTable(
    `keys read a second, in millions, ${rounds} rounds of ${seconds} s interleaved, each in a process of its own`,
    ['client', 'M keys/s', 'spread', 'against ioredis get'],
    names.slice(0, RATES).map((name, index) => {
      const spread = spreadOf(samples[index] ?? [])
      return [name, ...spreadCells(spread, 3), `${(spread.median / base).toFixed(2)}`]
    }),
  )
  printTable(
    `one caller, one request at a time: median round trip in microseconds, ${rounds} rounds of ${seconds} s interleaved`,
    ['client', 'us', 'spread'],
    names.slice(RATES).map((name, index) => [name, ...spreadCells(spreadOf(samples[RATES + index] ?? []), 1)]),
  )
}

/**
 * One sample, by a process of its own.
 * @param {string} name
 * @returns {Promise<number>}
 */
async function sample(name) {
  const args = ['--figure', name, '--ports', `${sluicePort},${redisPort}`, '--seconds', String(seconds)]
  const { stdout } = await promisify(execFile)(process.execPath, [fileURLToPath(import.meta.url), ...args])
  return Number(stdout)
}

/** @param {string} name */
async function sampleHere(name) {
  const figure = FIGURES[name]
  if (figure === undefined) throw new Error(`there is no figure ${name}`)
  console.log(await figure())
}

/**
 * @template T
 * @param {(client: Awaited<ReturnType<typeof connect>>) => Promise<T>} use
 */
async function withSluice(use) {
  const client = await connect(`127.0.0.1:${sluicePort}`)
  try {
    return await use(client)
  } finally {
    await client.close()
  }
}

/**
 * @template T
 * @param {(redis: import('ioredis').Redis) => Promise<T>} use
 */
async function withRedis(use, enableAutoPipelining = true) {
  // Loaded by those who measure it alone.
  const { Redis } = await import('ioredis')
  const redis = new Redis({ port: redisPort, enableAutoPipelining })
  try {
    return await use(redis)
  } finally {
    redis.disconnect()
  }
}

/**
 * Runs twice, the first time to warm up.
 * @param {(seconds: number) => Promise<number>} run
 */
async function warm(run) {
  await run(Math.min(WARM_UP_SECONDS, seconds))
  return await run(seconds)
}

/**
 * Millions of keys a second by as many callers, each awaiting one get after the other.
 * @param {(key: string) => Promise<unknown>} get
 */
function callers(get) {
  return warm(async (duration) => {
    const start = performance.now()
    const deadline = start + duration * 1_000
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
  })
}

/** @param {unknown} value */
function isValue(value) {
  return value instanceof Uint8Array && value.length === VALUE.length && value[0] === VALUE.charCodeAt(0)
}

/** @param {(keys: string[]) => Promise<unknown[]>} getMany */
function many(getMany) {
  return warm(async (duration) => {
    const start = performance.now()
    const deadline = start + duration * 1_000
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
  })
}

/**
 * The median round trip in microseconds.
 * @param {(key: string) => Promise<unknown>} get
 */
function alone(get) {
  return warm(async (duration) => {
    const samples = []
    const deadline = performance.now() + duration * 1_000
    for (let index = 0; performance.now() < deadline; index = (index + 7) % KEYS) {
      const before = performance.now()
      if ((await get(/** @type {string} */ (ALL_KEYS[index]))) !== VALUE) throw new Error('a wrong value')
      samples.push((performance.now() - before) * 1e3)
    }
    return percentile(Float64Array.from(samples).sort(), 0.5)
  })
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
