// Measures a cluster on this machine: server processes and client processes, YCSB-B, every reply checked. Needs
// `npm run build`.
//
//   npm run bench:cluster -- restart --nodes 4 --threads 2 --clients 4    a node is killed and started again
//   npm run bench:cluster -- scaling --rounds 5                           1x1, 2x2 and 4x4 beside each other
//
// A cluster that lives is measured by `sluice bench cluster`.

import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { spreadCells, spreadOf } from '../bench-engine/statistics.mjs'
import { countText, printMachine, printTable } from '../bench-engine/table.mjs'
import { Clients, Cluster } from './processes.mjs'

const DEFAULTS = {
  nodes: 4,
  threads: 2,
  clients: 4,
  seconds: 10,
  records: 1_000_000,
  'frame-ops': 1_024,
  window: 2,
  rounds: 3,
}

/** A node that is tried every two seconds at most is found within these. */
const AFTER_SECONDS_MIN = 3

/** @typedef {typeof DEFAULTS} Options */

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: Object.fromEntries(Object.keys(DEFAULTS).map((name) => [name, { type: /** @type {const} */ ('string') }])),
})
const options = /** @type {Options} */ (
  Object.fromEntries(Object.entries(DEFAULTS).map(([name, value]) => [name, numberOf(name, values[name], value)]))
)

printMachine()
if (positionals[0] === 'restart') await restart()
else if (positionals[0] === 'scaling') await scaling()
else throw new Error('the figures are restart and scaling')

/**
 * Runs a cluster once, and tells what it did and what it cost. A client's batch is as many operations as make frames of
 * `frame-ops` for every shard thread.
 * @param {number} nodes
 * @param {number} threads
 * @param {number} clients
 */
async function measure(nodes, threads, clients) {
  const { seconds, records, window } = options
  const cluster = await Cluster.start(nodes, threads)
  const group = await Clients.start(clients, {
    addresses: cluster.addresses,
    records,
    batch: options['frame-ops'] * nodes * threads,
    window,
    timeoutMs: 20_000,
    toleratesLoss: false,
    whenDisconnected: 'wait',
  })
  try {
    await group.command('load')
    await group.command('run', Math.min(1, seconds))
    const before = cluster.cpuNs()
    const reports = await group.command('run', seconds)
    const serverNs = cluster.cpuNs() - before
    return {
      tallies: reports.map(({ tally }) => tally),
      serverNs,
      clientNs: reports.reduce((total, { cpuNs }) => total + cpuNs, 0),
    }
  } finally {
    await group.stop()
    await cluster.stop()
  }
}

async function restart() {
  const { nodes, threads, clients, seconds, records, window } = options
  const cluster = await Cluster.start(nodes, threads)
  const group = await Clients.start(clients, {
    addresses: cluster.addresses,
    records,
    batch: options['frame-ops'] * nodes * threads,
    window,
    timeoutMs: 2_000,
    toleratesLoss: true,
    whenDisconnected: 'fail',
  })
  try {
    await group.command('load')
    const running = group.command('run', seconds)
    await sleep((seconds * 1_000) / 3)
    await cluster.kill(nodes - 1)
    await sleep((seconds * 1_000) / 3)
    await cluster.startNode(nodes - 1)
    const reports = await running
    const tallies = reports.map(({ tally }) => tally)
    const perSecond = Array.from({ length: seconds }, (_, second) => {
      return reports.reduce((total, report) => total + (report.perSecond[second] ?? 0), 0)
    })
    printTable(
      `${nodes} nodes x ${threads} threads, ${clients} client processes; node ${nodes - 1} killed after a third of ${seconds} s, started again after two`,
      ['answered', 'wrong', 'missing', 'not done', 'unknown'],
      [['operations', 'mismatches', 'missing', 'notDone', 'unknown'].map((name) => String(sum(tallies, name)))],
    )
    console.log(`\n  answered in each second: ${perSecond.map(countText).join(' ')}`)
    // Whether the clients have found the node again: it answers, though it has lost what it had.
    const after = (await group.command('run', Math.max(AFTER_SECONDS_MIN, seconds / 3))).map(({ tally }) => tally)
    const found = sum(tallies, 'missing') + sum(after, 'missing')
    console.log(`  afterwards: ${sum(after, 'operations')} answered, ${sum(after, 'notDone')} not done`)
    const wrong = sum(tallies, 'mismatches') + sum(after, 'mismatches')
    if (wrong > 0 || found === 0) {
      console.error(`${wrong} replies were wrong, ${found} came from the node that was started again`)
      process.exitCode = 1
    }
  } finally {
    await group.stop()
    await cluster.stop()
  }
}

/** The same cores, the same frames, more and more processes: what does one operation cost on both sides together? */
async function scaling() {
  const sizes = [1, 2, 4]
  /** @type {number[][]} */
  const totals = sizes.map(() => [])
  /** @type {number[][]} */
  const rates = sizes.map(() => [])
  for (let round = 0; round < options.rounds; round++) {
    for (const [index, size] of sizes.entries()) {
      const { tallies, serverNs, clientNs } = await measure(size, 1, size)
      if (sum(tallies, 'mismatches') > 0) throw new Error('a reply was wrong')
      const operations = sum(tallies, 'operations')
      totals[index]?.push((serverNs + clientNs) / operations)
      rates[index]?.push(operations / options.seconds / 1e6)
    }
  }
  const base = spreadOf(totals[0] ?? []).median
  printTable(
    `processor time of one operation, servers and clients together, ${options.rounds} rounds interleaved`,
    ['servers x clients', 'ns/op', 'spread', 'against 1x1', 'M ops/s', 'spread'],
    sizes.map((size, index) => {
      const spread = spreadOf(totals[index] ?? [])
      const change = `${((spread.median / base - 1) * 100).toFixed(1)} %`
      return [`${size}x${size}`, ...spreadCells(spread, 1), change, ...spreadCells(spreadOf(rates[index] ?? []), 2)]
    }),
  )
}

/**
 * @param {Record<string, number>[]} tallies
 * @param {string} name
 */
function sum(tallies, name) {
  return tallies.reduce((total, tally) => total + (tally[name] ?? 0), 0)
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
