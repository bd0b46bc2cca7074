// What Linux counts of a whole machine: processor time of each core and traffic of all interfaces since it was started.
// Elsewhere nothing is known, which is no failure.

import { readFileSync } from 'node:fs'

/** Processor time of one core so far, in ticks of whatever length. */
export interface CoreTicks {
  readonly busy: number
  readonly all: number
}

/** What all interfaces together, loopback included, have received and sent so far. */
export interface NetworkCounts {
  readonly bytesIn: number
  readonly packetsIn: number
  readonly bytesOut: number
  readonly packetsOut: number
}

/** Both. */
export interface MachineReading {
  /** Empty when the system does not tell. */
  readonly cores: readonly CoreTicks[]
  /** Null when the system does not tell. */
  readonly network: NetworkCounts | null
}

/** Reads a file of the system; throws where it does not exist. */
export type ReadText = (path: string) => string

/** Reads it from the system. */
export function readMachine(read: ReadText = readLatin): MachineReading {
  return {
    cores: attempt(() => parseCores(read('/proc/stat'))) ?? [],
    network: attempt(() => parseNetwork(read('/proc/net/dev'))) ?? null,
  }
}

/** A text that is the same for all processes of a machine, as far as the system tells. */
export function machineId(hostName: string, read: ReadText = readLatin): string {
  return `${hostName} ${attempt(() => read('/proc/sys/kernel/random/boot_id').trim()) ?? ''}`.trim()
}

/** The lines `cpu0 user nice system idle iowait irq softirq steal guest guest_nice`; guests are in user and nice already. */
export function parseCores(text: string): CoreTicks[] {
  return text.split('\n').flatMap((line) => {
    const match = /^cpu\d+ +(.*)$/.exec(line)
    if (match === null) return []
    const ticks = (match[1] ?? '').split(' ').slice(0, 8).map(Number)
    const all = ticks.reduce((sum, each) => sum + each, 0)
    const idle = (ticks[3] ?? 0) + (ticks[4] ?? 0)
    return [{ busy: all - idle, all }]
  })
}

/** The lines `name: bytes packets errs drop fifo frame compressed multicast bytes packets ...`, received and sent. */
export function parseNetwork(text: string): NetworkCounts {
  const sums = { bytesIn: 0, packetsIn: 0, bytesOut: 0, packetsOut: 0 }
  for (const line of text.split('\n')) {
    const match = /^\s*[^:\s]+:\s*(\d[\d ]*)$/.exec(line)
    if (match === null) continue
    const counts = (match[1] ?? '').trim().split(/ +/).map(Number)
    sums.bytesIn += counts[0] ?? 0
    sums.packetsIn += counts[1] ?? 0
    sums.bytesOut += counts[8] ?? 0
    sums.packetsOut += counts[9] ?? 0
  }
  return sums
}

function readLatin(path: string): string {
  return readFileSync(path, 'latin1')
}

function attempt<Value>(read: () => Value): Value | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}
