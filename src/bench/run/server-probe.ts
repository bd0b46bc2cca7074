// What is read of the server while a run goes on: the figures that a client cannot know, and a second opinion on those that
// it can.

import type { Clock } from '../../util/clock.ts'
import { SluiceError } from '../../util/errors.ts'

/** What the server has done and holds at one moment; a figure that it does not tell is undefined. */
export interface ServerReading {
  /** When the answer was there, monotonic. */
  readonly atMs: number
  /** Processor time so far. */
  readonly cpuNs: number | undefined
  /** Resident memory of its processes. */
  readonly rssBytes: number | undefined
  /** Operations executed so far, by its own count. */
  readonly operations: number | undefined
  /** Frames answered so far. */
  readonly frames: number | undefined
}

/** Reads a server. */
export interface ServerProbe {
  /** Threads that serve. */
  readonly threads: number
  /** Never rejects: of a server that does not answer nothing is known. */
  read(): Promise<ServerReading>
}

/** What is used of a Sluice client: the counters of each shard thread, by name. */
export interface CountedClient {
  stats(): Promise<readonly Readonly<Record<string, unknown>>[]>
}

/** What is used of a process: `Usage` of the systems under test. */
export interface MeasuredProcesses {
  usage(): { readonly cpuNs: number; readonly rssBytes: number } | undefined
}

/**
 * Reads a Sluice server through a client of its own. Rejects when that does not answer now.
 * @param processes The server's, when they are nobody else's: their time counts in full. Default: only that of the shard
 *   threads does, and memory is not known.
 */
export async function sluiceProbe(
  control: CountedClient,
  clock: Clock,
  processes?: MeasuredProcesses,
): Promise<ServerProbe> {
  const { threads } = await readCounters(control)
  return {
    threads,
    async read() {
      const usage = processes?.usage()
      const counters = await readCounters(control).catch(() => undefined)
      const atMs = clock.monotonicMs()
      if (counters === undefined) return { ...nothingAt(atMs), ...usage }
      const { threadsNs, operations, frames } = counters
      return {
        atMs,
        cpuNs: usage?.cpuNs ?? (threadsNs === 0 ? undefined : threadsNs),
        rssBytes: usage?.rssBytes,
        operations,
        frames,
      }
    },
  }
}

/** Reads what the system knows of the server's processes. */
export function processProbe(threads: number, clock: Clock, processes: MeasuredProcesses): ServerProbe {
  return {
    threads,
    read: () => Promise.resolve({ ...nothingAt(clock.monotonicMs()), ...processes.usage() }),
  }
}

/** There is no server, or nothing is known of it. */
export function noProbe(clock: Clock): ServerProbe {
  return { threads: 0, read: () => Promise.resolve(nothingAt(clock.monotonicMs())) }
}

function nothingAt(atMs: number): ServerReading {
  return { atMs, cpuNs: undefined, rssBytes: undefined, operations: undefined, frames: undefined }
}

interface ServerCounters {
  readonly threads: number
  /** 0 where the system does not tell. */
  readonly threadsNs: number
  readonly operations: number
  readonly frames: number
}

async function readCounters(control: CountedClient): Promise<ServerCounters> {
  const stats = await control.stats()
  const sum = (name: string): number => stats.reduce((total, thread) => total + counter(thread, name), 0)
  return { threads: stats.length, threadsNs: sum('threadCpuNs'), operations: sum('operations'), frames: sum('frames') }
}

function counter(thread: Readonly<Record<string, unknown>>, name: string): number {
  const value = thread[name]
  if (typeof value === 'number') return value
  throw new SluiceError('PROTOCOL', `the server reports no ${name}`)
}
