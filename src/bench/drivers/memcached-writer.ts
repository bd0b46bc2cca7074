// Writes memcached's requests for the operations of a block, with the text commands or with the meta commands. Pure.
//
//                    text                                         meta
//   read, rmw        get key                                      mg key v
//   update, insert   set key 0 0 bytes / data                     ms key bytes / data
//   expire           set key 0 seconds bytes / data               ms key bytes Tseconds / data
//   add              add key 0 0 bytes / data                     ms key bytes ME / data
//   delete           delete key                                   md key
//   increment        add key 0 0 1 noreply / 0, incr key 1        ma key N0 J1 v
//
// An increment by text commands is two of them: `incr` does not make a counter that is missing, and the creation cannot wait
// for the answer without changing the order of operations. The first increment gives 1 in both ways.
//
// Memcached counts expiry in whole seconds of a clock that ticks once a second: the time is rounded up, and a record still
// may go up to a second early.

import { encodeUtf8 } from '../../util/bytes.ts'
import { GrowingBytes } from '../../util/growing-bytes.ts'
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

/** Which commands. */
export type MemcachedDialect = 'text' | 'meta'

const EXPIRY_SECONDS = Math.ceil(EXPIRY_MS / 1_000)

/** Bytes around key and value in any request. */
const OVERHEAD_BYTES = 64

/** The parts of one kind of request: in front of the key, behind it, and, when there is a value, behind its length. */
interface RequestParts {
  readonly head: Uint8Array
  readonly afterKey: Uint8Array
  /** Absent when the request has no value. */
  readonly afterLength?: Uint8Array
}

function partsOf(head: string, afterKey: string, afterLength?: string): RequestParts {
  return {
    head: encodeUtf8(head),
    afterKey: encodeUtf8(afterKey),
    ...(afterLength !== undefined && { afterLength: encodeUtf8(afterLength) }),
  }
}

/** By kind. */
function tableOf(
  entries: readonly (readonly [kind: number, parts: RequestParts])[],
): readonly (RequestParts | undefined)[] {
  const table: (RequestParts | undefined)[] = []
  for (const [kind, parts] of entries) table[kind] = parts
  return table
}

const TEXT_GET = partsOf('get ', '\r\n')
const TEXT_SET = partsOf('set ', ' 0 0 ', '\r\n')
const META_GET = partsOf('mg ', ' v\r\n')
const META_SET = partsOf('ms ', ' ', '\r\n')

const REQUESTS: Readonly<Record<MemcachedDialect, readonly (RequestParts | undefined)[]>> = {
  text: tableOf([
    [KIND_READ, TEXT_GET],
    [KIND_UPDATE, TEXT_SET],
    [KIND_INSERT, TEXT_SET],
    [KIND_READ_MODIFY_WRITE, TEXT_GET],
    [KIND_DELETE, partsOf('delete ', '\r\n')],
    [KIND_ADD, partsOf('add ', ' 0 0 ', '\r\n')],
    [KIND_INCREMENT, partsOf('incr ', ' 1\r\n')],
    [KIND_EXPIRE, partsOf('set ', ` 0 ${EXPIRY_SECONDS} `, '\r\n')],
  ]),
  meta: tableOf([
    [KIND_READ, META_GET],
    [KIND_UPDATE, META_SET],
    [KIND_INSERT, META_SET],
    [KIND_READ_MODIFY_WRITE, META_GET],
    [KIND_DELETE, partsOf('md ', '\r\n')],
    [KIND_ADD, partsOf('ms ', ' ', ' ME\r\n')],
    [KIND_INCREMENT, partsOf('ma ', ' N0 J1 v\r\n')],
    [KIND_EXPIRE, partsOf('ms ', ' ', ` T${EXPIRY_SECONDS}\r\n`)],
  ]),
}

const COUNTER_CREATION = partsOf('add ', ' 0 0 1 noreply\r\n0\r\n')
const LINE_END = encodeUtf8('\r\n')

/** Appends requests to bytes that it owns. */
export class MemcachedWriter extends GrowingBytes {
  readonly #requests: readonly (RequestParts | undefined)[]
  readonly #createsCounters: boolean

  /** @param roomBytes Room to begin with. */
  constructor(dialect: MemcachedDialect, roomBytes: number) {
    super(roomBytes)
    this.#requests = REQUESTS[dialect]
    this.#createsCounters = dialect === 'text'
  }

  /** Whether an operation of that kind takes a value. */
  hasValue(kind: number): boolean {
    return this.#requests[kind]?.afterLength !== undefined
  }

  /** Appends the operation on the key `keys[keyStart, keyEnd)`; `value` is ignored where there is none. */
  appendOperation(kind: number, keys: Uint8Array, keyStart: number, keyEnd: number, value: Uint8Array): void {
    const request = this.#requests[kind]
    if (request === undefined) throw new RangeError(`there is no kind ${kind}`)
    if (kind === KIND_INCREMENT && this.#createsCounters) this.#appendLine(COUNTER_CREATION, keys, keyStart, keyEnd)
    this.#appendLine(request, keys, keyStart, keyEnd)
    if (request.afterLength === undefined) return
    this.reserve(OVERHEAD_BYTES + value.length)
    this.appendDecimal(value.length)
    this.append(request.afterLength, 0, request.afterLength.length)
    this.append(value, 0, value.length)
    this.append(LINE_END, 0, LINE_END.length)
  }

  #appendLine({ head, afterKey }: RequestParts, keys: Uint8Array, keyStart: number, keyEnd: number): void {
    this.append(head, 0, head.length)
    this.append(keys, keyStart, keyEnd)
    this.append(afterKey, 0, afterKey.length)
  }
}
