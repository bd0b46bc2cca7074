// The options of a client: what they mean, their defaults, and the one place where they are checked.

import { CLIENT_ID_BYTES } from '../protocol/hello.ts'
import { encodeUtf8, readU32 } from '../util/bytes.ts'
import { type Clock, systemClock } from '../util/clock.ts'
import { SluiceError } from '../util/errors.ts'
import { type Random, seededRandom, systemRandomBytes } from '../util/random.ts'
import type { ClientTarget } from './address.ts'
import type { Introduction } from './handshake.ts'
import type { Via } from './routing.ts'
import { type ClientTlsOptions, tcpTransport } from './tcp-transport.ts'
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
   * Bytes of operations that may wait to be sent to one shard thread, those included that are being gathered into a batch,
   * before further calls are made to wait, or fail (`whenFull`). While fewer wait, one operation or batch of any size is
   * taken. Default 8 MiB; at least 1.
   */
  readonly queueBytesMax?: number
  /**
   * What calls do that find the queue to their server full: `wait` for room, in order, or `fail` with QUEUE_FULL. Default
   * `wait`.
   */
  readonly whenFull?: 'wait' | 'fail'
  /**
   * Milliseconds for each call and batch, waiting and retries included, after which it fails: with TIMEOUT, or with
   * NOT_EXECUTED when the server kept refusing. Default 5,000; at least 1.
   */
  readonly timeoutMs?: number
  /**
   * What calls do while their server cannot be reached: `wait` for it, as long as `timeoutMs` allows, or `fail` with
   * DISCONNECTED. Default `wait`.
   */
  readonly whenDisconnected?: 'wait' | 'fail'
  /**
   * Whether writes are sent again that were sent before the connection was lost and may have been executed. Not
   * linearizable: a write that is executed twice can undo a later one of another client. Default false: such a write
   * fails with fate `unknown`.
   */
  readonly resendUnknownWrites?: boolean
  /** Ends the attempt to connect; `connect` rejects with CONNECT_FAILED. It has no effect on a connected client. */
  readonly signal?: AbortSignal
  /** Time and timers, for simulation. Default: the machine's. */
  readonly clock?: Clock
  /** Chooses the delays between attempts to connect. Default: seeded by the machine. */
  readonly random?: Random
}

/** Checked options, with the defaults filled in. */
export interface Settings {
  readonly transport: Transport
  readonly via: Via
  readonly introduction: Introduction
  readonly connectTimeoutMs: number
  readonly framesInFlightMax: number
  readonly queueBytesMax: number
  readonly whenFull: 'wait' | 'fail'
  readonly timeoutMs: number
  readonly waitsForConnection: boolean
  readonly resendUnknownWrites: boolean
  readonly clock: Clock
  readonly random: Random
}

/** Twelve days: what a timer can wait for, with room to spare. */
const TIMEOUT_MS_MAX = 2 ** 30

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
  const via = options.via ?? 'direct'
  if (via !== 'direct' && via !== 'public') throw new SluiceError('INVALID_ARGUMENT', 'via must be direct or public')
  checkRange('connectTimeoutMs', connectTimeoutMs, 1, Number.MAX_SAFE_INTEGER)
  checkRange('framesInFlightMax', framesInFlightMax, 1, FRAMES_IN_FLIGHT_MAX)
  checkRange('queueBytesMax', queueBytesMax, 1, Number.MAX_SAFE_INTEGER)
  const { timeoutMs = 5_000, whenFull = 'wait', whenDisconnected = 'wait', resendUnknownWrites = false } = options
  checkRange('timeoutMs', timeoutMs, 1, TIMEOUT_MS_MAX)
  checkChoice('whenFull', whenFull)
  checkChoice('whenDisconnected', whenDisconnected)
  return Object.freeze({
    transport: options.transport ?? tcpTransport(target?.isEncrypted ? { tls: {}, ...options } : options),
    via,
    introduction: { clientId: systemRandomBytes(CLIENT_ID_BYTES), credentials },
    connectTimeoutMs,
    framesInFlightMax,
    queueBytesMax,
    whenFull,
    timeoutMs,
    waitsForConnection: whenDisconnected === 'wait',
    resendUnknownWrites,
    clock: options.clock ?? systemClock,
    random: options.random ?? seededRandom(readU32(systemRandomBytes(4), 0)),
  })
}

/** @internal */
export function checkTimeout(timeoutMs: number): void {
  checkRange('timeoutMs', timeoutMs, 1, TIMEOUT_MS_MAX)
}

function checkChoice(name: string, value: string): void {
  if (value === 'wait' || value === 'fail') return
  throw new SluiceError('INVALID_ARGUMENT', `${name} must be wait or fail, not ${value}`)
}

function checkRange(name: string, value: number, min: number, max: number): void {
  if (Number.isInteger(value) && value >= min && value <= max) return
  throw new SluiceError('INVALID_ARGUMENT', `${name} must be an integer from ${min} to ${max}, not ${value}`)
}
