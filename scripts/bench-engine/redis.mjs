// redis-server as a cache beside the engine: started without persistence on a socket of its own, driven by a client
// that knows just enough of its protocol.

import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { check } from './check.mjs'
import { keyText } from './keys.mjs'
import { VALUE_BYTES } from './records.mjs'

/**
 * @typedef {string | number} Reply
 * @typedef {{ done: (reply: Reply) => void, failed: (error: Error) => void }} Waiter
 */

/** Requests of one script call: it evicts before a script and not inside, so this many objects are held too many. */
const SCRIPT_REQUESTS = 16
/** Script calls on their way at a time. */
const PIPELINE_DEPTH = 32
const CONNECT_ATTEMPTS = 200
const CONNECT_PAUSE_MS = 25

/** A get, and on a miss a set, for each key in order; returns the hits. */
const SCRIPT = `local value = string.rep('x', ${VALUE_BYTES})
local hits = 0
for _, key in ipairs(KEYS) do
  if redis.call('GET', key) then hits = hits + 1 else redis.call('SET', key, value) end
end
return hits`

/** Whether a redis-server can be started here. */
export function isRedisInstalled() {
  return spawnSync('redis-server', ['--version']).status === 0
}

/** A server of one's own. */
export class RedisCache {
  #folder = mkdtempSync(join(tmpdir(), 'sluice-bench-'))
  #path = join(this.#folder, 'socket')
  #server = spawn(
    'redis-server',
    [
      ...['--port', '0', '--unixsocket', this.#path, '--save', '', '--appendonly', 'no'],
      ...['--maxmemory-policy', 'allkeys-lru', '--hz', '100', '--daemonize', 'no'],
    ],
    { stdio: 'ignore', cwd: this.#folder },
  )
  #exited = new Promise((done) => this.#server.once('exit', done))
  /** @type {RedisClient | undefined} */
  #client
  #script = ''
  #usedEmpty = 0

  async open() {
    for (let attempt = 0; this.#client === undefined; attempt++) {
      try {
        this.#client = await RedisClient.connect(this.#path)
      } catch (error) {
        if (attempt === CONNECT_ATTEMPTS) throw error
        await sleep(CONNECT_PAUSE_MS)
      }
    }
    this.#script = String(await this.#send('SCRIPT', 'LOAD', SCRIPT))
    this.#usedEmpty = await this.#usedMemory()
  }

  async records() {
    return Number(await this.#send('DBSIZE'))
  }

  /**
   * Sets the memory limit so that about `records` records are held while the trace goes through.
   * @param {Uint32Array} ids
   * @param {number} records
   */
  async limitTo(ids, records) {
    await this.#send('FLUSHALL')
    await this.#send('CONFIG', 'SET', 'maxmemory', '0')
    await this.replay(
      Uint32Array.from({ length: records }, (_, id) => id),
      0,
      records,
    )
    let limit = await this.#usedMemory()
    const recordBytes = (limit - this.#usedEmpty) / records
    for (let attempt = 0; attempt < 6; attempt++) {
      await this.#send('FLUSHALL')
      await this.#send('CONFIG', 'SET', 'maxmemory', String(Math.round(limit)))
      await this.replay(ids, 0, ids.length)
      const missing = records - (await this.records())
      if (Math.abs(missing) <= records * 0.005) break
      limit += missing * recordBytes
    }
  }

  async clear() {
    await this.#send('FLUSHALL')
  }

  /**
   * The hits among the requests [start, end), spread evenly over `seconds`.
   * @param {Uint32Array} ids
   * @param {number} start
   * @param {number} end
   */
  async replay(ids, start, end, seconds = 0) {
    const begin = performance.now()
    let hits = 0
    for (let at = start; at < end; ) {
      /** @type {Promise<Reply>[]} */
      const replies = []
      for (let depth = 0; depth < PIPELINE_DEPTH && at < end; depth++) {
        const keys = Array.from(ids.subarray(at, Math.min(end, at + SCRIPT_REQUESTS)), keyText)
        replies.push(this.#send('EVALSHA', this.#script, String(keys.length), ...keys))
        at += keys.length
      }
      for (const reply of await Promise.all(replies)) hits += Number(reply)
      const early = begin + (seconds * 1000 * (at - start)) / (end - start) - performance.now()
      if (early > 1) await sleep(early)
    }
    return hits
  }

  async close() {
    this.#client?.close()
    this.#server.kill()
    await this.#exited
    rmSync(this.#folder, { recursive: true, force: true })
  }

  async #usedMemory() {
    const info = String(await this.#send('INFO', 'memory'))
    return Number(/^used_memory:(\d+)/m.exec(info)?.[1])
  }

  /** @param {string[]} words */
  #send(...words) {
    check(this.#client !== undefined, 'redis-server is not open')
    return this.#client.send(words)
  }
}

/** Commands of ASCII words out, replies in order back. */
class RedisClient {
  #socket
  /** @type {Waiter[]} */
  #waiters = []
  #text = ''

  /** @param {string} path */
  static async connect(path) {
    const socket = connect(path)
    await new Promise((done, failed) => socket.once('connect', done).once('error', failed))
    return new RedisClient(socket)
  }

  /** @param {import('node:net').Socket} socket */
  constructor(socket) {
    this.#socket = socket
    socket.setEncoding('latin1')
    socket.on('data', (/** @type {string} */ text) => this.#receive(text))
    socket.on('error', (error) => this.#fail(error))
    socket.on('close', () => this.#fail(new Error('redis-server closed the connection')))
  }

  /**
   * @param {string[]} words
   * @returns {Promise<Reply>}
   */
  send(words) {
    this.#socket.write(`*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join('')}`)
    return new Promise((done, failed) => this.#waiters.push({ done, failed }))
  }

  close() {
    this.#socket.destroy()
  }

  /** @param {string} text */
  #receive(text) {
    this.#text += text
    let at = 0
    for (;;) {
      const lineEnd = this.#text.indexOf('\r\n', at)
      if (lineEnd < 0) break
      const [kind, line] = [this.#text[at], this.#text.slice(at + 1, lineEnd)]
      let end = lineEnd + 2
      /** @type {Reply} */
      let reply = kind === ':' ? Number(line) : line
      if (kind === '$') {
        end += Number(line) + 2
        if (end > this.#text.length) break
        reply = this.#text.slice(lineEnd + 2, end - 2)
      }
      at = end
      const waiter = this.#waiters.shift()
      if (kind === '-') waiter?.failed(new Error(`redis-server: ${line}`))
      else waiter?.done(reply)
    }
    this.#text = this.#text.slice(at)
  }

  /** @param {Error} error */
  #fail(error) {
    for (const { failed } of this.#waiters.splice(0)) failed(error)
  }
}
