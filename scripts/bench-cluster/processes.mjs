// Starts and stops the processes of a cluster benchmark, and reads what they cost.

import { fork, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { planTopology } from '../../dist/cluster/plan-topology.js'

/**
 * @typedef {import('./client.mjs').ClientSetup} ClientSetup
 * @typedef {{ kind: string, tally: Record<string, number>, cpuNs: number, perSecond: number[] }} Report
 */

const CLI = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))
const CLIENT = fileURLToPath(new URL('./client.mjs', import.meta.url))

/** The kernel counts processor time in ticks of this many nanoseconds. */
const TICK_NS = 1e7

/** Server processes with a topology of their own on this machine. Owned by whoever made it, who calls `stop`. */
export class Cluster {
  #folder
  #file
  /** @type {import('node:child_process').ChildProcess[]} */
  #processes = []

  /** @param {import('../../dist/cluster/topology.js').Topology} topology */
  constructor(topology) {
    this.topology = topology
    this.#folder = mkdtempSync(join(tmpdir(), 'sluice-cluster-'))
    this.#file = join(this.#folder, 'topology.json')
    writeFileSync(this.#file, JSON.stringify(topology))
  }

  /**
   * @param {number} nodes
   * @param {number} threads of each node
   */
  static async start(nodes, threads) {
    const ports = await freePorts(nodes * threads)
    const rows = Array.from({ length: nodes }, (_, node) => {
      return { id: `node-${node}`, host: '127.0.0.1', ports: ports.slice(node * threads, (node + 1) * threads) }
    })
    const cluster = new Cluster(planTopology({ nodes: rows }))
    await Promise.all(rows.map((_, node) => cluster.startNode(node)))
    return cluster
  }

  get addresses() {
    return this.topology.nodes.flatMap(({ host, ports }) => ports.map((port) => `${host}:${port}`))
  }

  /**
   * Resolves when the node listens.
   * @param {number} node
   */
  async startNode(node) {
    const args = ['serve', '--topology', this.#file, '--node', `node-${node}`, '--memory', '1G', '--log-level', 'error']
    const child = spawn(process.execPath, [CLI, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
    this.#processes[node] = child
    await new Promise((resolve, reject) => {
      child.stdout.once('data', resolve)
      child.once('exit', () => reject(new Error(`node ${node} did not start`)))
    })
    child.stdout.resume()
  }

  /**
   * Ends a node as a crash does; resolves when it has ended.
   * @param {number} node
   */
  async kill(node) {
    const child = this.#processes[node]
    if (child === undefined) throw new Error(`there is no node ${node}`)
    const ended = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGKILL')
    await ended
  }

  /** Processor time of all nodes together, nanoseconds. */
  cpuNs() {
    return this.#processes.reduce((sum, { pid }) => sum + cpuNsOf(pid), 0)
  }

  async stop() {
    const running = this.#processes.filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null)
    await Promise.all(
      running.map((child) => {
        const ended = new Promise((resolve) => child.once('exit', resolve))
        child.kill('SIGTERM')
        return ended
      }),
    )
    rmSync(this.#folder, { recursive: true })
  }
}

/** Client processes. Owned by whoever started them, who calls `stop`. */
export class Clients {
  /** @type {import('node:child_process').ChildProcess[]} */
  #processes = []

  /**
   * @param {number} count
   * @param {Omit<ClientSetup, 'client' | 'clients'>} setup
   */
  static async start(count, setup) {
    const clients = new Clients()
    const ready = Array.from({ length: count }, (_, client) => {
      const child = fork(CLIENT, [JSON.stringify({ ...setup, client, clients: count })])
      clients.#processes.push(child)
      return nextReport(child)
    })
    await Promise.all(ready)
    return clients
  }

  /**
   * @param {string} kind
   * @param {number} [seconds]
   * @returns {Promise<Report[]>}
   */
  command(kind, seconds = 0) {
    return Promise.all(
      this.#processes.map((child) => {
        const report = nextReport(child)
        child.send({ kind, seconds })
        return report
      }),
    )
  }

  async stop() {
    await Promise.all(
      this.#processes.map((child) => {
        if (child.exitCode !== null || child.signalCode !== null) return undefined
        const ended = new Promise((resolve) => child.once('exit', resolve))
        child.send({ kind: 'close', seconds: 0 })
        return ended
      }),
    )
  }
}

/**
 * @param {import('node:child_process').ChildProcess} child
 * @returns {Promise<Report>}
 */
function nextReport(child) {
  return new Promise((resolve, reject) => {
    const onExit = () => reject(new Error('a client process ended'))
    child.once('exit', onExit)
    child.once('message', (report) => {
      child.off('exit', onExit)
      resolve(/** @type {Report} */ (report))
    })
  })
}

/**
 * Processor time of a process, user and system, as the kernel counts it.
 * @param {number | undefined} pid
 */
function cpuNsOf(pid) {
  const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
  // The second field is a name in parentheses, which may hold anything.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) * TICK_NS
}

/** @param {number} count */
async function freePorts(count) {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'))
  await Promise.all(servers.map((server) => new Promise((resolve) => server.once('listening', resolve))))
  const ports = servers.map((server) => /** @type {import('node:net').AddressInfo} */ (server.address()).port)
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}
