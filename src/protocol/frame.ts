// The two headers: of a frame, and of a section inside a frame. `docs/PROTOCOL.md` draws them.
//
//   frame header    0 u32 frameBytes | 4 u8 kind | 5 u8 flags | 6 u16 sectionCount | 8 u32 sequence | 12 u32 zero
//   request section 0 u32 sectionBytes | 4 u32 operationCount | 8 u32 view | 12 u16 shard | 14 u16 namespace
//   reply section   0 u32 sectionBytes | 4 u32 resultCount | 8 u32 view | 12 u16 shard | 14 u8 outcome | 15 u8 zero
//
// `frameBytes` counts the header, `sectionBytes` does not. The writers below check nothing: their callers wrote the
// bytes that the headers describe. The readers are `FrameDecoder` and `SectionReader`.

import { writeU16, writeU32 } from '../util/bytes.ts'
import { FRAME_SECTIONS_MAX, REPLY_BYTES_MAX } from './limits.ts'

/** Bytes of a frame header. */
export const FRAME_HEADER_BYTES = 16

/** Bytes of a section header, request or reply. */
export const SECTION_HEADER_BYTES = 16

/** Bytes of the largest frame that a server ever sends; a client that takes less is refused. */
export const REPLY_FRAME_BYTES_MAX = FRAME_HEADER_BYTES + FRAME_SECTIONS_MAX * SECTION_HEADER_BYTES + REPLY_BYTES_MAX

/** Client to server: sections of operations. */
export const KIND_OPERATIONS = 1
/** Server to client: sections of results. */
export const KIND_OPERATIONS_REPLY = 2
/** Client to server: which topology? Empty. */
export const KIND_TOPOLOGY = 3
/** Server to client: the topology as JSON text. */
export const KIND_TOPOLOGY_REPLY = 4
/** Either way: are you there? Empty. */
export const KIND_PING = 5
/** The answer to a ping. Empty. */
export const KIND_PONG = 6
/** Server to client: send no further frame here; those that were sent are answered. Empty. */
export const KIND_GO_AWAY = 7
/** Client to server: a command as JSON text. */
export const KIND_ADMIN = 8
/** Server to client: the answer to a command as JSON text. */
export const KIND_ADMIN_REPLY = 9
/** Either way: why the sender closes the connection now. */
export const KIND_ERROR = 10

/** One past the largest kind. */
export const KIND_END = 11

/** What the body of a frame consists of. */
export type FrameBody = 'sections' | 'text' | 'empty' | 'error'

/** A row of the table of frame kinds. */
export interface FrameKindRow {
  readonly code: number
  readonly name: string
  readonly body: FrameBody
}

/** Every frame kind, in the order of its code; codes are dense from 1. */
export const FRAME_KINDS = [
  { code: KIND_OPERATIONS, name: 'operations', body: 'sections' },
  { code: KIND_OPERATIONS_REPLY, name: 'operations-reply', body: 'sections' },
  { code: KIND_TOPOLOGY, name: 'topology', body: 'empty' },
  { code: KIND_TOPOLOGY_REPLY, name: 'topology-reply', body: 'text' },
  { code: KIND_PING, name: 'ping', body: 'empty' },
  { code: KIND_PONG, name: 'pong', body: 'empty' },
  { code: KIND_GO_AWAY, name: 'go-away', body: 'empty' },
  { code: KIND_ADMIN, name: 'admin', body: 'text' },
  { code: KIND_ADMIN_REPLY, name: 'admin-reply', body: 'text' },
  { code: KIND_ERROR, name: 'error', body: 'error' },
] as const satisfies readonly FrameKindRow[]

/** On OPERATIONS: lowers the connection's fence before the frame is looked at. */
export const FLAG_RESUME = 0x01

/** Flags that the receiver must know to execute the frame; the others it may ignore. */
export const FLAGS_REQUIRED_MASK = 0x0f

/** The required flags that exist. */
export const FLAGS_KNOWN = FLAG_RESUME

/** The bytes do not follow this protocol. */
export const WIRE_ERROR_MALFORMED = 1
/** A frame is larger than the receiver takes. */
export const WIRE_ERROR_FRAME_TOO_LARGE = 2
/** The frame's kind is not for this receiver, or not now. */
export const WIRE_ERROR_UNEXPECTED_KIND = 3
/** The peer did not read its replies fast enough. */
export const WIRE_ERROR_SLOW_READER = 4
/** Nothing arrived for too long. */
export const WIRE_ERROR_IDLE = 5
/** A fault of the sender itself. */
export const WIRE_ERROR_INTERNAL = 6

/** Every error code of an ERROR frame, in the order of its code; codes are dense from 1. */
export const WIRE_ERRORS = [
  { code: WIRE_ERROR_MALFORMED, name: 'malformed' },
  { code: WIRE_ERROR_FRAME_TOO_LARGE, name: 'frame-too-large' },
  { code: WIRE_ERROR_UNEXPECTED_KIND, name: 'unexpected-kind' },
  { code: WIRE_ERROR_SLOW_READER, name: 'slow-reader' },
  { code: WIRE_ERROR_IDLE, name: 'idle' },
  { code: WIRE_ERROR_INTERNAL, name: 'internal' },
] as const

/** Writes a frame header at `at`. `sequence` counts modulo 2^32. */
export function writeFrameHeader(
  bytes: Uint8Array,
  at: number,
  frameBytes: number,
  kind: number,
  flags: number,
  sectionCount: number,
  sequence: number,
): void {
  writeU32(bytes, at, frameBytes)
  bytes[at + 4] = kind
  bytes[at + 5] = flags
  writeU16(bytes, at + 6, sectionCount)
  writeU32(bytes, at + 8, sequence)
  writeU32(bytes, at + 12, 0)
}

/** Writes the header of a section of operations at `at`. */
export function writeRequestSectionHeader(
  bytes: Uint8Array,
  at: number,
  sectionBytes: number,
  operationCount: number,
  view: number,
  shard: number,
  namespace: number,
): void {
  writeU32(bytes, at, sectionBytes)
  writeU32(bytes, at + 4, operationCount)
  writeU32(bytes, at + 8, view)
  writeU16(bytes, at + 12, shard)
  writeU16(bytes, at + 14, namespace)
}

/** Writes the header of a section of results at `at`; `view` is the shard's. */
export function writeReplySectionHeader(
  bytes: Uint8Array,
  at: number,
  sectionBytes: number,
  resultCount: number,
  view: number,
  shard: number,
  outcome: number,
): void {
  writeU32(bytes, at, sectionBytes)
  writeU32(bytes, at + 4, resultCount)
  writeU32(bytes, at + 8, view)
  writeU16(bytes, at + 12, shard)
  writeU16(bytes, at + 14, outcome)
}
