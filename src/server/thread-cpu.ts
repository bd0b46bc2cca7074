import { readFileSync } from 'node:fs'

/** Processor time of the calling thread in nanoseconds; 0 where the system does not tell (all but Linux). */
export function threadCpuNs(): number {
  try {
    const [ns = ''] = readFileSync('/proc/thread-self/schedstat', 'latin1').split(' ')
    return Number(ns)
  } catch {
    return 0
  }
}
