// Reads a section's results into columns: for each operation its status, and where its value lies. Nothing is
// copied and nothing is allocated, since this runs for every operation of every reply.
//
// A version, when the status has one, lies in the 8 bytes before `starts[i]`, also when there is no value; an expiry
// in the 8 bytes before that. A number is a value of 8 bytes. A REPEAT takes over the columns of the earlier result
// that it names, so a caller never sees one.
//
// The statuses of plain reads and writes are told apart by comparisons, all others by two small tables.
//
// Invariant: `starts[i] + lengths[i]` never passes the section's end.

import { assert } from '../util/assert.ts'
import { readU8 } from '../util/bytes.ts'
import type { SluiceError } from '../util/errors.ts'
import { STATUS_END, STATUS_OK_VERSION, STATUS_REPEAT, STATUS_VALUE, STATUS_VALUE_VERSION } from './codes.ts'
import { compactSize, readCompact } from './compact.ts'
import { protocolError } from './protocol-error.ts'
import { RESULT_SHAPES, type ResultShapeRow, STATUSES } from './statuses.ts'

const VERSION_BYTES = 8

/** In FIXED_BYTES: the result says how long its value is. */
const HAS_LENGTH = 0xff

/** By status: bytes of expiry and version. */
const STAMP_BYTES = Uint8Array.from(STATUSES, ({ shape }) => RESULT_SHAPES[shape].stampBytes)

/** By status: bytes of the value where they do not vary, else HAS_LENGTH. */
const FIXED_BYTES = Uint8Array.from(STATUSES, ({ shape }) => {
  const row: ResultShapeRow = RESULT_SHAPES[shape]
  return row.hasLength ? HAS_LENGTH : row.numberBytes
})

/** Results as arrays of fields, one entry an operation. */
export interface ResultColumns {
  /** A `STATUS_*`, never STATUS_REPEAT. */
  readonly statuses: Uint8Array
  /**
   * Position of the value's or number's first byte in the reply; 0 when there is no value, number, version or expiry.
   */
  readonly starts: Uint32Array
  /** Bytes of the value, 8 for a number; 0 when there is neither. */
  readonly lengths: Uint32Array
}

/**
 * Reads `count` results that fill `bytes[start, end)` exactly, and returns `end`. The result at position p of the
 * section goes to the columns' entry `indexes[p]`, or to `first + p` without `indexes`. Throws PROTOCOL when the
 * bytes are not that many results; the columns are then partly written.
 */
export function readResults(
  bytes: Uint8Array,
  start: number,
  end: number,
  count: number,
  columns: ResultColumns,
  first: number,
  indexes?: Uint32Array,
): number {
  assert(
    indexes === undefined ? first + count <= columns.statuses.length : count <= indexes.length,
    'columns hold all results',
  )
  const { statuses, starts, lengths } = columns
  let at = start
  for (let position = 0; position < count; position++) {
    const index = indexes === undefined ? first + position : (indexes[position] as number)
    if (at >= end) throw tooFewResults()
    let status = readU8(bytes, at++)
    let valueStart = 0
    let valueBytes = 0
    if (status === STATUS_VALUE || status === STATUS_VALUE_VERSION) {
      valueBytes = readCompact(bytes, at, end)
      if (valueBytes < 0) throw malformedLength()
      valueStart = at + compactSize(valueBytes) + (status === STATUS_VALUE ? 0 : VERSION_BYTES)
      at = valueStart + valueBytes
    } else if (status === STATUS_OK_VERSION) {
      valueStart = at + VERSION_BYTES
      at = valueStart
    } else if (status === STATUS_REPEAT) {
      const distance = readCompact(bytes, at, end)
      if (distance < 1 || distance > position) throw badRepeat()
      at += compactSize(distance)
      const earlier = indexes === undefined ? index - distance : (indexes[position - distance] as number)
      status = statuses[earlier] as number
      valueStart = starts[earlier] as number
      valueBytes = lengths[earlier] as number
    } else if (status > STATUS_REPEAT) {
      if (status >= STATUS_END) throw unknownStatus()
      const stampBytes = STAMP_BYTES[status] as number
      valueBytes = FIXED_BYTES[status] as number
      if (valueBytes === HAS_LENGTH) {
        valueBytes = readCompact(bytes, at, end)
        if (valueBytes < 0) throw malformedLength()
        valueStart = at + compactSize(valueBytes) + stampBytes
      } else if (stampBytes + valueBytes > 0) {
        valueStart = at + stampBytes
      }
      if (valueStart > 0) at = valueStart + valueBytes
    }
    statuses[index] = status
    starts[index] = valueStart
    lengths[index] = valueBytes
  }
  // A result that passed the end is found here too: `at` never goes back.
  if (at !== end) throw protocolError('the results do not end where their section does')
  return end
}

function tooFewResults(): SluiceError {
  return protocolError('a section has fewer results than it says')
}

function malformedLength(): SluiceError {
  return protocolError('a result has a malformed length')
}

function badRepeat(): SluiceError {
  return protocolError('a repeated result names no earlier one')
}

function unknownStatus(): SluiceError {
  return protocolError('a result has an unknown status')
}
