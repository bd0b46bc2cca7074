// The options of a client: what they mean, their defaults, and the one place where they are checked.

import { CLIENT_ID_BYTES } from '../protocol/hello.ts'
import { encodeUtf8 } from '../util/bytes.ts'
import { type Clock, systemClock } from '../util/clock.ts'
import { SluiceError } from '../util/errors.ts'
import { systemRandomBytes } from '../util/random.ts'
import type { Introduction } from './handshake.ts'
import type { Via } from './routing.ts'
import { tcpTransport } from './tcp-transport.ts'
import type { Transport } from './transport.ts'

/** Options of `connect`. */
export interface ClientOptions {
  /** What carries the bytes. Default: TCP. */
  readonly transport?: Transport
  /**
   * Which ports of the nodes are connected to. `public`: one connection to each node, for networks in which only its
   * public port can be reached; the node passes operations on to the threads that own their shards. Default `direct`: a
   * connection to every shard thread, the shorter way.
   */
  readonly via?: Via
  /** What the server asks for to let a client in; text is sent as UTF-8. Default: nothing. */
  readonly credentials?: string | Uint8Array
  /** Milliseconds for connecting to every shard thread, handshakes included. Default 5,000; at least 1. */
  readonly connectTimeoutMs?: number
  /**
   * Frames that may be unanswered on one connection. More hide a longer way to the server; each costs memory on both
   * sides. Default 4; 1 to 64.
   */
  readonly framesInFlightMax?: number
  /**
   * Bytes that may wait to be sent on one connection before `client.ready()` makes callers wait. Default 8 MiB; at
   * least 1.
   */
  readonly queueBytesMax?: number
  /** Ends the attempt to connect; `connect` rejects with CONNECT_FAILED. It has no effect on a connected client. */
  readonly signal?: AbortSignal
  /** Time and timers, for simulation. Default: the machine's. */
  readonly clock?: Clock
}

/** Checked options, with the defaults filled in. */
export interface Settings {
  readonly transport: Transport
  readonly via: Via
  readonly introduction: Introduction
  readonly connectTimeoutMs: number
  readonly framesInFlightMax: number
  readonly queueBytesMax: number
  readonly clock: Clock
}

/** Frames in flight need a bound that no option passes: each may hold a reply of 12 MiB. */
const FRAMES_IN_FLIGHT_MAX = 64

/** Bytes of credentials: they share the hello's 2,048 bytes with its fixed part. */
const CREDENTIALS_BYTES_MAX = 1_024

/** Throws INVALID_ARGUMENT, naming the option. */
export function settingsOf(options: ClientOptions): Settings {
  const credentials = options.credentials ?? ''
  const credentialBytes = typeof credentials === 'string' ? encodeUtf8(credentials) : credentials.slice()
  checkRange('credentials (bytes)', credentialBytes.length, 0, CREDENTIALS_BYTES_MAX)
  const { connectTimeoutMs = 5_000, framesInFlightMax = 4, queueBytesMax = 8 * 1024 * 1024 } = options
  const via = options.via ?? 'direct'
  if (via !== 'direct' && via !== 'public') throw new SluiceError('INVALID_ARGUMENT', 'via must be direct or public')
  checkRange('connectTimeoutMs', connectTimeoutMs, 1, Number.MAX_SAFE_INTEGER)
  checkRange('framesInFlightMax', framesInFlightMax, 1, FRAMES_IN_FLIGHT_MAX)
  checkRange('queueBytesMax', queueBytesMax, 1, Number.MAX_SAFE_INTEGER)
  return Object.freeze({
    transport: options.transport ?? tcpTransport(),
    via,
    introduction: { clientId: systemRandomBytes(CLIENT_ID_BYTES), credentials: credentialBytes },
    connectTimeoutMs,
    framesInFlightMax,
    queueBytesMax,
    clock: options.clock ?? systemClock,
  })
}

function checkRange(name: string, value: number, min: number, max: number): void {
  if (Number.isInteger(value) && value >= min && value <= max) return
  throw new SluiceError('INVALID_ARGUMENT', `${name} must be an integer from ${min} to ${max}, not ${value}`)
}
