/**
 * The door `sluice/protocol`: the native codec, for those who write a client, a proxy or a tool of their own. It turns
 * bytes into fields and back, and knows no socket, no timer and no engine. `docs/PROTOCOL.md` specifies the bytes.
 *
 * @example
 * const decoder = new FrameDecoder({ frameBytesMax: FRAME_BYTES_MAX })
 * decoder.push(chunk)
 * while (decoder.next()) handle(decoder.kind, decoder.bytes, decoder.start, decoder.end)
 */

export { type ErrorCode, type Fate, SluiceError } from '../util/errors.ts'
export {
  OP_CODE_END,
  OP_CODE_MASK,
  OP_DELETE,
  OP_EXISTS,
  OP_GET,
  OP_SET,
  OP_WITH_VERSION,
  OUTCOME_BEHIND,
  OUTCOME_END,
  OUTCOME_EXECUTED,
  OUTCOME_FENCED,
  OUTCOME_NOT_READY,
  OUTCOME_STALE,
  OUTCOME_STOPPED,
  OUTCOME_TOO_MANY_OPERATIONS,
  OUTCOME_UNKNOWN_SHARD,
  OUTCOME_UNSUPPORTED,
  OUTCOME_WRONG_SLOT,
  STATUS_END,
  STATUS_MISSING,
  STATUS_NO_MEMORY,
  STATUS_OK,
  STATUS_OK_VERSION,
  STATUS_REPEAT,
  STATUS_VALUE,
  STATUS_VALUE_VERSION,
} from './codes.ts'
export { compactSize, readCompact, writeCompact } from './compact.ts'
export { decodeControl, decodeError, encodeControl, encodeError, type WireError } from './control.ts'
export {
  FLAG_RESUME,
  FLAGS_KNOWN,
  FLAGS_REQUIRED_MASK,
  FRAME_HEADER_BYTES,
  FRAME_KINDS,
  type FrameBody,
  type FrameKindRow,
  KIND_ADMIN,
  KIND_ADMIN_REPLY,
  KIND_END,
  KIND_ERROR,
  KIND_GO_AWAY,
  KIND_OPERATIONS,
  KIND_OPERATIONS_REPLY,
  KIND_PING,
  KIND_PONG,
  KIND_TOPOLOGY,
  KIND_TOPOLOGY_REPLY,
  REPLY_FRAME_BYTES_MAX,
  SECTION_HEADER_BYTES,
  WIRE_ERROR_FRAME_TOO_LARGE,
  WIRE_ERROR_IDLE,
  WIRE_ERROR_INTERNAL,
  WIRE_ERROR_MALFORMED,
  WIRE_ERROR_SLOW_READER,
  WIRE_ERROR_UNEXPECTED_KIND,
  WIRE_ERRORS,
  writeFrameHeader,
  writeReplySectionHeader,
  writeRequestSectionHeader,
} from './frame.ts'
export { FrameDecoder, type FrameDecoderOptions } from './frame-decoder.ts'
export {
  AnswerDecoder,
  CLIENT_ID_BYTES,
  decodeAnswer,
  decodeHello,
  encodeAnswer,
  encodeHello,
  FEATURES_KNOWN,
  type Hello,
  type HelloAnswer,
  HelloDecoder,
  helloRefusal,
  PROTOCOL_VERSION,
  REFUSAL_AUTHENTICATION,
  REFUSAL_CONNECTIONS,
  REFUSAL_DRAINING,
  REFUSAL_FEATURE,
  REFUSAL_LIMITS,
  REFUSAL_NAMES,
  REFUSAL_NONE,
  REFUSAL_VERSION,
  type ShardView,
} from './hello.ts'
export {
  CONTROL_BYTES_MAX,
  FRAME_BYTES_MAX,
  FRAME_BYTES_TARGET,
  FRAME_OPS_MAX,
  FRAME_SECTIONS_MAX,
  HELLO_BYTES_MAX,
  KEY_BYTES_MAX,
  REPLY_BYTES_MAX,
  VALUE_BYTES_MAX,
} from './limits.ts'
export { type DecodedOperation, decodeOperation, operationEnd, skipOperations } from './operation-walk.ts'
export { OPERATIONS, type OperationRow } from './operations.ts'
export { MAGIC } from './preamble.ts'
export { type ResultColumns, readResults } from './result-reader.ts'
export { SectionReader } from './section-reader.ts'
export { OPERATIONS_START, SectionWriter } from './section-writer.ts'
export { OUTCOME_NAMES, type ResultShape, STATUSES, type StatusRow } from './statuses.ts'
