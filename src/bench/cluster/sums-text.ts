// Sums of clients as a message carries them. Latencies are mostly zeros: only the other counts are listed, each behind the
// distance to the one before.

import { assert } from '../../util/assert.ts'
import { SluiceError } from '../../util/errors.ts'
import type { ClientSums } from '../load/client-counters.ts'
import { LATENCY_FIELDS, Latencies } from '../load/latencies.ts'

/** Counts that are not zero: distance from the one before (the first: from -1) and count, in turn. */
export type SparseCounts = readonly number[]

/** `ClientSums`, as JSON. */
export interface SentSums extends Omit<ClientSums, 'latencies'> {
  readonly latencies: SparseCounts
}

/** Sums to send. */
export function sentSums({ latencies, ...sums }: ClientSums): SentSums {
  return { ...sums, latencies: sparseLatencies(latencies) }
}

/** Sums that were sent. */
export function receivedSums({ latencies, ...sums }: SentSums): ClientSums {
  return { ...sums, latencies: latenciesOf(latencies) }
}

/** Lists what is not zero. */
export function sparseLatencies(latencies: Latencies): SparseCounts {
  const counts = new Float64Array(LATENCY_FIELDS)
  new Latencies(counts).add(latencies)
  const sparse: number[] = []
  let last = -1
  for (let at = 0; at < LATENCY_FIELDS; at++) {
    const count = counts[at] as number
    if (count === 0) continue
    sparse.push(at - last, count)
    last = at
  }
  return sparse
}

/** What was listed. Throws PROTOCOL when it lies outside. */
export function latenciesOf(sparse: SparseCounts): Latencies {
  assert(sparse.length % 2 === 0, 'each count stands behind its distance')
  const counts = new Float64Array(LATENCY_FIELDS)
  let at = -1
  for (let index = 0; index < sparse.length; index += 2) {
    at += sparse[index] as number
    if (!(at >= 0 && at < LATENCY_FIELDS)) throw new SluiceError('PROTOCOL', `there is no latency ${at}`)
    counts[at] = sparse[index + 1] as number
  }
  return new Latencies(counts)
}
