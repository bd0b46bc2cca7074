// What the load is driven with: one driver for each system and way of use, all given the same operations and checked by
// the same code. A driver belongs to one client thread.

import type { OperationBlock } from '../workload/workload.ts'

/**
 * What came of the operations of a block, by their place in it. Statuses are those of Sluice's protocol, whoever
 * answered: VALUE or MISSING for reads and the reads of a read-modify-write, OK for writes, MISSING also for the removal
 * of nothing, UNMET for an add where a record was, NUMBER for increments. Any other one is an error.
 */
export interface DrivenResults {
  status(index: number): number
  /** The bytes that the value of the result lies in; as the next two, only of a result with status VALUE. */
  source(index: number): Uint8Array
  /** Where in `source` the value starts. */
  valueStart(index: number): number
  valueBytes(index: number): number
  /** The result of an increment. */
  number(index: number): bigint
  /** Nothing of the results is used any more. */
  release(): void
}

/** Executes operations on one system. */
export interface Driver {
  /** Bytes that went to the system and came from it so far, as the socket counts them; 0 where there is none. */
  readonly bytesSent: number
  readonly bytesReceived: number
  /**
   * Executes all operations of the block, those on one record in order, and resolves when all are answered; a
   * read-modify-write is a read here. Blocks may be under way at the same time, and one does not change before its
   * results are released. Rejects when an operation may not have been executed.
   */
  execute(block: OperationBlock): Promise<DrivenResults>
  /** Ends the connections when all is answered. */
  close(): Promise<void>
}

/** Which driver, and where what it drives is. Plain data. */
export type DriverSpec =
  /** Batches and calls with promises of the public client; `addresses` are of any nodes. */
  | {
      readonly kind: 'sluice-batch' | 'sluice-promises'
      readonly addresses: readonly string[]
      /** Default: the nodes ask for none. */
      readonly password?: string
    }
  /** A server that speaks Redis' protocol, or memcached with its text or its meta commands, at `host:port`. */
  | { readonly kind: 'resp' | 'memcached-text' | 'memcached-meta'; readonly address: string }
  /** The engine in the client's own thread. */
  | { readonly kind: 'sluice-embedded'; readonly memoryBytesMax: number }

/** Every kind of driver. */
export const DRIVER_KINDS = [
  'sluice-batch',
  'sluice-promises',
  'sluice-embedded',
  'resp',
  'memcached-text',
  'memcached-meta',
] as const satisfies readonly DriverSpec['kind'][]
