// Redis and what speaks its protocol: each operation is a command, and a block is pipelined.
//
//   read, rmw        GET key                 bulk, or null
//   update, insert   SET key value           OK
//   expire           SET key value PX ms     OK
//   add              SET key value NX        OK, or null
//   delete           DEL key                 1, or 0
//   increment        INCR key                integer

import { STATUS_MISSING, STATUS_NUMBER, STATUS_OK, STATUS_UNMET, STATUS_VALUE } from '../../protocol/codes.ts'
import { protocolError } from '../../protocol/protocol-error.ts'
import { ReplyDecoder, type ReplyDecoderLimits } from '../../redis/reply-decoder.ts'
import { REPLY_BULK, REPLY_ERROR, REPLY_INTEGER, REPLY_NULL, REPLY_TEXT } from '../../redis/reply-kinds.ts'
import { encodeArguments, encodeCommandHead, RespWriter } from '../../redis/resp-writer.ts'
import {
  EXPIRY_MS,
  KIND_ADD,
  KIND_DELETE,
  KIND_EXPIRE,
  KIND_INCREMENT,
  KIND_INSERT,
  KIND_READ,
  KIND_READ_MODIFY_WRITE,
  KIND_UPDATE,
} from '../workload/kinds.ts'
import type { ValueTable } from '../workload/values.ts'
import type { OperationBlock } from '../workload/workload.ts'
import type { BlockResults } from './block-results.ts'
import type { DrivenResults, Driver } from './driver.ts'
import { Pipeline, type PipelineCodec } from './pipeline.ts'

/** Bytes of a buffer for requests to begin with. */
const WRITER_BYTES = 64 * 1024

/** Replies to the commands used here are flat; a value has at most 512 MiB in Redis. */
const LIMITS: ReplyDecoderLimits = { lineBytesMax: 64 * 1024, bulkBytesMax: 2 ** 29, elementsMax: 1, depthMax: 0 }

const GET = encodeCommandHead(2, 'GET')
const SET = encodeCommandHead(3, 'SET')
const SET_IF_ABSENT = encodeCommandHead(4, 'SET')
const SET_WITH_EXPIRY = encodeCommandHead(5, 'SET')
const DEL = encodeCommandHead(2, 'DEL')
const INCR = encodeCommandHead(2, 'INCR')
const IF_ABSENT = encodeArguments('NX')
const WITH_EXPIRY = encodeArguments('PX')

/** Drives a server over one connection. */
export class RespDriver implements Driver {
  readonly #pipeline: Pipeline<RespWriter>

  /** @param address `host:port`. Rejects with CONNECT_FAILED. */
  static async open(address: string, values: ValueTable): Promise<RespDriver> {
    return new RespDriver(await Pipeline.connect(address, new RespCodec(values), 'the Redis server'))
  }

  private constructor(pipeline: Pipeline<RespWriter>) {
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

class RespCodec implements PipelineCodec<RespWriter> {
  readonly #values: ValueTable
  readonly #decoder = new ReplyDecoder(LIMITS)

  constructor(values: ValueTable) {
    this.#values = values
  }

  get bufferedBytes(): number {
    return this.#decoder.bufferedBytes
  }

  openWriter(): RespWriter {
    return new RespWriter(WRITER_BYTES)
  }

  /** Hot: runs for every operation. */
  encode(block: OperationBlock, writer: RespWriter): void {
    const { keys, keyStrideBytes, keyLengths, ranks, kinds, count } = block
    let keyEnd = 0
    for (let index = 0; index < count; index++) {
      keyEnd += keyStrideBytes
      const keyStart = keyEnd - (keyLengths[index] as number)
      const kind = kinds[index] as number
      if (kind === KIND_READ || kind === KIND_READ_MODIFY_WRITE) {
        writer.appendEncoded(GET)
        writer.appendArgument(keys, keyStart, keyEnd)
      } else if (kind === KIND_UPDATE || kind === KIND_INSERT) {
        writer.appendEncoded(SET)
        writer.appendArgument(keys, keyStart, keyEnd)
        const value = this.#values.value(ranks[index] as number)
        writer.appendArgument(value, 0, value.length)
      } else {
        this.#encodeRare(writer, kind, keys.subarray(keyStart, keyEnd), ranks[index] as number)
      }
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
      if (isRead && decoder.kind === REPLY_BULK) {
        results.addBytes(STATUS_VALUE, decoder.bytes, decoder.start, decoder.end)
      } else {
        readRare(results, decoder, kind, isRead)
      }
    }
    return true
  }

  #encodeRare(writer: RespWriter, kind: number, key: Uint8Array, rank: number): void {
    if (kind === KIND_DELETE || kind === KIND_INCREMENT) {
      writer.appendEncoded(kind === KIND_DELETE ? DEL : INCR)
      writer.appendArgument(key, 0, key.length)
      return
    }
    if (kind !== KIND_ADD && kind !== KIND_EXPIRE) throw new RangeError(`there is no kind ${kind}`)
    writer.appendEncoded(kind === KIND_ADD ? SET_IF_ABSENT : SET_WITH_EXPIRY)
    writer.appendArgument(key, 0, key.length)
    const value = this.#values.value(rank)
    writer.appendArgument(value, 0, value.length)
    writer.appendEncoded(kind === KIND_ADD ? IF_ABSENT : WITH_EXPIRY)
    if (kind === KIND_EXPIRE) writer.appendIntegerArgument(EXPIRY_MS)
  }
}

/** Every result but a value. */
function readRare(results: BlockResults, reply: ReplyDecoder, kind: number, isRead: boolean): void {
  const isWrite = !isRead && kind !== KIND_DELETE && kind !== KIND_INCREMENT
  if (reply.kind === REPLY_ERROR) results.addError(reply.text())
  else if (reply.kind === REPLY_NULL && isRead) results.add(STATUS_MISSING)
  else if (reply.kind === REPLY_NULL && kind === KIND_ADD) results.add(STATUS_UNMET)
  else if (reply.kind === REPLY_TEXT && isWrite) results.add(STATUS_OK)
  else if (reply.kind === REPLY_INTEGER && kind === KIND_DELETE)
    results.add(reply.number > 0 ? STATUS_OK : STATUS_MISSING)
  else if (reply.kind === REPLY_INTEGER && kind === KIND_INCREMENT)
    results.addBytes(STATUS_NUMBER, reply.bytes, reply.start, reply.end)
  else throw protocolError(`the server answered an operation of kind ${kind} with a reply of another kind`)
}
