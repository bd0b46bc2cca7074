// Sluice inside the process: the store of `sluice/engine`, one call of it for each block. There is no server: all time is
// the client's.

import { openStore, type Store, type StoreBatchResults } from '../../engine/index.ts'
import { STATUS_MISSING, STATUS_NUMBER, STATUS_OK, STATUS_UNMET, STATUS_VALUE } from '../../protocol/codes.ts'
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
import { statusOfError } from './answered-errors.ts'
import type { DrivenResults, Driver } from './driver.ts'

const NO_BYTES = new Uint8Array(0)

/** Drives a store of its own. */
export class SluiceEmbeddedDriver implements Driver {
  readonly bytesSent = 0
  readonly bytesReceived = 0
  readonly #store: Store
  readonly #values: ValueTable

  /** @param memoryBytesMax What the store may hold. */
  constructor(memoryBytesMax: number, values: ValueTable) {
    this.#store = openStore({ maxBytes: memoryBytesMax })
    this.#values = values
  }

  async execute(block: OperationBlock): Promise<DrivenResults> {
    const batch = this.#store.bytes.batch()
    const { keys, keyStrideBytes, keyLengths, ranks, kinds, count } = block
    for (let index = 0; index < count; index++) {
      const keyEnd = (index + 1) * keyStrideBytes
      const key = keys.subarray(keyEnd - (keyLengths[index] as number), keyEnd)
      const rank = ranks[index] as number
      switch (kinds[index]) {
        case KIND_READ:
        case KIND_READ_MODIFY_WRITE:
          batch.get(key)
          break
        case KIND_UPDATE:
        case KIND_INSERT:
          batch.set(key, this.#values.value(rank))
          break
        case KIND_EXPIRE:
          batch.set(key, this.#values.value(rank), { ttlMs: EXPIRY_MS })
          break
        case KIND_ADD:
          batch.set(key, this.#values.value(rank), { if: 'absent' })
          break
        case KIND_DELETE:
          batch.delete(key)
          break
        case KIND_INCREMENT:
          batch.add(key)
          break
        default:
          throw new RangeError(`there is no kind ${kinds[index]}`)
      }
    }
    return new StoreResults(batch.run(), kinds)
  }

  async close(): Promise<void> {
    this.#store.close()
  }
}

class StoreResults implements DrivenResults {
  readonly #results: StoreBatchResults<Uint8Array>
  readonly #kinds: Uint8Array
  #valueIndex = -1
  #value: Uint8Array | undefined

  constructor(results: StoreBatchResults<Uint8Array>, kinds: Uint8Array) {
    this.#results = results
    this.#kinds = kinds
  }

  status(index: number): number {
    const kind = this.#kinds[index] as number
    if (kind === KIND_READ || kind === KIND_READ_MODIFY_WRITE) {
      return this.#valueAt(index) === undefined ? STATUS_MISSING : STATUS_VALUE
    }
    const error = this.#results.error(index)
    if (error !== undefined) return statusOfError(error)
    if (kind === KIND_INCREMENT) return STATUS_NUMBER
    if (this.#results.ok(index)) return STATUS_OK
    return kind === KIND_DELETE ? STATUS_MISSING : STATUS_UNMET
  }

  source(index: number): Uint8Array {
    return this.#valueAt(index) ?? NO_BYTES
  }

  valueStart(): number {
    return 0
  }

  valueBytes(index: number): number {
    return this.source(index).length
  }

  number(index: number): bigint {
    return this.#results.bigint(index)
  }

  release(): void {}

  /** The value, a copy: made once although it is asked for several times. */
  #valueAt(index: number): Uint8Array | undefined {
    if (index !== this.#valueIndex) {
      this.#value = this.#results.value(index)
      this.#valueIndex = index
    }
    return this.#value
  }
}
