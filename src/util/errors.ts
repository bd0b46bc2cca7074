// One error class, one table of codes. `docs/ERRORS.md` lists the same codes; a test compares them.

/**
 * What is known of the operations that an error speaks for:
 * `done`: they took effect; `not-done`: they did not and never will; `unknown`: a request may have left and no reply
 * came.
 */
export type Fate = 'done' | 'not-done' | 'unknown'

/** Every code: what it means, and whether the same call may succeed later without a change on the caller's side. */
export const ERROR_CODES = {
  INVALID_ARGUMENT: { retryable: false, meaning: 'An argument is missing, malformed or outside its limits.' },
  KEY_TOO_LARGE: { retryable: false, meaning: 'A key is empty or larger than `keyBytesMax`.' },
  VALUE_TOO_LARGE: { retryable: false, meaning: 'A value is larger than `valueBytesMax`.' },
  CONNECT_FAILED: {
    retryable: true,
    meaning: 'No address could be connected, or the handshake did not finish in time.',
  },
  REFUSED: { retryable: false, meaning: 'The server refused the handshake; the message says why.' },
  PROTOCOL: { retryable: false, meaning: 'The peer sent bytes that the protocol does not allow.' },
  DISCONNECTED: { retryable: true, meaning: 'The connection was lost; `fate` says what is known of the operation.' },
  TIMEOUT: {
    retryable: true,
    meaning: 'No reply came within the time limit; `fate` says what is known of the operation.',
  },
  CANCELLED: {
    retryable: true,
    meaning: "The caller's signal aborted the call; `fate` says what is known of the operation.",
  },
  QUEUE_FULL: {
    retryable: true,
    meaning: 'The queue to a server holds `queueBytesMax` bytes, and the client was told not to wait.',
  },
  NOT_EXECUTED: {
    retryable: true,
    meaning: 'The server refused the operation and it did not take effect; the message says why.',
  },
  NO_MEMORY: {
    retryable: true,
    meaning: 'The shard is at its memory limit, or has no room for so large a value; the write did not take effect.',
  },
  NOT_A_NUMBER: { retryable: false, meaning: 'The value to add to is no decimal integer of 64 bits.' },
  OVERFLOW: { retryable: false, meaning: 'The sum would pass 64 bits; nothing was added.' },
  ABORTED: { retryable: true, meaning: 'Another operation of an atomic batch kept all of it from taking effect.' },
  CLOSED: { retryable: false, meaning: 'The client, server or engine was closed before the call.' },
  LISTEN_FAILED: { retryable: false, meaning: 'The server could not listen on the address.' },
  THREAD_FAILED: { retryable: false, meaning: 'A shard thread ended unexpectedly.' },
} as const

/** A stable error code. */
export type ErrorCode = keyof typeof ERROR_CODES

/** Every error that Sluice's public API throws or rejects with. */
export class SluiceError extends Error {
  override readonly name = 'SluiceError'
  /** Stable; branch on this, not on the message. */
  readonly code: ErrorCode
  /** What is known of the operation. */
  readonly fate: Fate

  constructor(code: ErrorCode, message: string, options: { readonly cause?: unknown; readonly fate?: Fate } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.fate = options.fate ?? 'not-done'
  }

  /** Whether the same call may succeed later. Only safe for a write whose `fate` is `not-done`. */
  get retryable(): boolean {
    return ERROR_CODES[this.code].retryable
  }
}
