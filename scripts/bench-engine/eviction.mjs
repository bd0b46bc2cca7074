// Hit rates of a full cache. Every system replays the same trace; the first half fills it, the second is counted.
// Systems are compared at equal counts of objects: the engine's is what it holds in the end, the others get as many.
//
// redis-server judges age by a clock that ticks once a second. Replayed at full speed, all its objects would be of one
// age and its choice random. So its requests are spread over `redisSeconds`, and only as many as renew its content
// `REDIS_TURNOVERS` times. It runs for the first seed alone, and is compared with LRU over just those requests.

import { BestCache, EngineCache, LruCache } from './caches.mjs'
import { check } from './check.mjs'
import { isRedisInstalled, RedisCache } from './redis.mjs'
import { spreadOf } from './statistics.mjs'
import { countText, printTable } from './table.mjs'
import { drawTrace } from './traces.mjs'

export const SUMMARY = 'hit rates of a full cache beside exact LRU, redis-server and the best there is'

export const DEFAULTS = {
  objects: 1_000_000,
  requests: 4_000_000,
  /** Exponents of the Zipf law. */
  thetas: '0.99,1',
  /** Objects for which there is room, as shares of all. */
  cacheShares: '0.01,0.1',
  /** Share of the requests that are scans, in the traces that have them. */
  scanShare: 0.2,
  /** Requests of one scan. */
  scanRun: 1_000,
  /** How the engine chooses: `any` or `none`, which refuses instead. */
  policy: 'any',
  /** Seeds. */
  rounds: 3,
  /** Time of each replay through redis-server; 0 leaves it out. */
  redisSeconds: 120,
}

const REDIS_TURNOVERS = 12

/**
 * @typedef {import('./traces.mjs').Trace} Trace
 * @typedef {{ theta: number, scanShare: number }} Scenario
 * @typedef {object} Row
 * @property {string} name
 * @property {number[]} records held in the end, for each seed
 * @property {number[]} rates of hits
 * @property {number[]} lruRates of LRU on the same requests
 * @property {string} [note] why there are no rates
 */

/** @param {typeof DEFAULTS} options */
export async function run(options) {
  const { objects, thetas, cacheShares, scanShare } = options
  for (const share of [0, scanShare]) {
    for (const theta of numbersOf(thetas)) {
      for (const room of numbersOf(cacheShares)) {
        const rows = await measure({ theta, scanShare: share }, Math.round(objects * room), options)
        const scans = share === 0 ? '' : `, ${share * 100}% scans`
        printTable(
          `zipf ${theta}${scans}, ${countText(objects)} objects, room for ${room * 100}%`,
          ['system', 'held', 'hit rate', 'least to most', 'of LRU'],
          rows.map(cellsOf),
        )
      }
    }
  }
}

/** @param {string} list */
function numbersOf(list) {
  return list.split(',').map(Number)
}

/** @param {Row} row */
function cellsOf({ name, records, rates, lruRates, note }) {
  if (note !== undefined) return [name, '-', '-', note, '-']
  const { least, median, most } = spreadOf(rates)
  const held = countText(Math.round(spreadOf(records).median))
  const ofLru = (median / spreadOf(lruRates).median).toFixed(3)
  return [name, held, percent(median), `${percent(least)} to ${percent(most)}`, ofLru]
}

/**
 * @param {Scenario} scenario
 * @param {number} room objects that the engine gets memory for, about
 * @param {typeof DEFAULTS} options
 * @returns {Promise<Row[]>}
 */
async function measure({ theta, scanShare }, room, options) {
  check(options.policy === 'any' || options.policy === 'none', 'the policy is any or none')
  const policy = options.policy
  /** @type {Row[]} */
  const rows = ['Sluice', 'LRU, exact', 'most frequent kept'].map((name) => ({
    name,
    records: [],
    rates: [],
    lruRates: [],
  }))
  /** @type {Row | undefined} */
  let redisRow
  for (let seed = 1; seed <= options.rounds; seed++) {
    const trace = drawTrace({ ...options, theta, scanShare, seed })
    const engine = new EngineCache(policy, room)
    const engineRate = rateOf(engine, trace)
    const records = engine.records
    const lru = new LruCache(records, trace.idsEnd)
    const best = new BestCache(records, trace.objects)
    const rates = [engineRate, rateOf(lru, trace), rateOf(best, trace)]
    ;[engine, lru, best].forEach((cache, index) => {
      rows[index].records.push(cache.records)
      rows[index].rates.push(rates[index])
      rows[index].lruRates.push(rates[1])
    })
    check(rates[1] <= rates[2] + 0.01, 'nothing is better than keeping the most frequent objects')
    if (options.redisSeconds > 0) redisRow ??= await measureRedis(trace, records, rates[1], options)
  }
  return redisRow === undefined ? rows : [...rows, redisRow]
}

/**
 * The share of hits in the second half of the trace.
 * @param {{ replay: (ids: Uint32Array, start: number, end: number) => number }} cache
 * @param {{ ids: Uint32Array }} trace
 */
function rateOf(cache, { ids }) {
  const half = ids.length >> 1
  cache.replay(ids, 0, half)
  return cache.replay(ids, half, ids.length) / (ids.length - half)
}

/**
 * @param {Trace} trace
 * @param {number} records that it shall hold
 * @param {number} hitRate of LRU, to know how fast the content is renewed
 * @param {typeof DEFAULTS} options
 * @returns {Promise<Row>}
 */
async function measureRedis({ ids, idsEnd }, records, hitRate, { redisSeconds }) {
  const name = 'redis-server, allkeys-lru'
  if (!isRedisInstalled()) return { name, records: [], rates: [], lruRates: [], note: 'redis-server is not installed' }
  const redis = new RedisCache()
  try {
    await redis.open()
    const requests = Math.min(ids.length, Math.ceil((REDIS_TURNOVERS * records) / (1 - hitRate)))
    const part = ids.subarray(ids.length - requests)
    await redis.limitTo(part, records)
    await redis.clear()
    const half = requests >> 1
    await redis.replay(part, 0, half, redisSeconds / 2)
    const hits = await redis.replay(part, half, requests, redisSeconds / 2)
    const held = await redis.records()
    const lruRate = rateOf(new LruCache(held, idsEnd), { ids: part })
    return { name, records: [held], rates: [hits / (requests - half)], lruRates: [lruRate] }
  } finally {
    await redis.close()
  }
}

/** @param {number} share */
function percent(share) {
  return `${(100 * share).toFixed(2)}%`
}
