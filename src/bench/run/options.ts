// The options of a benchmark: what they mean, their defaults, and the one place where they are checked.

import { SluiceError } from '../../util/errors.ts'
import { DRIVER_KINDS, type DriverSpec } from '../drivers/driver.ts'
import { type GivenWorkload, resolveWorkload } from '../workload/resolve-workload.ts'
import { valueBytesMean } from '../workload/value-sizes.ts'
import type { WorkloadSpec } from '../workload/workload-spec.ts'
import { requireInteger } from './require-integer.ts'

/** Which driver. */
export type DriverKind = DriverSpec['kind']

/** Options of a benchmark; every one may be left out. */
export interface GivenBenchOptions extends GivenWorkload {
  /** What drives the server; see DRIVER_KINDS. Default sluice-batch. */
  readonly driver?: string
  /** Shard threads of the embedded server. Default: half of the cores, at least 1. Not with `target`. */
  readonly threads?: number
  /**
   * Client threads, each with its own connections and its own sequence. Default: the cores that the server leaves, at
   * least 1.
   */
  readonly clients?: number
  /**
   * Operations of one client batch, before it is split over shard threads. Default 8,192, less for values over 128
   * bytes; 1 for sluice-promises.
   */
  readonly batch?: number
  /** Batches that each client keeps in flight. Default 2; 1,000 for sluice-promises, 1 for sluice-embedded. */
  readonly window?: number
  /** Operations that all clients together start in a second, whether answers come or not. Default: as many as they can. */
  readonly rate?: number
  /** Seconds measured, after loading and warming up. Default 10. */
  readonly seconds?: number
  /** Where the sequences start, 0 to 2^32 - 1. Default 1. */
  readonly seed?: number
  /** `host:port` of a running server, or of any nodes of a cluster with commas. Default: a server is started here. */
  readonly target?: string
}

/** Checked options, with the defaults filled in. */
export interface BenchOptions {
  readonly workload: WorkloadSpec
  readonly driver: DriverKind
  /** 0: the server's are its own, or there is none. */
  readonly threads: number
  readonly clients: number
  readonly batch: number
  /** Operations of a batch in the load phase: as in `batch`, or more where fewer than by default would be in flight. */
  readonly loadBatch: number
  readonly window: number
  /** 0: as many as are answered. */
  readonly opsPerSecond: number
  readonly seconds: number
  readonly seed: number
  /** Undefined: a server is started here, or there is none. */
  readonly target: string | undefined
}

const BATCH_MAX = 1_000_000
const WINDOW_MAX = 100_000
const THREADS_MAX = 256
const CLIENTS_MAX = 256
const SECONDS_MAX = 86_400
const SEED_MAX = 2 ** 32 - 1
const RATE_MAX = 1e9

/** Operations that a client's blocks hold together at most. */
const BLOCK_OPERATIONS_MAX = 16_000_000

const BATCH_DEFAULT = 8_192
const WINDOW_DEFAULT = 2
const CALLERS_DEFAULT = 1_000

/** Bytes of values in the replies to one batch, where the batch's size is not given. */
const BATCH_VALUE_BYTES_TARGET = 1024 * 1024

/**
 * Checks every option and fills in the defaults for a machine. Throws INVALID_ARGUMENT, naming the command line's
 * option.
 */
export function resolveBenchOptions(given: GivenBenchOptions, cores: number): BenchOptions {
  const { seconds = 10, seed = 1, rate = 0, target, driver = 'sluice-batch' } = given
  const workload = resolveWorkload(given)
  if (!isDriver(driver)) throw invalid(`--driver must be one of ${DRIVER_KINDS.join(', ')}, not ${driver}`)
  const threads = serverThreads(given, driver, cores)
  const { clients = driver === 'sluice-embedded' ? 1 : Math.max(1, cores - threads) } = given
  const isPromises = driver === 'sluice-promises'
  const { batch = isPromises ? 1 : defaultBatch(workload) } = given
  const { window = isPromises ? CALLERS_DEFAULT : driver === 'sluice-embedded' ? 1 : WINDOW_DEFAULT } = given
  requireInteger('--clients', clients, 1, driver === 'sluice-embedded' ? 1 : CLIENTS_MAX)
  requireInteger('--batch', batch, 1, BATCH_MAX)
  requireInteger('--window', window, 1, WINDOW_MAX)
  requireInteger('--seconds', seconds, 1, SECONDS_MAX)
  requireInteger('--seed', seed, 0, SEED_MAX)
  requireInteger('--rate', rate, 0, RATE_MAX)
  if (batch * window > BLOCK_OPERATIONS_MAX) {
    throw invalid(`--batch times --window must be at most ${BLOCK_OPERATIONS_MAX}, not ${batch * window}`)
  }
  const loadBatch = Math.max(batch, isPromises ? 1 : defaultLoadBatch(workload, window))
  const sizes = { batch, loadBatch, window, opsPerSecond: rate }
  return Object.freeze({ workload, driver, threads, clients, ...sizes, seconds, seed, target })
}

function serverThreads({ threads, target }: GivenBenchOptions, driver: DriverKind, cores: number): number {
  if (!driver.startsWith('sluice') && target === undefined) {
    throw invalid(`--driver ${driver} needs a --target: only Sluice is started here`)
  }
  if (target !== undefined || driver === 'sluice-embedded') {
    if (threads !== undefined) throw invalid('--threads are those of a server that is started here, and there is none')
    return 0
  }
  const count = threads ?? Math.max(1, Math.floor(cores / 2))
  requireInteger('--threads', count, 1, THREADS_MAX)
  return count
}

/** Operations of a batch of which nothing is said: those of the values that fill a mebibyte. */
export function defaultBatch({ valueSizes }: WorkloadSpec): number {
  const fitting = Math.floor(BATCH_VALUE_BYTES_TARGET / Math.max(1, valueBytesMean(valueSizes)))
  return Math.max(1, Math.min(BATCH_DEFAULT, fitting))
}

/** With many batches in flight smaller ones do: callers with one operation each need no memory for thousands. */
function defaultLoadBatch(workload: WorkloadSpec, window: number): number {
  const batch = defaultBatch(workload)
  return Math.min(batch, Math.floor((batch * WINDOW_DEFAULT) / window))
}

function isDriver(text: string): text is DriverKind {
  return DRIVER_KINDS.some((kind) => kind === text)
}

function invalid(message: string): SluiceError {
  return new SluiceError('INVALID_ARGUMENT', message)
}
