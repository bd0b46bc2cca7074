// The options of a comparison, and the one place where they are checked.

import { MEMORY_BYTES_MAX } from '../../engine/index.ts'
import { SluiceError } from '../../util/errors.ts'
import { type MemoryPlanItem, meanKeyBytes } from '../run/memory-plan.ts'
import { requireInteger } from '../run/require-integer.ts'
import { grouped } from '../run/text.ts'
import type { ResolvedSystemOptions } from '../systems/system.ts'
import { KIND_INSERT } from '../workload/kinds.ts'
import { type GivenWorkload, resolveWorkload } from '../workload/resolve-workload.ts'
import { valueBytesMean, valueBytesMost } from '../workload/value-sizes.ts'
import type { WorkloadSpec } from '../workload/workload-spec.ts'
import { type CompareCase, casesOf } from './cases.ts'
import { type Contender, contendersOf } from './contenders.ts'

/** Options of a comparison; every one may be left out. */
export interface GivenCompareOptions extends GivenWorkload {
  /** Names of contenders with commas; the first one is what the others are measured against. */
  readonly systems?: string
  /** Names of cases with commas. */
  readonly cases?: string
  /** Times that each system runs in each case. Default 5. */
  readonly rounds?: number
  /** Seconds of each time. Default 3. */
  readonly seconds?: number
  /** Threads that serve, of systems that have a choice. Default 1. */
  readonly threads?: number
  /** Client threads. Default 1. */
  readonly clients?: number
  readonly seed?: number
}

/** Checked options. */
export interface CompareOptions {
  readonly contenders: readonly Contender[]
  readonly cases: readonly CompareCase[]
  readonly rounds: number
  readonly seconds: number
  readonly threads: number
  readonly clients: number
  readonly seed: number
  /** The workload of a case. */
  readonly workloadOf: (compareCase: CompareCase) => WorkloadSpec
}

const SYSTEMS_DEFAULT = 'sluice,redis,memcached'
const CASES_DEFAULT = 'batched,single'
const ROUNDS_MAX = 1_000
const SECONDS_MAX = 86_400
const THREADS_MAX = 256
const SEED_MAX = 2 ** 32 - 1

/** Bytes of a record beyond key and value for which every system finds room. */
const RECORD_OVERHEAD_BYTES = 160
const MEMORY_BYTES_MIN = 256 * 1024 * 1024

/** Checks every option and fills in the defaults. Throws INVALID_ARGUMENT, naming the command line's option. */
export function resolveCompareOptions(given: GivenCompareOptions): CompareOptions {
  const { rounds = 5, seconds = 3, threads = 1, clients = 1, seed = 1 } = given
  requireInteger('--rounds', rounds, 1, ROUNDS_MAX)
  requireInteger('--seconds', seconds, 1, SECONDS_MAX)
  requireInteger('--threads', threads, 1, THREADS_MAX)
  requireInteger('--clients', clients, 1, THREADS_MAX)
  requireInteger('--seed', seed, 0, SEED_MAX)
  const contenders = contendersOf(given.systems ?? SYSTEMS_DEFAULT)
  if (clients > 1 && contenders.some(({ start }) => start === undefined)) {
    throw invalid('a system without a server has one client: give --clients 1')
  }
  const workload = resolveWorkload(given)
  const workloadOf = ({ valueBytes, recordsMax = workload.records }: CompareCase): WorkloadSpec => ({
    ...workload,
    records: Math.min(workload.records, recordsMax),
    ...(valueBytes !== undefined && { valueSizes: { kind: 'fixed', bytes: valueBytes } as const }),
  })
  const cases = casesOf(given.cases ?? CASES_DEFAULT)
  for (const each of cases) setupFor(workloadOf(each), threads)
  return { contenders, cases, rounds, seconds, threads, clients, seed, workloadOf }
}

/** What systems are started with for a workload. Throws INVALID_ARGUMENT when it is more than they can hold. */
export function setupFor(workload: WorkloadSpec, threads: number): ResolvedSystemOptions {
  const { mix, records, valueSizes } = workload
  const mostBytes = threads * MEMORY_BYTES_MAX
  // Twice, since no system fills its memory to the last byte.
  const loadBytes = Math.max(MEMORY_BYTES_MIN, Math.ceil(2 * records * bytesPerRecord(workload)))
  if (loadBytes > mostBytes) {
    throw invalid(
      'a comparison has 2 GiB of records for each of --threads: give fewer --records or smaller --value-bytes',
    )
  }
  // How many records are inserted depends on how fast a system is: none ends for being fast.
  const memoryBytesMax = (mix[KIND_INSERT] ?? 0) > 0 ? mostBytes : loadBytes
  return { threads, memoryBytesMax, valueBytesMax: valueBytesMost(valueSizes) }
}

/** Memory that a case takes of this machine: all its systems hold their records at the same time. */
export function planRecords(workload: WorkloadSpec, systemCount: number): MemoryPlanItem {
  const bytes = Math.ceil(bytesPerRecord(workload))
  return {
    name: 'records',
    arithmetic: `${systemCount} systems x ${grouped(workload.records)} x ${grouped(bytes)} bytes`,
    bytes: systemCount * workload.records * bytes,
  }
}

function bytesPerRecord(workload: WorkloadSpec): number {
  return valueBytesMean(workload.valueSizes) + meanKeyBytes(workload) + RECORD_OVERHEAD_BYTES
}

function invalid(message: string): SluiceError {
  return new SluiceError('INVALID_ARGUMENT', message)
}
