// The options of a benchmark: what they mean, their defaults, and the one place where they are checked.

import { VALUE_BYTES_MAX } from '../../protocol/limits.ts'
import { SluiceError } from '../../util/errors.ts'
import { RECORDS_MAX, WORKLOADS, type WorkloadName } from '../workload/workload.ts'

/** Options of `runBench`; every one may be left out. */
export interface GivenBenchOptions {
  /** Share of reads: a 50%, b 95%, c 100%. Default b. */
  readonly workload?: string
  /** Shard threads of the embedded server. Default: half of the cores, at least 1. Not with `target`. */
  readonly threads?: number
  /**
   * Client threads, each with its own connections and its own sequence. Default: the cores that the server leaves, at
   * least 1.
   */
  readonly clients?: number
  /**
   * Operations of one client batch, before it is split over shard threads. Default 8,192, less for values over 128
   * bytes.
   */
  readonly batch?: number
  /** Batches that each client keeps in flight. Default 2. */
  readonly window?: number
  /** Seconds measured, after loading and warming up. Default 10. */
  readonly seconds?: number
  /** Records, with the keys 0 to records - 1. Default 1,000,000. */
  readonly records?: number
  /** Bytes of each value. Default 128. */
  readonly valueBytes?: number
  /** Skew of the Zipf distribution, from 0 (uniform) to below 1. Default 0.99. */
  readonly theta?: number
  /** Where the sequences start, 0 to 2^32 - 1. Default 1. */
  readonly seed?: number
  /** `host:port` of a running server. Default: a server is started in this process. */
  readonly target?: string
}

/** Checked options, with the defaults filled in. */
export interface BenchOptions {
  readonly workload: WorkloadName
  /** Undefined with a target: they are the server's. */
  readonly threads: number | undefined
  readonly clients: number
  readonly batch: number
  /** Operations of a batch in the load phase: as many as in `batch`, or the default of that where it is more. */
  readonly loadBatch: number
  readonly window: number
  readonly seconds: number
  readonly records: number
  readonly valueBytes: number
  readonly theta: number
  readonly seed: number
  readonly target: string | undefined
}

const BATCH_MAX = 1_000_000
const WINDOW_MAX = 64
const THREADS_MAX = 256
const CLIENTS_MAX = 256
const SECONDS_MAX = 86_400
const SEED_MAX = 2 ** 32 - 1

const BATCH_DEFAULT = 8_192

/** Bytes of values in the replies to one batch, where the batch's size is not given. */
const BATCH_VALUE_BYTES_TARGET = 1024 * 1024

/**
 * Checks every option and fills in the defaults for a machine. Throws INVALID_ARGUMENT, naming the command line's
 * option.
 */
export function resolveBenchOptions(given: GivenBenchOptions, cores: number): BenchOptions {
  const {
    workload = 'b',
    window = 2,
    seconds = 10,
    records = 1_000_000,
    valueBytes = 128,
    theta = 0.99,
    seed = 1,
  } = given
  const { target } = given
  if (!isWorkload(workload))
    throw invalid(`--workload must be one of ${Object.keys(WORKLOADS).join(', ')}, not ${workload}`)
  if (target !== undefined && given.threads !== undefined) {
    throw invalid('--threads are those of the embedded server: it cannot be given together with --target')
  }
  const serverThreads = given.threads ?? Math.max(1, Math.floor(cores / 2))
  const { clients = Math.max(1, cores - (target === undefined ? serverThreads : 0)) } = given
  requireInteger('--threads', serverThreads, 1, THREADS_MAX)
  requireInteger('--clients', clients, 1, CLIENTS_MAX)
  requireInteger('--window', window, 1, WINDOW_MAX)
  requireInteger('--seconds', seconds, 1, SECONDS_MAX)
  requireInteger('--records', records, 1, RECORDS_MAX)
  requireInteger('--value-bytes', valueBytes, 0, VALUE_BYTES_MAX)
  requireInteger('--seed', seed, 0, SEED_MAX)
  if (!(theta >= 0 && theta < 1)) throw invalid(`--theta must be at least 0 and below 1, not ${theta}`)
  const { batch = defaultBatch(valueBytes) } = given
  requireInteger('--batch', batch, 1, BATCH_MAX)
  const threads = target === undefined ? serverThreads : undefined
  const loadBatch = Math.max(batch, defaultBatch(valueBytes))
  const sizes = { records, valueBytes, batch, loadBatch, window }
  return Object.freeze({ workload, threads, clients, ...sizes, seconds, theta, seed, target })
}

function defaultBatch(valueBytes: number): number {
  const fitting = Math.floor(BATCH_VALUE_BYTES_TARGET / Math.max(1, valueBytes))
  return Math.max(1, Math.min(BATCH_DEFAULT, fitting))
}

function isWorkload(text: string): text is WorkloadName {
  return Object.hasOwn(WORKLOADS, text)
}

function requireInteger(name: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return
  throw invalid(`${name} must be a whole number from ${least} to ${most}, not ${value}`)
}

function invalid(message: string): SluiceError {
  return new SluiceError('INVALID_ARGUMENT', message)
}
