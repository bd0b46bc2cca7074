// What one client has done so far, in memory that it shares with the main thread: the client writes, the main thread
// reads whenever it likes. All of it only grows, over all phases of a run.

import { assert } from '../../util/assert.ts'
import { LATENCY_FIELDS, Latencies } from './latencies.ts'

const CHECKED = 0
const MISMATCHES = 1
const BYTES_SENT = 2
const BYTES_RECEIVED = 3
const LATENCIES = 4

/** Numbers of one client. */
const FIELDS = LATENCIES + LATENCY_FIELDS

/** The sums of several clients at one moment. */
export interface ClientSums {
  /** Results checked, right or wrong. */
  readonly checked: number
  readonly mismatches: number
  readonly bytesSent: number
  readonly bytesReceived: number
  readonly latencies: Latencies
}

/** Counters of one client. */
export class ClientCounters {
  readonly latencies: Latencies
  readonly #fields: Float64Array

  /** @param memory Of `counterMemory`, or a copy of it that another thread was sent: both see the same. */
  constructor(memory: SharedArrayBuffer) {
    assert(memory.byteLength === FIELDS * Float64Array.BYTES_PER_ELEMENT, 'memory for one client')
    this.#fields = new Float64Array(memory, 0, LATENCIES)
    this.latencies = new Latencies(new Float64Array(memory, LATENCIES * Float64Array.BYTES_PER_ELEMENT))
  }

  get checked(): number {
    return this.#fields[CHECKED] as number
  }

  get mismatches(): number {
    return this.#fields[MISMATCHES] as number
  }

  get bytesSent(): number {
    return this.#fields[BYTES_SENT] as number
  }

  get bytesReceived(): number {
    return this.#fields[BYTES_RECEIVED] as number
  }

  /** Replaces the counts. */
  put(checked: number, mismatches: number, bytesSent: number, bytesReceived: number): void {
    this.#fields[CHECKED] = checked
    this.#fields[MISMATCHES] = mismatches
    this.#fields[BYTES_SENT] = bytesSent
    this.#fields[BYTES_RECEIVED] = bytesReceived
  }
}

/** Memory for the counters of one client, all zero. */
export function counterMemory(): SharedArrayBuffer {
  return new SharedArrayBuffer(FIELDS * Float64Array.BYTES_PER_ELEMENT)
}

/** What all of them have done so far. */
export function sumCounters(clients: readonly ClientCounters[]): ClientSums {
  const latencies = new Latencies()
  const sums = { checked: 0, mismatches: 0, bytesSent: 0, bytesReceived: 0 }
  for (const client of clients) {
    latencies.add(client.latencies)
    sums.checked += client.checked
    sums.mismatches += client.mismatches
    sums.bytesSent += client.bytesSent
    sums.bytesReceived += client.bytesReceived
  }
  return { ...sums, latencies }
}

/** What was done between two moments. */
export function sumsSince(now: ClientSums, earlier: ClientSums): ClientSums {
  return {
    checked: now.checked - earlier.checked,
    mismatches: now.mismatches - earlier.mismatches,
    bytesSent: now.bytesSent - earlier.bytesSent,
    bytesReceived: now.bytesReceived - earlier.bytesReceived,
    latencies: now.latencies.since(earlier.latencies),
  }
}
