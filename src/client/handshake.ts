// The first exchange on a channel: our hello, the server's answer. Afterwards the channel belongs to whoever
// attaches to the greeting, who first gets the bytes that arrived behind the answer.

import {
  AnswerDecoder,
  encodeHello,
  type HelloAnswer,
  PROTOCOL_VERSION,
  REFUSAL_CONNECTIONS,
  REFUSAL_DRAINING,
  REFUSAL_NAMES,
  REFUSAL_NONE,
} from '../protocol/hello.ts'
import { FRAME_BYTES_MAX, KEY_BYTES_MAX, VALUE_BYTES_MAX } from '../protocol/limits.ts'
import type { ByteChannelHandler } from '../util/byte-channel.ts'
import { SluiceError } from '../util/errors.ts'
import { serverError } from './server-error.ts'
import type { ClientChannel } from './transport.ts'

/** What a client says of itself. */
export interface Introduction {
  /** 16 random bytes, the same on all connections of one client. */
  readonly clientId: Uint8Array
  /** Empty where the server wants none. */
  readonly credentials: Uint8Array
}

/** A channel whose server has accepted the client. It delivers nothing until someone attaches. */
export interface Greeting {
  readonly channel: ClientChannel
  readonly answer: HelloAnswer
  /** Hands the channel over; called once. A channel that closed meanwhile says so then. */
  attach(handler: ByteChannelHandler): void
}

/**
 * Introduces the client to the server at the other end. Rejects with REFUSED, PROTOCOL, CONNECT_FAILED, or the reason
 * of the signal; the channel is destroyed then.
 */
export async function shakeHands(
  channel: ClientChannel,
  introduction: Introduction,
  signal: AbortSignal,
): Promise<Greeting> {
  const handshake = new Handshake(channel)
  const abort = (): void => handshake.fail(signal.reason)
  signal.addEventListener('abort', abort)
  try {
    if (signal.aborted) abort()
    channel.open(handshake)
    channel.write([helloOf(introduction)])
    return await handshake.greeting
  } catch (error) {
    channel.destroy()
    throw error
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

class Handshake implements ByteChannelHandler {
  readonly greeting: Promise<Greeting>
  readonly #channel: ClientChannel
  readonly #decoder = new AnswerDecoder()
  #resolve: (greeting: Greeting) => void = () => {}
  #reject: (error: unknown) => void = () => {}
  #isAnswered = false
  #heir: ByteChannelHandler | undefined
  #closed: { readonly error: Error | undefined } | undefined

  constructor(channel: ClientChannel) {
    this.#channel = channel
    this.greeting = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
  }

  fail(error: unknown): void {
    this.#reject(error)
  }

  onBytes(chunk: Uint8Array): void {
    if (this.#heir !== undefined) {
      this.#heir.onBytes(chunk)
      return
    }
    try {
      const answer = this.#decoder.push(chunk)
      if (this.#decoder.error !== undefined) throw serverError(this.#decoder.error, 'CONNECT_FAILED')
      if (answer === undefined || this.#isAnswered) return
      checkAnswer(answer)
      this.#isAnswered = true
      this.#channel.pause()
      this.#resolve({ channel: this.#channel, answer, attach: (handler) => this.#attach(handler) })
    } catch (error) {
      this.#reject(error)
    }
  }

  onDrain(): void {
    this.#heir?.onDrain()
  }

  onClose(error: Error | undefined): void {
    this.#closed = { error }
    this.#heir?.onClose(error)
    this.#reject(
      new SluiceError('CONNECT_FAILED', 'the server closed the connection before it answered', { cause: error }),
    )
  }

  #attach(handler: ByteChannelHandler): void {
    this.#heir = handler
    const { rest } = this.#decoder
    if (rest.length > 0) handler.onBytes(rest)
    if (this.#closed !== undefined) handler.onClose(this.#closed.error)
    else this.#channel.resume()
  }
}

function helloOf({ clientId, credentials }: Introduction): Uint8Array {
  return encodeHello({
    versionMin: PROTOCOL_VERSION,
    versionMax: PROTOCOL_VERSION,
    requiredFeatures: 0,
    optionalFeatures: 0,
    clientId,
    frameBytesMax: FRAME_BYTES_MAX,
    credentials,
  })
}

/** Throws REFUSED, or CONNECT_FAILED where a later attempt may do, unless the server accepted the client and takes what the client may send. */
function checkAnswer(answer: HelloAnswer): void {
  if (answer.refusal !== REFUSAL_NONE) {
    const why = REFUSAL_NAMES[answer.refusal] ?? answer.refusal
    // These two pass: the server has too many connections for the moment, or is about to stop.
    const isPassing = answer.refusal === REFUSAL_CONNECTIONS || answer.refusal === REFUSAL_DRAINING
    throw new SluiceError(isPassing ? 'CONNECT_FAILED' : 'REFUSED', `the server refused the connection: ${why}`)
  }
  if (answer.version !== PROTOCOL_VERSION) {
    throw new SluiceError('PROTOCOL', `the server chose version ${answer.version}, which it was not offered`)
  }
  if (
    answer.frameBytesMax < FRAME_BYTES_MAX ||
    answer.keyBytesMax < KEY_BYTES_MAX ||
    answer.valueBytesMax < VALUE_BYTES_MAX ||
    answer.frameOpsMax < 1
  ) {
    throw new SluiceError('REFUSED', 'the server takes smaller frames, keys or values than this client may send')
  }
}
