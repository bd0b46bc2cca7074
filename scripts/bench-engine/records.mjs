// The records that the figures of speed share: 16-byte keys, 128-byte values that follow from the record's number, so
// that every result can be checked.

import { ValueTable } from '../../dist/bench/workload/values.js'
import { STATUS_OK, STATUS_VALUE } from '../../dist/protocol/index.js'
import { check } from './check.mjs'
import { execute, executeAndRead, FRAME_OPERATIONS, FrameBuilder } from './engine.mjs'
import { KEY_BYTES } from './keys.mjs'
import { shuffled } from './random.mjs'

/**
 * @typedef {import('./engine.mjs').Engine} Engine
 * @typedef {import('./engine.mjs').Frame} Frame
 * @typedef {import('./draws.mjs').Draws} Draws
 */

/** Bytes of a value unless a figure says otherwise. */
export const VALUE_BYTES = 128

const LOAD_SEED = 2

/** Makes and checks the values. */
export const values = new ValueTable({ kind: 'fixed', bytes: VALUE_BYTES })

/** Byte of a value that differs from record to record. */
export const STAMP_AT = VALUE_BYTES - 1

/**
 * The order in which records are loaded: not that of their ranks, or the hottest would be neighbours.
 * @param {number} count
 */
export function loadOrder(count) {
  return shuffled(count, LOAD_SEED)
}

/**
 * Stores the records [0, count).
 * @param {Engine} engine
 * @param {number} count
 */
export function loadRecords(engine, count) {
  const builder = new FrameBuilder(KEY_BYTES)
  for (const id of loadOrder(count)) {
    builder.appendSet(id, values.value(id))
    if (builder.count === FRAME_OPERATIONS) execute(engine, builder.take())
  }
  execute(engine, builder.take())
  check(engine.stats().records === count, `${engine.stats().records} of ${count} records are stored`)
}

/**
 * Operations as frames.
 * @param {Draws} draws
 * @param {number} frameOperations
 */
export function buildFrames({ ids, isRead }, frameOperations) {
  const builder = new FrameBuilder(KEY_BYTES)
  /** @type {Frame[]} */
  const frames = []
  ids.forEach((id, index) => {
    if (isRead[index] === 1) builder.appendGet(id)
    else builder.appendSet(id, values.value(id))
    if (builder.count === frameOperations || index === ids.length - 1) frames.push(builder.takeCopy())
  })
  return frames
}

/**
 * Executes the frames once and checks every result: reads find their record's value, writes are done.
 * @param {Engine} engine
 * @param {Frame[]} frames
 * @param {Draws} draws what the frames were made of
 */
export function checkFrames(engine, frames, { ids, isRead }) {
  let first = 0
  for (const frame of frames) {
    const { reply, statuses, starts, lengths } = executeAndRead(engine, frame)
    for (let index = 0; index < frame.count; index++) {
      const id = ids[first + index]
      if (isRead[first + index] === 0) check(statuses[index] === STATUS_OK, `record ${id} was not written`)
      else {
        check(statuses[index] === STATUS_VALUE && lengths[index] === VALUE_BYTES, `record ${id} was not read`)
        check(values.hasStamps(reply, starts[index], id), `another value than that of record ${id} was read`)
      }
    }
    first += frame.count
  }
}
