// Messages as lines of JSON: how a benchmark and its agents talk over standard streams.
//
// A line is split at the byte 10, which no other character of UTF-8 contains, and decoded only when it is whole: chunks may
// end anywhere. Lines are bounded, since a remote shell may print whatever it likes.

import { assert } from '../../util/assert.ts'
import { SluiceError } from '../../util/errors.ts'

/** Bytes of one line: the topology of some thousand shards fits, as do the latencies of every kind. */
const LINE_BYTES_MAX = 4 * 1024 * 1024

const LINE_FEED = 10

/** Takes lines out of chunks. Dead after a line that is too long. */
export class LineDecoder {
  readonly #lineBytesMax: number
  #pending: Uint8Array[] = []
  #pendingBytes = 0
  #lines: string[] = []
  #isDead = false

  constructor(lineBytesMax: number = LINE_BYTES_MAX) {
    this.#lineBytesMax = lineBytesMax
  }

  /** Takes what arrived; the chunk is not changed later. Throws PROTOCOL when a line is too long. */
  push(chunk: Uint8Array): void {
    assert(!this.#isDead, 'a decoder is dead after an error')
    let start = 0
    for (let end = chunk.indexOf(LINE_FEED); end !== -1; end = chunk.indexOf(LINE_FEED, start)) {
      this.#hold(chunk.subarray(start, end))
      this.#lines.push(Buffer.concat(this.#pending).toString('utf8'))
      this.#pending = []
      this.#pendingBytes = 0
      start = end + 1
    }
    if (start < chunk.length) this.#hold(chunk.subarray(start))
  }

  /** The next whole line, without its end; undefined when there is none yet. */
  next(): string | undefined {
    return this.#lines.shift()
  }

  #hold(part: Uint8Array): void {
    this.#pendingBytes += part.length
    if (this.#pendingBytes > this.#lineBytesMax) {
      this.#isDead = true
      throw new SluiceError('PROTOCOL', `a line is longer than ${this.#lineBytesMax} bytes`)
    }
    this.#pending.push(part)
  }
}

/** The message as a line with its end. */
export function encodeLine(message: object, lineBytesMax: number = LINE_BYTES_MAX): string {
  const text = JSON.stringify(message)
  // A character has at most three bytes of UTF-8 for each unit of the string; exact only where it matters.
  const isShort = text.length * 3 <= lineBytesMax || Buffer.byteLength(text) <= lineBytesMax
  assert(isShort, 'a message fits a line')
  return `${text}\n`
}

/** The message that a line holds. Throws PROTOCOL when it is no object of JSON. */
export function parseLine(line: string): Readonly<Record<string, unknown>> {
  let message: unknown
  try {
    message = JSON.parse(line)
  } catch {
    message = undefined
  }
  if (typeof message === 'object' && message !== null && !Array.isArray(message)) return { ...message }
  throw new SluiceError('PROTOCOL', `no message, but ${JSON.stringify(line.slice(0, 200))}`)
}
