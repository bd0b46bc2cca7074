// Memcached: each operation is a request with one key, and a block is pipelined. Several keys in one `get` would be a
// batch that the other systems do not get for single reads.
//
// The dialects differ by far in what they cost the server: memcached 1.6.18 answers every text `get` with a system call of
// its own (counted: 5,000 for 5,000 that were pipelined), and 20 meta commands with one. So text commands show how most
// programs use it, and meta commands what it can do.

import { STATUS_MISSING, STATUS_NUMBER, STATUS_OK, STATUS_UNMET, STATUS_VALUE } from '../../protocol/codes.ts'
import { protocolError } from '../../protocol/protocol-error.ts'
import { SluiceError } from '../../util/errors.ts'
import { KIND_ADD, KIND_DELETE, KIND_INCREMENT, KIND_READ, KIND_READ_MODIFY_WRITE } from '../workload/kinds.ts'
import type { ValueTable } from '../workload/values.ts'
import type { OperationBlock } from '../workload/workload.ts'
import type { BlockResults } from './block-results.ts'
import type { DrivenResults, Driver } from './driver.ts'
import {
  MEMCACHED_CLIENT_ERROR,
  MEMCACHED_DELETED,
  MEMCACHED_MISS,
  MEMCACHED_NOT_FOUND,
  MEMCACHED_NOT_STORED,
  MEMCACHED_NUMBER,
  MEMCACHED_SERVER_ERROR,
  MEMCACHED_STORED,
  MEMCACHED_VALUE,
  MemcachedDecoder,
  type MemcachedDecoderLimits,
} from './memcached-decoder.ts'
import { type MemcachedDialect, MemcachedWriter } from './memcached-writer.ts'
import { Pipeline, type PipelineCodec } from './pipeline.ts'

/** Bytes of a buffer for requests to begin with. */
const WRITER_BYTES = 64 * 1024

/** Memcached's largest item has a gibibyte. */
const LIMITS: MemcachedDecoderLimits = { lineBytesMax: 2_048, valueBytesMax: 2 ** 30 }

const NO_VALUE = new Uint8Array(0)

/** Drives a server over one connection. */
export class MemcachedDriver implements Driver {
  readonly #pipeline: Pipeline<MemcachedWriter>

  /**
   * @param address `host:port`. Rejects with CONNECT_FAILED.
   * @param dialect Which commands, default the text ones.
   */
  static async open(address: string, values: ValueTable, dialect: MemcachedDialect = 'text'): Promise<MemcachedDriver> {
    return new MemcachedDriver(await Pipeline.connect(address, new MemcachedCodec(values, dialect), 'memcached'))
  }

  private constructor(pipeline: Pipeline<MemcachedWriter>) {
    this.#pipeline = pipeline
  }

  get bytesSent(): number {
    return this.#pipeline.bytesSent
  }

  get bytesReceived(): number {
    return this.#pipeline.bytesReceived
  }

  execute(block: OperationBlock): Promise<DrivenResults> {
    return this.#pipeline.execute(block)
  }

  close(): Promise<void> {
    return this.#pipeline.close()
  }
}

class MemcachedCodec implements PipelineCodec<MemcachedWriter> {
  readonly #values: ValueTable
  readonly #dialect: MemcachedDialect
  readonly #decoder = new MemcachedDecoder(LIMITS)

  constructor(values: ValueTable, dialect: MemcachedDialect) {
    this.#values = values
    this.#dialect = dialect
  }

  get bufferedBytes(): number {
    return this.#decoder.bufferedBytes
  }

  openWriter(): MemcachedWriter {
    return new MemcachedWriter(this.#dialect, WRITER_BYTES)
  }

  /** Hot: runs for every operation. */
  encode(block: OperationBlock, writer: MemcachedWriter): void {
    const { keys, keyStrideBytes, keyLengths, ranks, kinds, count } = block
    let keyEnd = 0
    for (let index = 0; index < count; index++) {
      keyEnd += keyStrideBytes
      const keyStart = keyEnd - (keyLengths[index] as number)
      const kind = kinds[index] as number
      const value = writer.hasValue(kind) ? this.#values.value(ranks[index] as number) : NO_VALUE
      writer.appendOperation(kind, keys, keyStart, keyEnd, value)
    }
  }

  push(chunk: Uint8Array): void {
    this.#decoder.push(chunk)
  }

  /** Hot: runs for every operation. */
  read(results: BlockResults): boolean {
    const decoder = this.#decoder
    const { kinds, count } = results
    while (results.filled < count) {
      if (!decoder.next()) return false
      const kind = kinds[results.filled] as number
      const isRead = kind === KIND_READ || kind === KIND_READ_MODIFY_WRITE
      if (isRead && decoder.kind === MEMCACHED_VALUE) {
        results.addBytes(STATUS_VALUE, decoder.bytes, decoder.start, decoder.end)
      } else {
        readRare(results, decoder, kind, isRead)
      }
    }
    return true
  }
}

/** Every result but a value. */
function readRare(results: BlockResults, reply: MemcachedDecoder, kind: number, isRead: boolean): void {
  const isIncrement = kind === KIND_INCREMENT
  switch (reply.kind) {
    case MEMCACHED_STORED:
      if (isRead || isIncrement) break
      results.add(STATUS_OK)
      return
    case MEMCACHED_MISS:
      if (!isRead) break
      results.add(STATUS_MISSING)
      return
    case MEMCACHED_NOT_STORED:
      if (kind !== KIND_ADD) break
      results.add(STATUS_UNMET)
      return
    case MEMCACHED_DELETED:
    case MEMCACHED_NOT_FOUND:
      if (kind === KIND_DELETE) results.add(reply.kind === MEMCACHED_DELETED ? STATUS_OK : STATUS_MISSING)
      // Made just before the increment: only eviction removes counters.
      else if (isIncrement && reply.kind === MEMCACHED_NOT_FOUND) results.addError('NOT_FOUND of a counter')
      else break
      return
    case MEMCACHED_NUMBER:
    case MEMCACHED_VALUE:
      if (!isIncrement) break
      results.addBytes(STATUS_NUMBER, reply.bytes, reply.start, reply.end)
      return
    case MEMCACHED_SERVER_ERROR:
      results.addError(reply.text())
      return
    case MEMCACHED_CLIENT_ERROR:
      // It may not have taken all of the request as its own: what else it answers cannot be told apart any more.
      throw new SluiceError('NOT_EXECUTED', `memcached answered: ${reply.text()}`, { fate: 'unknown' })
  }
  throw protocolError(`memcached answered an operation of kind ${kind} with a reply of another kind`)
}
