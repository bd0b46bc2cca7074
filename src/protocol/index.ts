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
export { compactSize, readCompact, writeCompact } from './compact.ts'
export { decodeControl, decodeError, encodeControl, encodeError, type WireError } from './control.ts'
// The four files of constants and tables are public as they are.
export * from './frame.ts'
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
export * from './limits.ts'
export { type DecodedOperation, decodeOperation, operationEnd, skipOperations } from './operation-walk.ts'
export * from './operations.ts'
export { MAGIC } from './preamble.ts'
export { type ResultColumns, readResults } from './result-reader.ts'
export { SectionReader } from './section-reader.ts'
export { OPERATIONS_START, SectionWriter } from './section-writer.ts'
export * from './statuses.ts'
