// The plain form of what the benchmark's WebAssembly module draws: slow, and as the papers have it.

import { KIND_INCREMENT, KIND_INSERT } from '../../src/bench/workload/kinds.ts'
import type { OperationBlock } from '../../src/bench/workload/workload.ts'
import { sequenceSeed } from '../../src/bench/workload/workload.ts'
import type { Distribution, KeyFormat, WorkloadSpec } from '../../src/bench/workload/workload-spec.ts'
import { type ZipfParameters, zipfParameters } from '../../src/bench/workload/zipf.ts'

const MASK_64 = (1n << 64n) - 1n

/** A drawn operation. */
export interface PlainOperation {
  readonly kind: number
  readonly rank: number
  /** Ranks that another implementation of a power may give, whose last bit may be the one that decides. */
  readonly nearRanks: readonly number[]
}

/** Which client of a workload, and with which seed. */
export interface PlainClient {
  readonly seed: number
  readonly client: number
  readonly clientCount: number
}

/** One client's sequence. */
export class PlainSource {
  readonly #workload: WorkloadSpec
  readonly #client: PlainClient
  #state: bigint
  #inserted = 0

  constructor(workload: WorkloadSpec, client: PlainClient) {
    this.#workload = workload
    this.#client = client
    this.#state = sequenceSeed(client.seed, client.client)
  }

  /** The next operations; later blocks may ask for the records that they insert. */
  block(count: number): PlainOperation[] {
    const { records, distribution } = this.#workload
    const { client, clientCount } = this.#client
    const ranksOf = rankMaker(distribution, { records, known: this.#inserted, client, clientCount })
    return Array.from({ length: count }, () => {
      const kind = this.#kindOf(Number(this.#step() >> 32n))
      const ranks = ranksOf(Number(this.#step() >> 11n) / 2 ** 53)
      if (kind !== KIND_INSERT) return { kind, rank: ranks[0] ?? -1, nearRanks: ranks }
      const rank = records + this.#inserted * clientCount + client
      this.#inserted++
      return { kind, rank, nearRanks: [rank] }
    })
  }

  #step(): bigint {
    this.#state ^= (this.#state << 13n) & MASK_64
    this.#state ^= this.#state >> 7n
    this.#state ^= (this.#state << 17n) & MASK_64
    return this.#state
  }

  #kindOf(drawn: number): number {
    const { mix } = this.#workload
    let sum = 0
    for (const [kind, share] of mix.entries()) {
      sum += share
      if (share > 0 && drawn < Math.round(sum * 2 ** 32)) return kind
    }
    return mix.findLastIndex((share) => share > 0)
  }
}

interface KnownRecords {
  /** Of the load, and inserted by this client. */
  readonly records: number
  readonly known: number
  readonly client: number
  readonly clientCount: number
}

/** Gives for a fraction the rank, and then its neighbours. */
function rankMaker(distribution: Distribution, all: KnownRecords): (fraction: number) => number[] {
  const { records, known, client, clientCount } = all
  switch (distribution.kind) {
    case 'uniform':
      return (fraction) => [Math.floor(fraction * records)]
    case 'hotspot': {
      const { hotShare, hotOperations } = distribution
      return (fraction) => [hotspotRank(fraction, records, hotShare, hotOperations)]
    }
    case 'zipf': {
      const zipf = zipfParameters(records, distribution.theta)
      return (fraction) => neighbours(zipfRank(zipf, fraction), records)
    }
    case 'scrambled-zipf': {
      const zipf = zipfParameters(records, distribution.theta)
      const scramble = (rank: number): number => Number(fnvHash64(rank) % BigInt(records))
      return (fraction) => neighbours(zipfRank(zipf, fraction), records).map(scramble)
    }
    case 'latest': {
      const newestFirst = (age: number): number =>
        age < known ? records + (known - 1 - age) * clientCount + client : records - 1 - (age - known)
      const zipf = zipfParameters(records + known, distribution.theta)
      return (fraction) => neighbours(zipfRank(zipf, fraction), records + known).map(newestFirst)
    }
  }
}

function neighbours(rank: number, end: number): number[] {
  return [rank, Math.max(0, rank - 1), Math.min(end - 1, rank + 1)]
}

function zipfRank({ records, zeta, secondBound, eta, alpha }: ZipfParameters, fraction: number): number {
  const scaled = fraction * zeta
  if (scaled < 1) return 0
  if (scaled < secondBound) return 1
  return Math.min(Math.floor(records * (eta * fraction - eta + 1) ** alpha), records - 1)
}

function hotspotRank(fraction: number, records: number, hotShare: number, hotOperations: number): number {
  const hot = hotShare > 0 ? Math.max(1, Math.round(hotShare * records)) : 0
  const cold = records - hot
  if (hot > 0 && (cold === 0 || fraction < hotOperations)) {
    return Math.min(Math.floor(fraction * (hot / (cold === 0 ? 1 : hotOperations))), hot - 1)
  }
  const bound = hot === 0 ? 0 : hotOperations
  return Math.floor(Math.min(hot + (fraction - bound) * (cold / (1 - bound)), records - 1))
}

/** YCSB's `Utils.fnvhash64`: eight bytes, the lowest first, in signed 64-bit arithmetic. */
export function fnvHash64(value: number): bigint {
  let left = BigInt(value)
  let hash = 0xcbf29ce484222325n
  for (let byte = 0; byte < 8; byte++) {
    hash = ((hash ^ (left & 0xffn)) * 1_099_511_628_211n) & MASK_64
    left >>= 8n
  }
  const signed = BigInt.asIntN(64, hash)
  return signed < 0n ? -signed : signed
}

/** The key of an operation on the record of a rank. */
export function plainKey(format: KeyFormat, kind: number, rank: number): string {
  const key = format === 'user' ? `user${fnvHash64(rank)}` : String(rank)
  return kind === KIND_INCREMENT ? `c:${key}` : key
}

/** The key of an entry of a block, as text. */
export function keyAt({ keys, keyStrideBytes, keyLengths }: OperationBlock, index: number): string {
  const end = (index + 1) * keyStrideBytes
  const bytes = Buffer.from(keys.buffer, keys.byteOffset, keys.byteLength)
  return bytes.toString('latin1', end - (keyLengths[index] ?? 0), end)
}
