// Every bound of a server, with its unit and its reason. What a connection may cost is bounded by
//
//   input    one partial frame (at most FRAME_BYTES_MAX, and only a few connections at once beyond
//            `partialBytesMax`), and what one read brought while its frames wait
//   output   `slabsPerConnectionMax` slabs and `heldBytesMax` bytes, and one frame's reply beyond them
//   time     every state that waits for the peer has a limit, checked by the sweep
//
//   forward  `mailboxBytesMax` of requests for each other thread, and `forwardedReplyBytesMax` of their replies
//
// and what all of them may cost by
//
//   input    `inputBytesMax`: 576.5 MiB by default
//   output   the slabs, and `heldBytesOfAllMax`
//
// Reply slabs are shared by all connections of a shard. A frame is executed only while `frameSlabsMax` of them are
// free, so that no reply ever stops half-way for want of one. A reply that would leave fewer is sent from copies while
// `heldBytesOfAllMax` allows them: readers that do not read hold up nobody else before that is used up.

import { FRAME_BYTES_MAX, HELLO_BYTES_MAX, REPLY_BYTES_MAX } from '../protocol/limits.ts'
import { assert } from '../util/assert.ts'
import { SluiceError } from '../util/errors.ts'

/** Bytes that a socket brings at once: what Node gives one read. */
export const READ_BYTES_MAX = 64 * 1024

/** Bytes of one write to a channel: a slab returns when its write is done, so smaller writes return slabs sooner. */
export const WRITE_BYTES_TARGET = 1024 * 1024

/** Replies of one read up to this many bytes are copied out of their slab: a slow reader of few bytes holds no slab. */
export const COPIED_REPLY_BYTES_MAX = 16 * 1024

/**
 * What a write costs beside its bytes while its channel holds it: without this, many tiny ones would cost unseen
 * memory.
 */
export const WRITE_COST_BYTES = 512

/** Connections beyond the limit that are still told so; further ones are closed without a word. */
export const REFUSED_CONNECTIONS_MAX = 64

/** Slabs that one frame's reply may take of one shard: its results, and one for the headers and the ragged ends. */
export function frameSlabsMax(slabBytes: number): number {
  return Math.ceil(REPLY_BYTES_MAX / slabBytes) + 1
}

/** The limits of one shard thread. Zero is allowed nowhere. */
export interface ServerLimits {
  /** Connections open at once. Default 1024. */
  readonly connectionsMax: number
  /** Connections that have not said a whole hello yet; further ones are closed without a word. Default 256. */
  readonly strangersMax: number
  /** Milliseconds from the connection's start to its whole hello. Default 5,000. */
  readonly handshakeMs: number
  /**
   * Milliseconds without any progress after which a reader that does not take its replies is closed. Default 30,000.
   */
  readonly slowReaderMs: number
  /** The same while other connections wait for the slabs that it holds. Default 1,000. */
  readonly slowReaderStarvingMs: number
  /** Slabs that a connection's replies hold before its frames wait. Default 32. */
  readonly slabsPerConnectionMax: number
  /**
   * Reply bytes that a connection's channel has not released, with WRITE_COST_BYTES for each write, before its frames
   * wait. Default 1 MiB.
   */
  readonly heldBytesMax: number
  /**
   * The same over all connections of the thread: beyond it a connection executes further frames only when it has nothing
   * unreleased itself. Default 256 MiB.
   */
  readonly heldBytesOfAllMax: number
  /** Bytes of an incomplete frame up to which a connection needs no place among the large ones. Default 256 KiB. */
  readonly partialBytesMax: number
  /** Connections that may hold a larger incomplete frame at once; the others pause, in order. Default 16. */
  readonly largeFramesMax: number
  /** Milliseconds that a larger incomplete frame may take to arrive once it has its place. Default 30,000. */
  readonly largeFrameMs: number
  /**
   * Milliseconds without a byte from the client after which a connection that owes it nothing is closed. Default 86,400,000,
   * a day: a pool of idle connections is no fault, and peers that are gone are found by TCP's keep-alive.
   */
  readonly idleMs: number
  /** Milliseconds for which a connection that was ended lingers, so that its last bytes arrive. Default 1,000. */
  readonly lingerMs: number
  /** Milliseconds of silence after which a draining connection is ended. Default 100. */
  readonly drainQuietMs: number
  /**
   * Bytes of operations that one thread has sent to one other thread of its node and that are not answered yet: beyond
   * them, the connections that they came from wait. One message always fits. Default 32 MiB.
   */
  readonly mailboxBytesMax: number
  /**
   * Bytes of replies to frames that other threads of the node had a part in, until their channels have released them;
   * a frame under way counts with the largest reply that its client takes. Beyond them such frames wait; one always
   * fits. Default 256 MiB.
   */
  readonly forwardedReplyBytesMax: number
  /** Milliseconds between two checks of the time limits, which therefore strike up to this much late. Default 100. */
  readonly sweepMs: number
}

export const SERVER_LIMITS: ServerLimits = Object.freeze({
  connectionsMax: 1024,
  strangersMax: 256,
  handshakeMs: 5_000,
  slowReaderMs: 30_000,
  slowReaderStarvingMs: 1_000,
  slabsPerConnectionMax: 32,
  heldBytesMax: 1024 * 1024,
  heldBytesOfAllMax: 256 * 1024 * 1024,
  partialBytesMax: 256 * 1024,
  largeFramesMax: 16,
  largeFrameMs: 30_000,
  idleMs: 86_400_000,
  lingerMs: 1_000,
  drainQuietMs: 100,
  mailboxBytesMax: 32 * 1024 * 1024,
  forwardedReplyBytesMax: 256 * 1024 * 1024,
  sweepMs: 100,
})

/**
 * The default limits with the given ones in their place.
 * Throws INVALID_ARGUMENT, whose message begins with `limits`, when one is not a positive integer, or when two contradict
 * each other.
 */
export function resolveLimits(given: Partial<ServerLimits> = {}): ServerLimits {
  const limits = { ...SERVER_LIMITS, ...given }
  for (const [name, value] of Object.entries(limits)) {
    if (!Object.hasOwn(SERVER_LIMITS, name)) throw invalid(`${name} is not a limit`)
    if (!Number.isSafeInteger(value) || value < 1) throw invalid(`${name} must be a positive integer, not ${value}`)
  }
  if (limits.heldBytesMax > limits.heldBytesOfAllMax) throw invalid('heldBytesMax exceeds heldBytesOfAllMax')
  if (limits.slowReaderStarvingMs > limits.slowReaderMs) throw invalid('slowReaderStarvingMs exceeds slowReaderMs')
  return Object.freeze(limits)
}

/**
 * Bytes that all connections of a thread hold of what they have received, at most (`inbox.ts` says why):
 *
 *   open connections    `partialBytesMax`, and the read that passed it or behind which frames wait
 *   large frames        one whole frame in each place
 *   strangers           a hello
 *
 * Refused connections have no frames. The memory behind it is at most twice as much, since an incomplete frame lies in
 * an array with room for what is still to come; Node may have read once more for a socket that is paused. All this is
 * of sockets: a channel in memory brings whole writes, which the same process made.
 */
export function inputBytesMax(limits: ServerLimits): number {
  const { connectionsMax, partialBytesMax, largeFramesMax, strangersMax } = limits
  const openBytes = connectionsMax * (partialBytesMax + READ_BYTES_MAX)
  return openBytes + largeFramesMax * FRAME_BYTES_MAX + strangersMax * HELLO_BYTES_MAX
}

function invalid(message: string): SluiceError {
  return new SluiceError('INVALID_ARGUMENT', `limits.${message}`)
}

assert(READ_BYTES_MAX <= SERVER_LIMITS.partialBytesMax, 'what one read brings needs no place for large frames')
assert(inputBytesMax(SERVER_LIMITS) === 576.5 * 1024 * 1024, 'the documents say so')
assert(COPIED_REPLY_BYTES_MAX < WRITE_BYTES_TARGET, 'copied replies are the small ones')
