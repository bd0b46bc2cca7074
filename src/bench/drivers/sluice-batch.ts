// Sluice by batches, the fast way to use it: loops without an object for an operation.

import type { Batch } from '../../client/index.ts'
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
import type { DriverClientOptions } from './counted-transport.ts'
import type { DrivenResults } from './driver.ts'
import { connectCounted, SluiceDriver } from './sluice-driver.ts'

/** What a client's batch needs to have for `appendOperations`. */
export type DrivenBatch = Pick<Batch, 'getBytes' | 'setBytes' | 'set' | 'delete' | 'add'>

/** Drives a server or a cluster with one batch for each block. */
export class SluiceBatchDriver extends SluiceDriver {
  static async open(
    addresses: readonly string[],
    values: ValueTable,
    options: DriverClientOptions = {},
  ): Promise<SluiceBatchDriver> {
    return new SluiceBatchDriver(await connectCounted(addresses, options), values)
  }

  override execute(block: OperationBlock): Promise<DrivenResults> {
    const batch = this.client.batch()
    appendOperations(batch, block, this.values)
    return batch.send()
  }
}

/** Appends the operations of the block, in order. Hot: runs for every operation. */
export function appendOperations(batch: DrivenBatch, block: OperationBlock, values: ValueTable): void {
  const { keys, keyStrideBytes, keyLengths, ranks, kinds, count } = block
  let keyEnd = 0
  for (let index = 0; index < count; index++) {
    keyEnd += keyStrideBytes
    const keyStart = keyEnd - (keyLengths[index] as number)
    const kind = kinds[index] as number
    if (kind === KIND_READ || kind === KIND_READ_MODIFY_WRITE) {
      batch.getBytes(keys, keyStart, keyEnd)
    } else if (kind === KIND_UPDATE || kind === KIND_INSERT) {
      const value = values.value(ranks[index] as number)
      batch.setBytes(keys, keyStart, keyEnd, value, 0, value.length)
    } else {
      appendRareOperation(batch, kind, keys.subarray(keyStart, keyEnd), ranks[index] as number, values)
    }
  }
}

function appendRareOperation(
  batch: DrivenBatch,
  kind: number,
  key: Uint8Array,
  rank: number,
  values: ValueTable,
): void {
  if (kind === KIND_DELETE) batch.delete(key)
  else if (kind === KIND_ADD) batch.set(key, values.value(rank), { if: 'absent' })
  else if (kind === KIND_INCREMENT) batch.add(key)
  else if (kind === KIND_EXPIRE) batch.set(key, values.value(rank), { ttlMs: EXPIRY_MS })
  else throw new RangeError(`there is no kind ${kind}`)
}
