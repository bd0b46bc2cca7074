// One TCP connection on which blocks are pipelined: each is one write, and the replies come in the order of the operations.
// What it shares with a driver is the codec, which knows the protocol and no socket.
//
// Whatever is written, the socket is read all the time: a block larger than both socket buffers cannot make client and
// server wait for each other. How many blocks are under way is the caller's business.

import { connect, type Socket } from 'node:net'
import { parseAddress } from '../../client/address.ts'
import { protocolError } from '../../protocol/protocol-error.ts'
import { systemClock } from '../../util/clock.ts'
import { SluiceError } from '../../util/errors.ts'
import type { GrowingBytes } from '../../util/growing-bytes.ts'
import { withTimeLimit } from '../../util/time-limit.ts'
import type { OperationBlock } from '../workload/workload.ts'
import { BlockResults } from './block-results.ts'
import type { DrivenResults } from './driver.ts'
import { ReceiveMemory } from './receive-memory.ts'

/** Milliseconds until connecting is given up. */
const CONNECT_MS_MAX = 10_000

/** Writers that wait to be used again; blocks under way are few. */
const FREE_WRITERS_MAX = 16

/** What is known of the protocol. */
export interface PipelineCodec<Writer extends GrowingBytes> {
  /** Bytes pushed that belong to no reply that was read. */
  readonly bufferedBytes: number
  /** Makes a writer for `encode`. */
  openWriter(): Writer
  /** Appends the requests of a block. */
  encode(block: OperationBlock, writer: Writer): void
  /** Takes what arrived. */
  push(chunk: Uint8Array): void
  /** Fills the results as far as replies are there; true when they are complete. Throws when the connection is lost. */
  read(results: BlockResults): boolean
}

interface PendingBlock {
  readonly results: BlockResults
  resolve(results: DrivenResults): void
  reject(error: Error): void
}

/** A connection with blocks under way. */
export class Pipeline<Writer extends GrowingBytes> {
  readonly #socket: Socket
  readonly #codec: PipelineCodec<Writer>
  readonly #memory = new ReceiveMemory()
  readonly #name: string
  readonly #pending: PendingBlock[] = []
  readonly #freeResults: BlockResults[] = []
  readonly #freeWriters: Writer[] = []
  #failure: SluiceError | undefined
  #whenIdle: (() => void) | undefined
  #closing: Promise<void> | undefined

  /** Connects to `host:port`. Rejects with CONNECT_FAILED. `name` stands in messages. */
  static async connect<Writer extends GrowingBytes>(
    address: string,
    codec: PipelineCodec<Writer>,
    name: string,
  ): Promise<Pipeline<Writer>> {
    const pipeline = new Pipeline(address, codec, name)
    try {
      await withTimeLimit(systemClock, CONNECT_MS_MAX, connected(pipeline.#socket))
    } catch (cause) {
      pipeline.#socket.destroy()
      const reason = cause instanceof Error ? cause.message : String(cause)
      throw new SluiceError('CONNECT_FAILED', `${pipeline.#name} cannot be connected: ${reason}`, { cause })
    }
    return pipeline
  }

  private constructor(address: string, codec: PipelineCodec<Writer>, name: string) {
    const { host, port } = parseAddress(address)
    const memory = this.#memory
    this.#codec = codec
    this.#name = `${name} at ${address}`
    this.#socket = connect({
      host,
      port,
      noDelay: true,
      onread: {
        buffer: () => memory.room(),
        callback: (bytes) => {
          this.#receive(memory.filled(bytes))
          return true
        },
      },
    })
    this.#socket.on('error', (error) => this.#fail(this.#lost(error.message, error)))
    this.#socket.on('close', () => this.#fail(this.#lost('the server closed it')))
  }

  get bytesSent(): number {
    return this.#socket.bytesWritten
  }

  get bytesReceived(): number {
    return this.#socket.bytesRead
  }

  /** As the driver's. */
  execute(block: OperationBlock): Promise<DrivenResults> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    return new Promise((resolve, reject) => {
      const writer = this.#freeWriters.pop() ?? this.#codec.openWriter()
      writer.clear()
      this.#codec.encode(block, writer)
      const results = this.#freeResults.pop() ?? new BlockResults(this.#memory, this.#keepResults)
      results.open(block)
      if (block.count === 0) {
        resolve(results)
        return
      }
      this.#pending.push({ results, resolve, reject })
      this.#socket.write(writer.written, () => {
        if (this.#freeWriters.length < FREE_WRITERS_MAX) this.#freeWriters.push(writer)
      })
    })
  }

  /** Ends the connection when all is answered. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    if (this.#pending.length > 0) {
      await new Promise<void>((resolve) => {
        this.#whenIdle = resolve
      })
    }
    this.#fail(new SluiceError('CLOSED', `the connection to ${this.#name} was closed before the call`))
  }

  readonly #keepResults = (results: BlockResults): void => {
    this.#freeResults.push(results)
  }

  #receive(chunk: Uint8Array): void {
    if (this.#failure !== undefined) return
    try {
      this.#codec.push(chunk)
      this.#answer()
    } catch (error) {
      this.#fail(error instanceof SluiceError ? error : this.#lost(String(error), error))
    }
    this.#memory.drained()
  }

  /** Settles the blocks whose replies are all there. */
  #answer(): void {
    for (;;) {
      const block = this.#pending[0]
      if (block === undefined) break
      if (!this.#codec.read(block.results)) return
      this.#pending.shift()
      const { error } = block.results
      if (error === undefined) {
        block.resolve(block.results)
      } else {
        block.results.release()
        block.reject(new SluiceError('NOT_EXECUTED', `${this.#name} answered: ${error}`))
      }
    }
    if (this.#codec.bufferedBytes > 0) throw protocolError(`${this.#name} answered more than it was asked`)
    this.#whenIdle?.()
  }

  #lost(reason: string, cause?: unknown): SluiceError {
    return new SluiceError('DISCONNECTED', `the connection to ${this.#name} was lost: ${reason}`, {
      cause,
      fate: 'unknown',
    })
  }

  /** The first call decides; the connection is over. */
  #fail(error: SluiceError): void {
    if (this.#failure !== undefined) return
    this.#failure = error
    this.#socket.destroy()
    for (const { reject } of this.#pending.splice(0)) reject(error)
    this.#whenIdle?.()
  }
}

function connected(socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('error', reject)
  })
}
