// Sluice by calls with promises, as most programs use it: each operation is a call of its own, which the client puts
// into batches by itself.

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
import type { DriverClientOptions } from './counted-transport.ts'
import type { DrivenResults } from './driver.ts'
import { connectCounted, SluiceDriver } from './sluice-driver.ts'

const NO_BYTES = new Uint8Array(0)

/** Drives a server or a cluster with one call for each operation; all calls of a block are under way at once. */
export class SluicePromisesDriver extends SluiceDriver {
  static async open(
    addresses: readonly string[],
    values: ValueTable,
    options: DriverClientOptions = {},
  ): Promise<SluicePromisesDriver> {
    return new SluicePromisesDriver(await connectCounted(addresses, options), values)
  }

  override async execute(block: OperationBlock): Promise<DrivenResults> {
    if (block.count === 1) return this.#answer(block, 0)
    return new CallResults(
      await Promise.all(Array.from({ length: block.count }, (_, index) => this.#answer(block, index))),
    )
  }

  async #answer(block: OperationBlock, index: number): Promise<CallResult> {
    try {
      return await this.#call(block, index)
    } catch (error) {
      return new CallResult(statusOfError(error))
    }
  }

  async #call(block: OperationBlock, index: number): Promise<CallResult> {
    const { keys, keyStrideBytes, keyLengths, ranks, kinds } = block
    const keyEnd = (index + 1) * keyStrideBytes
    const key = keys.subarray(keyEnd - (keyLengths[index] as number), keyEnd)
    const rank = ranks[index] as number
    const client = this.client
    switch (kinds[index]) {
      case KIND_READ:
      case KIND_READ_MODIFY_WRITE: {
        const value = await client.get(key)
        return value === undefined ? new CallResult(STATUS_MISSING) : new CallResult(STATUS_VALUE, value)
      }
      case KIND_UPDATE:
      case KIND_INSERT:
        return metResult(await client.set(key, this.values.value(rank)))
      case KIND_EXPIRE:
        return metResult(await client.set(key, this.values.value(rank), { ttlMs: EXPIRY_MS }))
      case KIND_ADD:
        return metResult(await client.set(key, this.values.value(rank), { if: 'absent' }))
      case KIND_DELETE:
        return new CallResult((await client.delete(key)) ? STATUS_OK : STATUS_MISSING)
      case KIND_INCREMENT:
        return new CallResult(STATUS_NUMBER, NO_BYTES, await client.add(key))
      default:
        throw new RangeError(`there is no kind ${kinds[index]}`)
    }
  }
}

function metResult(isMet: boolean): CallResult {
  return new CallResult(isMet ? STATUS_OK : STATUS_UNMET)
}

/** What one call gave: the results of a block of one. */
class CallResult implements DrivenResults {
  readonly #status: number
  readonly #value: Uint8Array
  readonly #number: bigint

  constructor(status: number, value: Uint8Array = NO_BYTES, number = 0n) {
    this.#status = status
    this.#value = value
    this.#number = number
  }

  status(): number {
    return this.#status
  }

  source(): Uint8Array {
    return this.#value
  }

  valueStart(): number {
    return 0
  }

  valueBytes(): number {
    return this.#value.length
  }

  number(): bigint {
    return this.#number
  }

  release(): void {}
}

class CallResults implements DrivenResults {
  readonly #results: readonly CallResult[]

  constructor(results: readonly CallResult[]) {
    this.#results = results
  }

  status(index: number): number {
    return this.#at(index).status()
  }

  source(index: number): Uint8Array {
    return this.#at(index).source()
  }

  valueStart(): number {
    return 0
  }

  valueBytes(index: number): number {
    return this.#at(index).valueBytes()
  }

  number(index: number): bigint {
    return this.#at(index).number()
  }

  release(): void {}

  #at(index: number): CallResult {
    return this.#results[index] as CallResult
  }
}
