// A system under test: a server that the benchmark has started on this machine, and stops again.

import type { ProcessUsage } from './process-usage.ts'

/** A running server. */
export interface System {
  /** `redis-server`, `memcached`, ... */
  readonly name: string
  /** As the program tells it. */
  readonly version: string
  /** `host:port` on the loopback interface. */
  readonly address: string
  readonly processIds: readonly number[]
  /** Threads that execute requests. */
  readonly serverThreads: number
  /** The command line that it was started with, to be repeated. */
  readonly command: string
  /** Resolves when the server has ended, with how: also when it was not told to. */
  readonly ended: Promise<string>
  /** What its processes have used so far. */
  usage(): ProcessUsage
  /** Ends it and waits for that; nothing is left behind. May be called again. */
  stop(): Promise<void>
}

/** How a system is started. What one of them cannot do is refused, not ignored. */
export interface SystemOptions {
  /** Threads that execute requests, at least 1. Default 1. */
  readonly threads?: number
  /** Bytes of the largest value that will be stored. Default 1 KiB. */
  readonly valueBytesMax?: number
  /** Bytes that the records may take in all, where that has to be said. Default 1 GiB. */
  readonly memoryBytesMax?: number
}

/** The options of a system with nothing left open. */
export type ResolvedSystemOptions = Required<SystemOptions>

const VALUE_BYTES_DEFAULT = 1_024
const MEMORY_BYTES_DEFAULT = 1_024 * 1_024 * 1_024

/** Fills in what was not said. */
export function resolveSystemOptions(options: SystemOptions): ResolvedSystemOptions {
  return { threads: 1, valueBytesMax: VALUE_BYTES_DEFAULT, memoryBytesMax: MEMORY_BYTES_DEFAULT, ...options }
}
