// The engine as a server drives it: operations as bytes in, results as bytes in reply slabs.

import { createEngine, EXECUTED, MEMORY_BYTES_MAX, SLAB_FULL } from '../../dist/engine/index.js'
import { OP_DELETE, OP_GET, OP_SET, OPERATIONS_START, readResults, SectionWriter } from '../../dist/protocol/index.js'
import { check } from './check.mjs'
import { writeKey } from './keys.mjs'

/**
 * @typedef {import('../../dist/engine/index.js').Engine} Engine
 * @typedef {import('../../dist/engine/index.js').EngineOptions} EngineOptions
 * @typedef {{ bytes: Uint8Array, count: number }} Frame the operations of one section
 */

/** Where a figure's frames end unless it says otherwise. */
export const FRAME_OPERATIONS = 8_192

/**
 * Opens an empty engine with a fixed secret.
 * @param {Partial<EngineOptions>} [options]
 */
export function openEngine(options) {
  const secret = new Uint8Array(32).fill(7)
  return createEngine({ memoryBytesMax: MEMORY_BYTES_MAX, secret, versionStart: 0n, ...options })
}

/** Makes frames of operations on records that are named by number. */
export class FrameBuilder {
  #writer = new SectionWriter()
  #key

  /** @param {number} keyBytes */
  constructor(keyBytes) {
    this.#key = new Uint8Array(keyBytes)
  }

  get count() {
    return this.#writer.operationCount
  }

  get byteCount() {
    return this.#writer.end - OPERATIONS_START
  }

  /** @param {number} id */
  appendGet(id) {
    this.#appendKey(OP_GET, id)
  }

  /** @param {number} id */
  appendDelete(id) {
    this.#appendKey(OP_DELETE, id)
  }

  /**
   * A set of the value `bytes[start, end)`.
   * @param {number} id
   * @param {Uint8Array} bytes
   */
  appendSet(id, bytes, start = 0, end = bytes.length) {
    writeKey(this.#key, 0, id, this.#key.length)
    this.#writer.appendSetBytes(OP_SET, this.#key, 0, this.#key.length, bytes, start, end)
  }

  /**
   * A set with an absolute expiry.
   * @param {number} id
   * @param {Uint8Array} value
   * @param {number} expiryMs
   */
  appendExpiringSet(id, value, expiryMs) {
    writeKey(this.#key, 0, id, this.#key.length)
    this.#writer.appendOperation(OP_SET, { key: this.#key, value, expiryMs })
  }

  /**
   * What was appended since the last call; its bytes are valid until the next append.
   * @returns {Frame}
   */
  take() {
    const { buffer, end, operationCount } = this.#writer
    this.#writer.reset()
    return { bytes: buffer.subarray(OPERATIONS_START, end), count: operationCount }
  }

  /**
   * As `take`, with bytes that stay.
   * @returns {Frame}
   */
  takeCopy() {
    const { bytes, count } = this.take()
    return { bytes: bytes.slice(), count }
  }

  /**
   * @param {number} operation
   * @param {number} id
   */
  #appendKey(operation, id) {
    writeKey(this.#key, 0, id, this.#key.length)
    this.#writer.appendBytes(operation, this.#key, 0, this.#key.length)
  }
}

/**
 * Executes a frame to its end and returns the bytes of its results, which lie in slab 0 and those after it.
 * @param {Engine} engine
 * @param {Frame} frame
 * @param {(slab: number, end: number) => void} [onSlab] told of each slab with results, and where they end in it
 */
export function execute(engine, { bytes, count }, onSlab) {
  if (engine.stage(bytes, count) !== 0) throw new Error('the engine refused the frame')
  let replyBytes = 0
  let slab = 0
  let outcome = engine.execute(count, 0, slab, 0)
  while (outcome === SLAB_FULL) {
    replyBytes += engine.position
    onSlab?.(slab, engine.position)
    outcome = engine.resume(++slab, 0)
  }
  if (outcome !== EXECUTED || engine.resultCount !== count) throw new Error('the engine did not execute the frame')
  onSlab?.(slab, engine.position)
  return replyBytes + engine.position
}

/**
 * Executes a frame and reads its results, copied out of the slabs.
 * @param {Engine} engine
 * @param {Frame} frame
 */
export function executeAndRead(engine, frame) {
  /** @type {Uint8Array[]} */
  const parts = []
  execute(engine, frame, (slab, end) => parts.push(engine.slabView(slab, 0, end).slice()))
  const reply = Buffer.concat(parts)
  const columns = {
    statuses: new Uint8Array(frame.count),
    starts: new Uint32Array(frame.count),
    lengths: new Uint32Array(frame.count),
  }
  readResults(reply, 0, reply.length, frame.count, columns, 0)
  return { reply, ...columns }
}

/**
 * Bytes of all heap beyond keys and values, per record.
 * @param {Engine} engine
 */
export function overheadPerRecord(engine) {
  const { heapBytes, keyBytes, valueBytes, records } = engine.stats()
  check(records > 0, 'there is no record')
  return (heapBytes - keyBytes - valueBytes) / records
}
