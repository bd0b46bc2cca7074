// What hello and answer have in common: magic, then the whole message's bytes as a u16.

import { readU16, writeU16 } from '../util/bytes.ts'
import { protocolError } from './protocol-error.ts'

/** The first bytes of both messages. Already the first one is none that a Redis client starts with. */
export const MAGIC = [0xd3, 0x53, 0x4c, 0x43] as const

/** Bytes of the magic and the length. */
const PREAMBLE_BYTES = 6

/** Writes magic and length over the start of a whole message. */
export function writePreamble(message: Uint8Array): void {
  message.set(MAGIC)
  writeU16(message, MAGIC.length, message.length)
}

/** Throws PROTOCOL unless `message` is a whole message by its magic and length. */
export function checkPreamble(message: Uint8Array, bytesMin: number, bytesMax: number): void {
  checkMagic(message, message.length)
  if (message.length < bytesMin || readU16(message, MAGIC.length) !== message.length) {
    throw protocolError('a handshake message is shorter or longer than it says')
  }
  if (message.length > bytesMax) throw protocolError('a handshake message is too long')
}

/**
 * Collects one message from the head of a stream. Holds at most `bytesMax` bytes, and no chunk: a handshake is small
 * and rare, so its bytes are always copied.
 */
export class PreambleDecoder {
  /** Once the message is complete: the bytes behind it. */
  rest: Uint8Array = new Uint8Array(0)

  readonly #bytesMin: number
  readonly #bytesMax: number
  #message = new Uint8Array(PREAMBLE_BYTES)
  #bytesHeld = 0

  constructor(bytesMin: number, bytesMax: number) {
    this.#bytesMin = bytesMin
    this.#bytesMax = bytesMax
  }

  /**
   * The whole message once it is complete, undefined before. Throws PROTOCOL at the first byte that cannot be right,
   * and ever after.
   */
  push(chunk: Uint8Array): Uint8Array | undefined {
    let taken = this.#take(chunk, 0)
    if (this.#bytesHeld < PREAMBLE_BYTES) return undefined
    if (this.#message.length === PREAMBLE_BYTES) this.#openMessage()
    taken = this.#take(chunk, taken)
    if (this.#bytesHeld < this.#message.length) return undefined
    this.rest = chunk.subarray(taken)
    return this.#message
  }

  /** Copies from the chunk's position `from` what still has room, and returns the position behind that. */
  #take(chunk: Uint8Array, from: number): number {
    const end = Math.min(chunk.length, from + this.#message.length - this.#bytesHeld)
    this.#message.set(chunk.subarray(from, end), this.#bytesHeld)
    this.#bytesHeld += end - from
    checkMagic(this.#message, this.#bytesHeld)
    return end
  }

  #openMessage(): void {
    const messageBytes = readU16(this.#message, MAGIC.length)
    if (messageBytes < this.#bytesMin || messageBytes > this.#bytesMax) {
      throw protocolError(`a handshake message says it has ${messageBytes} bytes`)
    }
    const message = new Uint8Array(messageBytes)
    message.set(this.#message)
    this.#message = message
  }
}

/** Throws PROTOCOL when one of the first `bytesHeld` bytes differs from the magic that should be there. */
function checkMagic(message: Uint8Array, bytesHeld: number): void {
  for (let at = 0; at < Math.min(bytesHeld, MAGIC.length); at++) {
    if (message[at] !== MAGIC[at]) throw protocolError('the peer does not speak this protocol')
  }
}
