// Stores inside the process, all with the same two calls: text and bytes in, bytes out. Each has a loop of its own over
// its very `get`, so that the compiler can inline what it can.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { open as openLmdb } from 'lmdb'
import { LRUCache } from 'lru-cache'
import * as engine from '../../dist/engine/index.js'
import { check } from './check.mjs'
import { STAMP_AT } from './records.mjs'

/**
 * @typedef {object} System
 * @property {string} name
 * @property {(key: string, value: Buffer) => void} set keeps the value, or a copy of it
 * @property {(key: string) => Uint8Array | undefined} get
 * @property {(keys: string[], ids: Uint32Array) => number} sumOf the sum of one byte of each value read
 * @property {(work: () => void) => void} inBulk does many sets at once, where the store has a way to
 * @property {() => void | Promise<void>} close
 */

/** @type {Record<string, (records: number) => System>} */
export const SYSTEMS = { sluice: openSluice, map: openMap, 'lru-cache': openLruCache, lmdb: openLmdbStore }

/** Bytes of memory for a record of the sizes used here, with room to spare. */
const RECORD_BYTES_MAX = 256
const MEMORY_BYTES_SPARE = 16 * 2 ** 20

/**
 * @param {number} records
 * @returns {System}
 */
function openSluice(records) {
  check('openStore' in engine, 'dist/engine has no openStore')
  const maxBytes = Math.min(engine.MEMORY_BYTES_MAX, records * RECORD_BYTES_MAX + MEMORY_BYTES_SPARE)
  const store = engine.openStore({ maxBytes })
  const { bytes } = store
  return {
    name: 'Sluice',
    set: (key, value) => store.set(key, value),
    get: (key) => bytes.get(key),
    sumOf: (keys, ids) => {
      let sum = 0
      for (let index = 0; index < ids.length; index++) sum += bytes.get(keys[ids[index]])[STAMP_AT]
      return sum
    },
    inBulk: (work) => work(),
    close: () => store.close(),
  }
}

/** @returns {System} */
function openMap() {
  /** @type {Map<string, Uint8Array>} */
  const map = new Map()
  return {
    name: 'Map',
    set: (key, value) => map.set(key, value),
    get: (key) => map.get(key),
    sumOf: (keys, ids) => {
      let sum = 0
      for (let index = 0; index < ids.length; index++) sum += map.get(keys[ids[index]])?.[STAMP_AT] ?? 0
      return sum
    },
    inBulk: (work) => work(),
    close: () => map.clear(),
  }
}

/**
 * @param {number} records
 * @returns {System}
 */
function openLruCache(records) {
  /** @type {LRUCache<string, Uint8Array>} */
  const cache = new LRUCache({ max: records })
  return {
    name: 'lru-cache',
    set: (key, value) => cache.set(key, value),
    get: (key) => cache.get(key),
    sumOf: (keys, ids) => {
      let sum = 0
      for (let index = 0; index < ids.length; index++) sum += cache.get(keys[ids[index]])?.[STAMP_AT] ?? 0
      return sum
    },
    inBulk: (work) => work(),
    close: () => cache.clear(),
  }
}

/**
 * As fast as it goes: no waiting for the disk.
 * @returns {System}
 */
function openLmdbStore() {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-'))
  const database = openLmdb({ path: folder, encoding: 'binary', noSync: true })
  return {
    name: 'lmdb',
    set: (key, value) => database.putSync(key, value),
    get: (key) => database.getBinary(key),
    sumOf: (keys, ids) => {
      let sum = 0
      for (let index = 0; index < ids.length; index++) sum += database.getBinary(keys[ids[index]])?.[STAMP_AT] ?? 0
      return sum
    },
    inBulk: (work) => database.transactionSync(work),
    close: async () => {
      await database.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
