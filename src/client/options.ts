// The options of a client: what they mean, their defaults, and the one place where they are checked.

import { CLIENT_ID_BYTES } from '../protocol/hello.ts'
import { encodeUtf8 } from '../util/bytes.ts'
import { type Clock, systemClock } from '../util/clock.ts'
import { SluiceError } from '../util/errors.ts'
import { systemRandomBytes } from '../util/random.ts'
import type { ClientTarget } from './address.ts'
import type { Introduction } from './handshake.ts'
import { type ClientTlsOptions, tcpTransport } from './tcp-transport.ts'
import type { Transport } from './transport.ts'

/** Options of `connect`. */
export interface ClientOptions {
  /** What carries the bytes. Default: TCP. */
  readonly transport?: Transport
  /** What the server asks for to let a client in, up to 1,024 bytes; text is sent as UTF-8. Default: nothing. */
  readonly password?: string | Uint8Array
  /** How to speak TLS; implies it. With a `transport` of your own it has no effect. */
  readonly tls?: ClientTlsOptions
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
  readonly introduction: Introduction
  readonly connectTimeoutMs: number
  readonly framesInFlightMax: number
  readonly queueBytesMax: number
  readonly clock: Clock
}

/** Frames in flight need a bound that no option passes: each may hold a reply of 12 MiB. */
const FRAMES_IN_FLIGHT_MAX = 64

/** Bytes of a password: it shares the hello's 2,048 bytes with its fixed part. */
const PASSWORD_BYTES_MAX = 1_024

/** Throws INVALID_ARGUMENT, naming the option. */
export function settingsOf(options: ClientOptions, target?: Pick<ClientTarget, 'password' | 'isEncrypted'>): Settings {
  const password = options.password ?? target?.password ?? ''
  const credentials = typeof password === 'string' ? encodeUtf8(password) : password.slice()
  checkRange('password (bytes)', credentials.length, 0, PASSWORD_BYTES_MAX)
  const { connectTimeoutMs = 5_000, framesInFlightMax = 4, queueBytesMax = 8 * 1024 * 1024 } = options
  checkRange('connectTimeoutMs', connectTimeoutMs, 1, Number.MAX_SAFE_INTEGER)
  checkRange('framesInFlightMax', framesInFlightMax, 1, FRAMES_IN_FLIGHT_MAX)
  checkRange('queueBytesMax', queueBytesMax, 1, Number.MAX_SAFE_INTEGER)
  return Object.freeze({
    transport: options.transport ?? tcpTransport(target?.isEncrypted ? { tls: {}, ...options } : options),
    introduction: { clientId: systemRandomBytes(CLIENT_ID_BYTES), credentials },
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
