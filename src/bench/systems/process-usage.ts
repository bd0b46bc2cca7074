// What a process has used, as the kernel accounts it. Linux alone tells; elsewhere all is 0.
//
// CPU is the sum over the threads, from schedstat: nanoseconds, where the totals of the whole process come in ticks of
// 10 ms. A thread that has ended is gone from there: it counts as it was at the last reading, so what it used after
// that is missing. Servers keep their threads for as long as they run.

import { readdirSync, readFileSync } from 'node:fs'

/** What was used so far. */
export interface ProcessUsage {
  /** CPU time of all threads, in user and kernel mode. */
  readonly cpuNs: number
  /** Memory that is resident now. */
  readonly rssBytes: number
}

const BYTES_PER_KIB = 1_024

/** Reads the usage of one or several processes, again and again. */
export class UsageReader {
  readonly #processIds: readonly number[]
  /** By thread; ended ones stay. */
  readonly #cpuNs = new Map<string, number>()
  /** Of threads whose number another one has got. */
  #lostNs = 0

  constructor(processIds: readonly number[]) {
    this.#processIds = processIds
  }

  /** The sums over the processes; of those that have ended only the CPU time at the last reading. */
  read(): ProcessUsage {
    let rssBytes = 0
    for (const processId of this.#processIds) {
      rssBytes += rssBytesOf(processId)
      for (const thread of threadsOf(processId)) this.#note(`${processId}/task/${thread}`)
    }
    let cpuNs = this.#lostNs
    for (const threadNs of this.#cpuNs.values()) cpuNs += threadNs
    return { cpuNs, rssBytes }
  }

  #note(thread: string): void {
    const cpuNs = Number(/^\d+/.exec(readProc(`${thread}/schedstat`))?.[0] ?? 0)
    const earlierNs = this.#cpuNs.get(thread) ?? 0
    if (cpuNs < earlierNs) this.#lostNs += earlierNs
    this.#cpuNs.set(thread, cpuNs)
  }
}

function rssBytesOf(processId: number): number {
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readProc(`${processId}/status`))?.[1]
  return Number(kib ?? 0) * BYTES_PER_KIB
}

function threadsOf(processId: number): string[] {
  try {
    return readdirSync(`/proc/${processId}/task`)
  } catch {
    return []
  }
}

/** Empty when the process or thread has ended, and where there is no such file system. */
function readProc(path: string): string {
  try {
    return readFileSync(`/proc/${path}`, 'latin1')
  } catch {
    return ''
  }
}
