// Frames without sections: their bodies are text, empty, or an error code with text.

import { assert } from '../util/assert.ts'
import { decodeUtf8Strict, encodeUtf8, readU16, writeU16 } from '../util/bytes.ts'
import { FRAME_HEADER_BYTES, FRAME_KINDS, KIND_ERROR, writeFrameHeader } from './frame.ts'
import { CONTROL_BYTES_MAX } from './limits.ts'
import { protocolError } from './protocol-error.ts'

/** Bytes of an ERROR frame's body before its text. */
const ERROR_HEAD_BYTES = 4

/** A whole frame of a kind whose body is text, or empty: then `text` is ''. */
export function encodeControl(kind: number, sequence: number, text: string): Uint8Array {
  const row = FRAME_KINDS[kind - 1]
  assert(row?.body === 'text' || (row?.body === 'empty' && text === ''), 'a control frame has text, or is empty')
  const body = encodeUtf8(text)
  assert(body.length <= CONTROL_BYTES_MAX, 'the text of a control frame passes its limit')
  const frame = new Uint8Array(FRAME_HEADER_BYTES + body.length)
  writeFrameHeader(frame, 0, frame.length, kind, 0, 0, sequence)
  frame.set(body, FRAME_HEADER_BYTES)
  return frame
}

/**
 * The text of a control frame's body `bytes[start, end)`. Throws PROTOCOL when it is too long, or no UTF-8, or should
 * be empty.
 */
export function decodeControl(kind: number, bytes: Uint8Array, start: number, end: number): string {
  const row = FRAME_KINDS[kind - 1]
  assert(row?.body === 'text' || row?.body === 'empty', 'the frame is no control frame')
  if (row.body === 'empty' && end > start) throw protocolError(`a frame of kind ${row.name} has a body`)
  return decodeText(bytes, start, end)
}

/** What an ERROR frame says. */
export interface WireError {
  /** A `WIRE_ERROR_*`, or a number that a later version added. */
  readonly code: number
  /** For a person. */
  readonly text: string
}

/** A whole ERROR frame. Its sender closes the connection behind it. */
export function encodeError(code: number, text: string): Uint8Array {
  const body = encodeUtf8(text)
  assert(ERROR_HEAD_BYTES + body.length <= CONTROL_BYTES_MAX, 'the text of an error frame passes its limit')
  const frame = new Uint8Array(FRAME_HEADER_BYTES + ERROR_HEAD_BYTES + body.length)
  writeFrameHeader(frame, 0, frame.length, KIND_ERROR, 0, 0, 0)
  writeU16(frame, FRAME_HEADER_BYTES, code)
  frame.set(body, FRAME_HEADER_BYTES + ERROR_HEAD_BYTES)
  return frame
}

/** Reads an ERROR frame's body `bytes[start, end)`. Throws PROTOCOL. */
export function decodeError(bytes: Uint8Array, start: number, end: number): WireError {
  if (end - start < ERROR_HEAD_BYTES) throw protocolError('an error frame is too short')
  if (readU16(bytes, start + 2) !== 0) throw protocolError('the reserved bytes of an error frame are not zero')
  return { code: readU16(bytes, start), text: decodeText(bytes, start + ERROR_HEAD_BYTES, end) }
}

function decodeText(bytes: Uint8Array, start: number, end: number): string {
  if (end - start > CONTROL_BYTES_MAX) throw protocolError('the text of a control frame is too long')
  const text = decodeUtf8Strict(bytes, start, end)
  if (text === undefined) throw protocolError('the text of a control frame is not UTF-8')
  return text
}
