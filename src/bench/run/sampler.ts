// Looks at clients and server now and then while a phase lasts, and tells what happened in between.

import { type ClientSums, sumsSince } from '../load/client-counters.ts'
import type { LoadClients } from '../load/load-clients.ts'
import type { ServerProbe, ServerReading } from './server-probe.ts'

/** What happened from one look to the next; null is what nobody told. */
export interface Sample {
  /** End of the stretch, seconds since the start. */
  readonly second: number
  /** Its length. */
  readonly durationSeconds: number
  /** Operations completed and checked. */
  readonly operations: number
  readonly mismatches: number
  readonly bytesSent: number
  readonly bytesReceived: number
  /** Latency of all kinds of operations. */
  readonly p50Ms: number | null
  readonly p99Ms: number | null
  /** Operations that the server counted. */
  readonly serverOperations: number | null
  /** Processor time of the server in each second. */
  readonly serverCores: number | null
  readonly serverRssBytes: number | null
}

/** All of it, from the start to the last look. */
export interface Stretch {
  readonly sums: ClientSums
  readonly first: ServerReading
  /** Of a server that stopped answering meanwhile, its last answer. */
  readonly last: ServerReading
}

/** A shorter piece at the end of a run says too little to stand beside whole seconds. */
export const WHOLE_SECONDS_MIN = 0.5

const MS_PER_SECOND = 1_000
const NS_PER_SECOND = 1e9
const NS_PER_MS = 1e6

/** Samples one phase. */
export class Sampler {
  readonly samples: Sample[] = []
  readonly #clients: Pick<LoadClients, 'sums'>
  readonly #probe: ServerProbe
  readonly #firstSums: ClientSums
  readonly #first: ServerReading
  #lastSums: ClientSums
  #last: ServerReading
  #lastAnswer: ServerReading

  /** Looks for the first time. */
  static async start(clients: Pick<LoadClients, 'sums'>, probe: ServerProbe): Promise<Sampler> {
    return new Sampler(clients, probe, await probe.read())
  }

  private constructor(clients: Pick<LoadClients, 'sums'>, probe: ServerProbe, first: ServerReading) {
    this.#clients = clients
    this.#probe = probe
    this.#first = first
    this.#last = first
    this.#lastAnswer = first
    this.#firstSums = clients.sums()
    this.#lastSums = this.#firstSums
  }

  /** What all clients have done since the first look. */
  get stretch(): Stretch {
    return { sums: sumsSince(this.#lastSums, this.#firstSums), first: this.#first, last: this.#lastAnswer }
  }

  /** Looks again, and keeps what happened since the last time. */
  async look(): Promise<Sample> {
    const now = await this.#probe.read()
    const sums = this.#clients.sums()
    const { checked, mismatches, bytesSent, bytesReceived, latencies } = sumsSince(sums, this.#lastSums)
    const durationSeconds = (now.atMs - this.#last.atMs) / MS_PER_SECOND
    const cpuNs = difference(now.cpuNs, this.#last.cpuNs)
    const inMs = (ns: number | undefined): number | null => (ns === undefined ? null : ns / NS_PER_MS)
    const sample: Sample = {
      second: (now.atMs - this.#first.atMs) / MS_PER_SECOND,
      durationSeconds,
      operations: checked,
      mismatches,
      bytesSent,
      bytesReceived,
      p50Ms: inMs(latencies.percentileNs(0.5)),
      p99Ms: inMs(latencies.percentileNs(0.99)),
      serverOperations: difference(now.operations, this.#last.operations),
      serverCores: cpuNs === null || durationSeconds === 0 ? null : cpuNs / NS_PER_SECOND / durationSeconds,
      serverRssBytes: now.rssBytes ?? null,
    }
    this.#last = now
    // One who never counted answers all the same.
    if (now.operations !== undefined || this.#lastAnswer.operations === undefined) this.#lastAnswer = now
    this.#lastSums = sums
    this.samples.push(sample)
    return sample
  }
}

function difference(now: number | undefined, before: number | undefined): number | null {
  return now === undefined || before === undefined ? null : now - before
}
