// What a run needs of memory, worked out before anything is allocated: a run that cannot fit is refused with the sum,
// instead of ending somewhere in the load or in the machine's swap.

import { MEMORY_BYTES_MAX } from '../../engine/index.ts'
import { SluiceError } from '../../util/errors.ts'
import { valueBytesMean } from '../workload/value-sizes.ts'
import { templateBytes } from '../workload/values.ts'
import type { WorkloadSpec } from '../workload/workload-spec.ts'
import type { BenchOptions } from './options.ts'
import { grouped, sizeOf } from './text.ts'

/** Bytes of a record beyond its key and value, the index's share included: the engine's bound between growth steps. */
const RECORD_OVERHEAD_BYTES = 30

/**
 * A shard is filled to this part by plan: slots spread the keys unevenly, and the last piece of a memory stays unused.
 */
const SHARD_FILL_MAX = 0.85

/** What a thread takes whatever it stores: its heap and code, and what its sockets and reply slabs touch. */
const THREAD_BYTES = 64 * 1024 * 1024

/** Bytes of an operation or a result beyond key and value: codes and lengths. */
const OPERATION_OVERHEAD_BYTES = 6

/** What the client keeps of an operation in flight: its entry in the block, its status and positions. */
const OPERATION_STATE_BYTES = 32

/** `user` and the 19 digits that most 63-bit numbers have. */
const USER_KEY_BYTES = 23

/** A buffer that grows by doubling may be half empty, and a reply may be assembled while its parts are still held. */
const BUFFER_FACTOR = 2

/** One line of the sum. */
export interface MemoryPlanItem {
  readonly name: string
  readonly arithmetic: string
  readonly bytes: number
}

/** The sum, and how many shards it takes. */
export interface MemoryPlan {
  readonly items: readonly MemoryPlanItem[]
  readonly totalBytes: number
  /** Shards for each thread of the embedded server, so that no shard's memory is too small. */
  readonly shardsPerThread: number
}

/** What the run needs of this machine: the clients, and the server unless it runs elsewhere. */
export function planMemory(options: BenchOptions): MemoryPlan {
  const { threads, driver, workload } = options
  const { records } = workload
  const items = clientItems(options)
  let shardsPerThread = 1
  if (threads > 0 || driver === 'sluice-embedded') {
    const keyBytes = meanKeyBytes(workload)
    const valueBytes = valueBytesMean(workload.valueSizes)
    const perRecord = valueBytes + keyBytes + RECORD_OVERHEAD_BYTES
    shardsPerThread = Math.ceil((records * perRecord) / (Math.max(1, threads) * MEMORY_BYTES_MAX * SHARD_FILL_MAX))
    items.unshift(
      {
        name: 'records',
        arithmetic: `${grouped(records)} x (${valueBytes} value + ${keyBytes.toFixed(1)} key + ${RECORD_OVERHEAD_BYTES} overhead)`,
        bytes: records * perRecord,
      },
      { name: 'shard threads', arithmetic: `${threads} x ${sizeOf(THREAD_BYTES)}`, bytes: threads * THREAD_BYTES },
    )
  }
  const totalBytes = items.reduce((sum, item) => sum + item.bytes, 0)
  return { items, totalBytes, shardsPerThread }
}

/** Throws INVALID_ARGUMENT with the arithmetic when the plan does not fit `availableBytes`. */
export function requireMemory(plan: Pick<MemoryPlan, 'items' | 'totalBytes'>, availableBytes: number): void {
  if (plan.totalBytes <= availableBytes) return
  const nameWidth = Math.max(...plan.items.map(({ name }) => name.length))
  const lines = plan.items.map(
    ({ name, arithmetic, bytes }) => `  ${name.padEnd(nameWidth)}  ${sizeOf(bytes).padStart(10)}  = ${arithmetic}`,
  )
  throw new SluiceError(
    'INVALID_ARGUMENT',
    [
      `this run needs ${sizeOf(plan.totalBytes)} of memory, and ${sizeOf(availableBytes)} is available:`,
      ...lines,
      'give fewer --records, smaller --value-bytes, or a smaller --batch, --window or --clients',
    ].join('\n'),
  )
}

/** Mean bytes of the keys; of YCSB's, which are hashes, a little less than this. */
export function meanKeyBytes({ keyFormat, records }: Pick<WorkloadSpec, 'keyFormat' | 'records'>): number {
  if (keyFormat === 'user') return USER_KEY_BYTES
  let total = 0
  for (let start = 0, end = 10, digits = 1; start < records; start = end, end *= 10, digits++) {
    total += (Math.min(end, records) - start) * digits
  }
  return total / records
}

function clientItems(options: BenchOptions): MemoryPlanItem[] {
  const { clients, workload, loadBatch, window } = options
  const { valueSizes } = workload
  const valueBytes = valueBytesMean(valueSizes)
  const perRequest = BUFFER_FACTOR * (valueBytes + meanKeyBytes(workload) + OPERATION_OVERHEAD_BYTES)
  const perReply = BUFFER_FACTOR * (valueBytes + OPERATION_OVERHEAD_BYTES)
  const perOperation = Math.ceil(perRequest + perReply + OPERATION_STATE_BYTES)
  const inFlight = `clients ${clients} x window ${window} x batch ${grouped(loadBatch)}`
  return [
    {
      name: 'client threads',
      arithmetic: `${clients} x (${sizeOf(THREAD_BYTES)} + ${sizeOf(templateBytes(valueSizes))} of values)`,
      bytes: clients * (THREAD_BYTES + templateBytes(valueSizes)),
    },
    {
      name: 'in flight',
      arithmetic: `${inFlight} x ${grouped(perOperation)} (requests and replies with ${valueBytes} byte values)`,
      bytes: clients * window * loadBatch * perOperation,
    },
  ]
}
