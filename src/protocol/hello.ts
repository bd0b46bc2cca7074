// The handshake: a hello from the client, one answer from the server, then frames both ways. `docs/PROTOCOL.md`
// draws both messages.

import { assert } from '../util/assert.ts'
import { readU8, readU16, readU32, readU64, writeU16, writeU32, writeU64 } from '../util/bytes.ts'
import { decodeError, type WireError } from './control.ts'
import { KIND_ERROR, REPLY_FRAME_BYTES_MAX } from './frame.ts'
import { FrameDecoder } from './frame-decoder.ts'
import { HELLO_BYTES_MAX } from './limits.ts'
import { checkPreamble, MAGIC, PreambleDecoder, writePreamble } from './preamble.ts'
import { protocolError } from './protocol-error.ts'

/** The only version there is. */
export const PROTOCOL_VERSION = 1

/** Feature bits that this version knows: none yet. */
export const FEATURES_KNOWN = 0

/** Bytes of a client id. */
export const CLIENT_ID_BYTES = 16

/** Not refused. */
export const REFUSAL_NONE = 0
/** No common version. */
export const REFUSAL_VERSION = 1
/** A required feature is unknown. */
export const REFUSAL_FEATURE = 2
/** The server has as many connections as it takes. */
export const REFUSAL_CONNECTIONS = 3
/** The client takes smaller frames than the server may send. */
export const REFUSAL_LIMITS = 4
/** The credentials are wrong. */
export const REFUSAL_AUTHENTICATION = 5
/** The server is about to stop. */
export const REFUSAL_DRAINING = 6

/** Names of the refusals, by number. */
export const REFUSAL_NAMES = [
  'none',
  'version',
  'feature',
  'connections',
  'limits',
  'authentication',
  'draining',
] as const

/** Bytes of a hello before its credentials. */
export const HELLO_HEAD_BYTES = 48

/** Bytes of an answer before its shards. */
export const ANSWER_HEAD_BYTES = 64

/** Bytes of an answer: its length is a u16. */
export const ANSWER_BYTES_MAX = 65_535

/** Bytes of a shard in an answer. */
const SHARD_VIEW_BYTES = 8

/** What a client says first. */
export interface Hello {
  readonly versionMin: number
  readonly versionMax: number
  /** Feature bits without which the client cannot work. */
  readonly requiredFeatures: number
  /** Feature bits that it would use. */
  readonly optionalFeatures: number
  /** CLIENT_ID_BYTES random bytes, the same on all connections of one client. */
  readonly clientId: Uint8Array
  /** Bytes of the largest frame that the client takes; at least REPLY_FRAME_BYTES_MAX. */
  readonly frameBytesMax: number
  /** Empty where the server wants none. */
  readonly credentials: Uint8Array
}

/** A shard that the answering thread owns. */
export interface ShardView {
  readonly shard: number
  readonly view: number
}

/** What the server answers. */
export interface HelloAnswer {
  /** The version spoken from now on; 0 when refused. */
  readonly version: number
  /** A `REFUSAL_*`. */
  readonly refusal: number
  readonly features: number
  /** One life of the node's memory. */
  readonly incarnation: bigint
  /** Milliseconds since 1970. */
  readonly serverTimeMs: number
  readonly topologyNumber: number
  /** Bytes of the largest frame that the server takes. */
  readonly frameBytesMax: number
  /** Operations of one frame. */
  readonly frameOpsMax: number
  /** Bytes of results in one reply. */
  readonly replyBytesMax: number
  readonly valueBytesMax: number
  readonly keyBytesMax: number
  /** Shards of the thread that answers. */
  readonly shards: readonly ShardView[]
}

/** The refusal that a hello deserves by what it says, before the server's own state is asked. */
export function helloRefusal(hello: Hello): number {
  if (hello.versionMin > PROTOCOL_VERSION || hello.versionMax < PROTOCOL_VERSION) return REFUSAL_VERSION
  if ((hello.requiredFeatures & ~FEATURES_KNOWN) !== 0) return REFUSAL_FEATURE
  if (hello.frameBytesMax < REPLY_FRAME_BYTES_MAX) return REFUSAL_LIMITS
  return REFUSAL_NONE
}

/** The hello as bytes. */
export function encodeHello(hello: Hello): Uint8Array {
  const bytes = new Uint8Array(HELLO_HEAD_BYTES + hello.credentials.length)
  assert(hello.clientId.length === CLIENT_ID_BYTES, 'a client id has 16 bytes')
  assert(bytes.length <= HELLO_BYTES_MAX, 'the credentials pass the limit of a hello')
  writePreamble(bytes)
  bytes[6] = hello.versionMin
  bytes[7] = hello.versionMax
  writeU32(bytes, 8, hello.requiredFeatures)
  writeU32(bytes, 12, hello.optionalFeatures)
  bytes.set(hello.clientId, 16)
  writeU32(bytes, 32, hello.frameBytesMax)
  writeU16(bytes, 40, hello.credentials.length)
  bytes.set(hello.credentials, HELLO_HEAD_BYTES)
  return bytes
}

/** Reads a whole hello. Throws PROTOCOL. */
export function decodeHello(bytes: Uint8Array): Hello {
  checkPreamble(bytes, HELLO_HEAD_BYTES, HELLO_BYTES_MAX)
  if (HELLO_HEAD_BYTES + readU16(bytes, 40) !== bytes.length)
    throw protocolError('the credentials do not fill the hello')
  if (readU32(bytes, 36) !== 0 || readU16(bytes, 42) !== 0 || readU32(bytes, 44) !== 0) {
    throw protocolError('the reserved bytes of a hello are not zero')
  }
  return {
    versionMin: readU8(bytes, 6),
    versionMax: readU8(bytes, 7),
    requiredFeatures: readU32(bytes, 8),
    optionalFeatures: readU32(bytes, 12),
    clientId: bytes.slice(16, 16 + CLIENT_ID_BYTES),
    frameBytesMax: readU32(bytes, 32),
    credentials: bytes.slice(HELLO_HEAD_BYTES),
  }
}

/** The answer as bytes. */
export function encodeAnswer(answer: HelloAnswer): Uint8Array {
  const bytes = new Uint8Array(ANSWER_HEAD_BYTES + SHARD_VIEW_BYTES * answer.shards.length)
  assert(bytes.length <= ANSWER_BYTES_MAX, 'a thread owns more shards than an answer holds')
  assert((answer.version === 0) === (answer.refusal !== REFUSAL_NONE), 'a refused hello has no version')
  writePreamble(bytes)
  bytes[6] = answer.version
  bytes[7] = answer.refusal
  writeU32(bytes, 8, answer.features)
  writeU64(bytes, 16, answer.incarnation)
  writeU64(bytes, 24, BigInt(answer.serverTimeMs))
  writeU64(bytes, 32, BigInt(answer.topologyNumber))
  writeU32(bytes, 40, answer.frameBytesMax)
  writeU32(bytes, 44, answer.frameOpsMax)
  writeU32(bytes, 48, answer.replyBytesMax)
  writeU32(bytes, 52, answer.valueBytesMax)
  writeU16(bytes, 56, answer.keyBytesMax)
  writeU16(bytes, 58, answer.shards.length)
  let at = ANSWER_HEAD_BYTES
  for (const { shard, view } of answer.shards) {
    writeU16(bytes, at, shard)
    writeU32(bytes, at + 4, view)
    at += SHARD_VIEW_BYTES
  }
  return bytes
}

/** Reads a whole answer. Throws PROTOCOL. */
export function decodeAnswer(bytes: Uint8Array): HelloAnswer {
  checkPreamble(bytes, ANSWER_HEAD_BYTES, ANSWER_BYTES_MAX)
  const version = readU8(bytes, 6)
  const refusal = readU8(bytes, 7)
  if ((version === 0) !== (refusal !== REFUSAL_NONE)) throw protocolError('an answer both accepts and refuses')
  if (readU32(bytes, 12) !== 0 || readU32(bytes, 60) !== 0)
    throw protocolError('the reserved bytes of an answer are not zero')
  return {
    version,
    refusal,
    features: readU32(bytes, 8),
    incarnation: readU64(bytes, 16),
    serverTimeMs: readSafeU64(bytes, 24),
    topologyNumber: readSafeU64(bytes, 32),
    frameBytesMax: readU32(bytes, 40),
    frameOpsMax: readU32(bytes, 44),
    replyBytesMax: readU32(bytes, 48),
    valueBytesMax: readU32(bytes, 52),
    keyBytesMax: readU16(bytes, 56),
    shards: decodeShardViews(bytes),
  }
}

/** Takes a hello from the head of a stream. */
export class HelloDecoder {
  readonly #preamble = new PreambleDecoder(HELLO_HEAD_BYTES, HELLO_BYTES_MAX)

  /** Once the hello is complete: the bytes behind it, for a FrameDecoder. May be empty. */
  get rest(): Uint8Array {
    return this.#preamble.rest
  }

  /**
   * The hello once it is complete, undefined before; not to be called again then. Throws PROTOCOL at the first byte
   * that cannot be right, and at each later call.
   */
  push(chunk: Uint8Array): Hello | undefined {
    const message = this.#preamble.push(chunk)
    return message === undefined ? undefined : decodeHello(message)
  }
}

/**
 * Takes an answer from the head of a stream; or what a server sends in its place when no good hello came in time, an ERROR
 * frame of at most HELLO_BYTES_MAX bytes. The magic, read as the length of a frame, passes that by far: so four bytes tell
 * the two apart, and most often the first one does.
 */
export class AnswerDecoder {
  /** What the server said in place of an answer, once that is complete. Nothing follows it. */
  error: WireError | undefined
  readonly #preamble = new PreambleDecoder(ANSWER_HEAD_BYTES, ANSWER_BYTES_MAX)
  readonly #frames = new FrameDecoder({ frameBytesMax: HELLO_BYTES_MAX })
  /** The first bytes of the stream, zero where none has arrived. */
  readonly #head = new Uint8Array(MAGIC.length)
  #headBytes = 0

  /** Once the answer is complete: the bytes behind it, for a FrameDecoder. May be empty. */
  get rest(): Uint8Array {
    return this.#preamble.rest
  }

  /**
   * The answer once it is complete, undefined before and when there is an `error`; not to be called again then. Throws
   * PROTOCOL as soon as the bytes can be neither, and at each later call.
   */
  push(chunk: Uint8Array): HelloAnswer | undefined {
    const earlierBytes = this.#headBytes
    this.#takeHead(chunk)
    if (this.#isAnswer()) {
      const message = this.#preamble.push(chunk)
      return message === undefined ? undefined : decodeAnswer(message)
    }
    // The bytes that are missing yet only make the length larger.
    if (readU32(this.#head, 0) > HELLO_BYTES_MAX) throw protocolError('the peer does not speak this protocol')
    // What came in earlier chunks and was like the magic was taken for an answer.
    if (this.#frames.bufferedBytes === 0) this.#frames.push(this.#head.slice(0, earlierBytes))
    this.#frames.push(chunk)
    if (!this.#frames.next()) return undefined
    const { kind, bytes, start, end } = this.#frames
    if (kind !== KIND_ERROR) throw protocolError('the peer answers with a frame in place of an answer')
    this.error = decodeError(bytes, start, end)
    return undefined
  }

  #takeHead(chunk: Uint8Array): void {
    const room = this.#head.subarray(this.#headBytes)
    const first = chunk.subarray(0, room.length)
    room.set(first)
    this.#headBytes += first.length
  }

  /** Whether all that has arrived of the head is that of an answer. */
  #isAnswer(): boolean {
    for (let at = 0; at < this.#headBytes; at++) if (this.#head[at] !== MAGIC[at]) return false
    return true
  }
}

function decodeShardViews(bytes: Uint8Array): ShardView[] {
  const shardCount = readU16(bytes, 58)
  if (ANSWER_HEAD_BYTES + SHARD_VIEW_BYTES * shardCount !== bytes.length)
    throw protocolError('the shards do not fill the answer')
  const shards: ShardView[] = []
  for (let at = ANSWER_HEAD_BYTES; at < bytes.length; at += SHARD_VIEW_BYTES) {
    if (readU16(bytes, at + 2) !== 0) throw protocolError('the reserved bytes of a shard are not zero')
    shards.push({ shard: readU16(bytes, at), view: readU32(bytes, at + 4) })
  }
  return shards
}

function readSafeU64(bytes: Uint8Array, at: number): number {
  const value = readU64(bytes, at)
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw protocolError('a number passes 2^53 - 1')
  return Number(value)
}
