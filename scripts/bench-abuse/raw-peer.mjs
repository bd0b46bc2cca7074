// A client that speaks the protocol by hand on one socket, well or badly. Frames are for the first shard of the thread
// that answers.

import { connect } from 'node:net'
import {
  AnswerDecoder,
  encodeHello,
  FRAME_BYTES_MAX,
  FRAME_HEADER_BYTES,
  FrameDecoder,
  KIND_OPERATIONS,
  KIND_OPERATIONS_REPLY,
  OPERATIONS_START,
  readResults,
  SECTION_HEADER_BYTES,
  SectionReader,
  SectionWriter,
  writeFrameHeader,
  writeRequestSectionHeader,
} from '../../dist/protocol/index.js'

/**
 * @typedef {object} RawReply
 * @property {number} outcome of its one section
 * @property {number} resultCount
 * @property {number} bytes of the results
 * @property {Uint8Array} statuses
 * @property {(index: number) => Uint8Array} value bytes of a result, a view
 */

/** A good hello without credentials. */
export const HELLO = encodeHello({
  versionMin: 1,
  versionMax: 1,
  requiredFeatures: 0,
  optionalFeatures: 0,
  clientId: new Uint8Array(16),
  frameBytesMax: FRAME_BYTES_MAX,
  credentials: new Uint8Array(0),
})

/** One connection. Requests are answered in order; a reply that nobody waits for is kept. */
export class RawPeer {
  /** @type {import('node:net').Socket} */
  socket
  /** Resolves when the socket is closed, by whomever. */
  closed
  isClosed = false
  #answers = new AnswerDecoder()
  /** @type {import('../../dist/protocol/index.js').HelloAnswer | undefined} */
  #answer
  #frames = new FrameDecoder({ frameBytesMax: FRAME_BYTES_MAX })
  #sections = new SectionReader()
  #sequence = 0
  /** @type {RawReply[]} */
  #replies = []
  /** @type {() => void} */
  #wake = () => {}

  /** @param {number} port of the loopback interface */
  constructor(port) {
    this.socket = connect({ port, host: '127.0.0.1', noDelay: true })
    // What ends a connection is seen by its close.
    this.socket.on('error', () => {})
    this.socket.on('data', (chunk) => this.#take(chunk))
    this.closed = new Promise((resolve) => {
      this.socket.once('close', () => {
        this.isClosed = true
        this.#wake()
        resolve(undefined)
      })
    })
  }

  /**
   * Connects and says hello.
   * @param {number} port
   * @returns {Promise<RawPeer>}
   */
  static async open(port) {
    const peer = new RawPeer(port)
    peer.socket.write(HELLO)
    await peer.introduced()
    return peer
  }

  /** Resolves when the server has answered the hello. */
  async introduced() {
    await this.#until(() => this.#answer !== undefined)
    if (this.#answer?.refusal !== 0) throw new Error(`the server refused the connection: ${this.#answer?.refusal}`)
  }

  /**
   * A frame with one section.
   * @param {Uint8Array} operations
   * @param {number} operationCount
   * @param {number} [flags]
   * @returns {Buffer}
   */
  frame(operations, operationCount, flags = 0) {
    const owned = this.#answer?.shards[0]
    if (owned === undefined) throw new Error('the thread has no shard')
    const bytes = Buffer.allocUnsafe(FRAME_HEADER_BYTES + SECTION_HEADER_BYTES + operations.length)
    writeFrameHeader(bytes, 0, bytes.length, KIND_OPERATIONS, flags, 1, ++this.#sequence)
    writeRequestSectionHeader(bytes, FRAME_HEADER_BYTES, operations.length, operationCount, owned.view, owned.shard, 0)
    bytes.set(operations, FRAME_HEADER_BYTES + SECTION_HEADER_BYTES)
    return bytes
  }

  /**
   * Sends a frame and waits for the next reply.
   * @param {Uint8Array} operations
   * @param {number} operationCount
   * @param {number} [flags]
   * @returns {Promise<RawReply>}
   */
  request(operations, operationCount, flags = 0) {
    this.socket.write(this.frame(operations, operationCount, flags))
    return this.reply()
  }

  /**
   * The next reply.
   * @returns {Promise<RawReply>}
   */
  async reply() {
    await this.#until(() => this.#replies.length > 0)
    return /** @type {RawReply} */ (this.#replies.shift())
  }

  /** Closes at once. */
  destroy() {
    this.socket.destroy()
    return this.closed
  }

  /** @param {() => boolean} isTrue */
  async #until(isTrue) {
    while (!isTrue()) {
      if (this.isClosed) throw new Error('the connection was closed')
      await new Promise((resolve) => {
        this.#wake = () => resolve(undefined)
      })
    }
  }

  /** @param {Uint8Array} chunk */
  #take(chunk) {
    if (this.#answer === undefined) {
      this.#answer = this.#answers.push(chunk)
      if (this.#answer !== undefined) this.#frames.push(this.#answers.rest)
    } else this.#frames.push(chunk)
    while (this.#frames.next()) if (this.#frames.kind === KIND_OPERATIONS_REPLY) this.#replies.push(this.#read())
    this.#wake()
  }

  /** @returns {RawReply} */
  #read() {
    const { bytes, start, end, sectionCount } = this.#frames
    const section = this.#sections
    section.openReply(bytes, start, end, sectionCount)
    section.next()
    const { outcome, resultCount } = section
    const statuses = new Uint8Array(resultCount)
    const starts = new Uint32Array(resultCount)
    const lengths = new Uint32Array(resultCount)
    readResults(bytes, section.start, section.end, resultCount, { statuses, starts, lengths }, 0)
    /** @param {number} index */
    const value = (index) => bytes.subarray(starts[index], starts[index] + lengths[index])
    return { outcome, resultCount, bytes: section.end - section.start, statuses, value }
  }
}

/**
 * Operations as the bytes of a section.
 * @param {(writer: SectionWriter) => void} append
 * @returns {Uint8Array}
 */
export function encoded(append) {
  const writer = new SectionWriter()
  append(writer)
  return writer.buffer.slice(OPERATIONS_START, writer.end)
}
