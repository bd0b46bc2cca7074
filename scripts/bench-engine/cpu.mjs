// Processor time. Wall time says little on a machine that does other things too.

import { closeSync, openSync, readSync } from 'node:fs'

/** Processor time of the whole process, ns: helper threads of the garbage collector included. */
export function processCpuNs() {
  const { user, system } = process.cpuUsage()
  return (user + system) * 1000
}

/** Processor time of the thread that made it, ns, exact enough for single calls of some microseconds. Linux only. */
export class ThreadClock {
  #file = openSync('/proc/thread-self/schedstat', 'r')
  #digits = Buffer.alloc(64)
  /** Pages that the process had touched for the first time when the clock was last read. */
  pageFaults = 0

  nowNs() {
    // The kernel adds up a running thread's time at ticks, up to 4 ms late; this call (getrusage) makes it do so now.
    this.pageFaults = process.resourceUsage().minorPageFault
    readSync(this.#file, this.#digits, 0, this.#digits.length, 0)
    let ns = 0
    for (let at = 0; this.#digits[at] !== 0x20; at++) ns = ns * 10 + this.#digits[at] - 0x30
    return ns
  }

  close() {
    closeSync(this.#file)
  }
}
