// What the main thread and a client thread say to each other.

import type { Histogram } from 'node:perf_hooks'
import type { ZipfParameters } from '../workload/zipf.ts'
import type { CheckTally } from './checker.ts'

/** What a client thread is started with. `progress` is shared, the rest copied. */
export interface ClientThreadOptions {
  /** Number of this client, from 0. */
  readonly client: number
  /** Where the server is, as `host:port`. */
  readonly address: string
  readonly zipf: ZipfParameters
  readonly valueBytes: number
  readonly readShare: number
  readonly seed: number
  readonly batch: number
  readonly loadBatch: number
  readonly window: number
  /** Counts of all clients, for the live line: `PROGRESS_FIELDS` each, growing over all phases. */
  readonly progress: Float64Array
}

/** Fields of one client in `progress`: replies checked, then mismatches. */
export const PROGRESS_FIELDS = 2

/** To a client thread. It has one phase at a time. */
export type ClientCommand =
  /** Store the records [first, end). */
  | { readonly type: 'load'; readonly first: number; readonly end: number }
  /** Run the workload for so long. */
  | { readonly type: 'run'; readonly seconds: number }
  /** End the present phase soon, with what it has. */
  | { readonly type: 'stop' }
  /** Close the connections and end. */
  | { readonly type: 'close' }

/** From a client thread. */
export type ClientReport =
  /** Connected. */
  | { readonly type: 'ready' }
  /** A phase has ended. */
  | { readonly type: 'phase'; readonly phase: PhaseReport }
  /** The phase or the start failed; the thread ends. */
  | { readonly type: 'failed'; readonly message: string }

/** What one client did in one phase. */
export interface PhaseReport {
  readonly tally: CheckTally
  /** From the first draw to the last check. */
  readonly elapsedMs: number
  /** Processor time of the thread in between; 0 where the system does not tell. */
  readonly cpuNs: number
  /** Nanoseconds from a batch's sending to its last check. */
  readonly latency: Histogram
}
