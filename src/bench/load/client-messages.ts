// What the main thread and a client thread say to each other.

import type { DriverSpec } from '../drivers/driver.ts'
import type { WorkloadSpec } from '../workload/workload-spec.ts'
import type { CheckTally } from './checker.ts'

/** What a client thread is started with. `counters` is shared, the rest copied. */
export interface ClientThreadOptions {
  /** Number of this client, from 0, of so many in the whole run. */
  readonly client: number
  readonly clientCount: number
  readonly driver: DriverSpec
  readonly workload: WorkloadSpec
  readonly seed: number
  readonly batch: number
  readonly loadBatch: number
  readonly window: number
  /** Operations that this client starts in a second, evenly spaced; 0: as many as are answered. */
  readonly opsPerSecond: number
  /** Of `counterMemory`. */
  readonly counters: SharedArrayBuffer
}

/** To a client thread. It has one phase at a time. */
export type ClientCommand =
  /** Store the records [first, end). */
  | { readonly type: 'load'; readonly first: number; readonly end: number }
  /** Run the workload for so long. */
  | { readonly type: 'run'; readonly seconds: number }
  /** Read the records [first, end) and check them. */
  | { readonly type: 'verify'; readonly first: number; readonly end: number }
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
  /** The start failed; the thread ends. */
  | { readonly type: 'failed'; readonly message: string }

/** What one client did in one phase. */
export interface PhaseReport {
  readonly tally: CheckTally
  /** From the first draw to the last check. */
  readonly elapsedMs: number
  /** Processor time of the thread in between; 0 where the system does not tell. */
  readonly cpuNs: number
  /** Why the phase ended early; undefined when it did not. What was checked before stands. */
  readonly failure: string | undefined
}
