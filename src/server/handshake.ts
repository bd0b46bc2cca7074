// The server's part of the handshake: what a hello is answered.

import {
  encodeAnswer,
  FEATURES_KNOWN,
  type Hello,
  helloRefusal,
  PROTOCOL_VERSION,
  REFUSAL_AUTHENTICATION,
  REFUSAL_NONE,
  type ShardView,
} from '../protocol/hello.ts'
import { FRAME_BYTES_MAX, FRAME_OPS_MAX, KEY_BYTES_MAX, REPLY_BYTES_MAX, VALUE_BYTES_MAX } from '../protocol/limits.ts'
import type { Gate } from './gate.ts'

/** What the answer tells of the server. */
export interface ServerFacts {
  /** One life of the node's memory. */
  readonly incarnation: bigint
  readonly topologyNumber: number
  /** The shards of this thread. */
  readonly shards: readonly ShardView[]
}

/** Why the hello is refused, REFUSAL_NONE when it is not; `standing` is what holds whatever it says. */
export function refusalOf(hello: Hello, standing: number, gate: Gate): number {
  const isAdmitted = gate.admits(hello.credentials)
  if (standing !== REFUSAL_NONE) return standing
  return isAdmitted ? helloRefusal(hello) : REFUSAL_AUTHENTICATION
}

/** The answer as bytes. A refused client learns no more than why. */
export function answerHello(refusal: number, facts: ServerFacts, serverTimeMs: number): Uint8Array {
  const isAccepted = refusal === REFUSAL_NONE
  return encodeAnswer({
    version: isAccepted ? PROTOCOL_VERSION : 0,
    refusal,
    features: FEATURES_KNOWN,
    incarnation: isAccepted ? facts.incarnation : 0n,
    serverTimeMs,
    topologyNumber: isAccepted ? facts.topologyNumber : 0,
    frameBytesMax: FRAME_BYTES_MAX,
    frameOpsMax: FRAME_OPS_MAX,
    replyBytesMax: REPLY_BYTES_MAX,
    valueBytesMax: VALUE_BYTES_MAX,
    keyBytesMax: KEY_BYTES_MAX,
    shards: isAccepted ? facts.shards : [],
  })
}
