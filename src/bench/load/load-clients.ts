// What leads a run needs of its clients, wherever they are: threads of this process, or processes of many machines.

import type { ClientSums } from './client-counters.ts'
import type { PhaseTotals } from './client-threads.ts'

/** Clients that go through phases together, one phase at a time. */
export interface LoadClients {
  /** What all of them have done in all phases so far. */
  sums(): ClientSums
  /** Stores the records [first, end), an equal part by each client. */
  load(first: number, end: number): Promise<PhaseTotals>
  /** Runs the workload for so many seconds. */
  run(seconds: number): Promise<PhaseTotals>
  /** Reads and checks the records [first, end), an equal part by each client. */
  verify(first: number, end: number): Promise<PhaseTotals>
  /** Ends the present phase after the blocks under way; it resolves with what it has. */
  stop(): void
}
