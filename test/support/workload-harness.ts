// Sources of drawn operations, and what is drawn from them.

import { KIND_END, KIND_READ, KIND_UPDATE } from '../../src/bench/workload/kinds.ts'
import { type OperationBlock, OperationSource } from '../../src/bench/workload/workload.ts'
import type { WorkloadSpec } from '../../src/bench/workload/workload-spec.ts'

/** Shares of kinds by their numbers, as a whole mix. */
export function mixOf(shares: Readonly<Record<number, number>>): number[] {
  return Array.from({ length: KIND_END }, (_, kind) => shares[kind] ?? 0)
}

/** Reads at this share, updates for the rest. */
export function readsAndUpdates(readShare: number): number[] {
  return mixOf({ [KIND_READ]: readShare, [KIND_UPDATE]: 1 - readShare })
}

/** A workload: 95% reads of a thousand records, Zipf 0.99, decimal keys, 128 bytes, unless told otherwise. */
export function workloadOf(fields: Partial<WorkloadSpec> = {}): WorkloadSpec {
  return {
    name: 'test',
    mix: readsAndUpdates(0.95),
    distribution: { kind: 'zipf', theta: 0.99 },
    keyFormat: 'decimal',
    valueSizes: { kind: 'fixed', bytes: 128 },
    records: 1_000,
    ...fields,
  }
}

/** Which client a source is for. */
export interface SourceChoices {
  readonly seed?: number
  readonly client?: number
  readonly clientCount?: number
  readonly capacity?: number
}

/** A source with two blocks, and the second one. */
export function openSource(
  fields: Partial<WorkloadSpec> = {},
  choices: SourceChoices = {},
): { source: OperationSource; block: OperationBlock } {
  const { seed = 1, client = 0, clientCount = client + 1, capacity = 1_000 } = choices
  const workload = workloadOf(fields)
  const source = new OperationSource({ workload, seed, client, clientCount, blockCount: 2, blockCapacity: capacity })
  const [, block] = source.blocks
  if (block === undefined) throw new Error('there are two blocks')
  return { source, block }
}

/** Ranks and kinds of so many operations. */
export function drawn(
  fields: Partial<WorkloadSpec>,
  count: number,
  choices: SourceChoices = {},
): { ranks: Uint32Array; kinds: Uint8Array } {
  const { source, block } = openSource(fields, { ...choices, capacity: count })
  source.draw(block, count)
  return { ranks: block.ranks, kinds: block.kinds }
}

/**
 * Whether counts are as often as they should be, by a bound on their chi-square that chance passes less than once in
 * 10^9 tests. Every expected count must be at least 25 or so.
 */
export function chiSquareExcess(counts: readonly number[], expected: readonly number[]): number {
  const statistic = counts.reduce((sum, count, at) => sum + (count - (expected[at] ?? 0)) ** 2 / (expected[at] ?? 1), 0)
  const freedom = counts.length - 1
  // Laurent and Massart (2000): P(X > d + 2 sqrt(d t) + 2 t) <= e^-t, with e^-21 < 10^-9.
  const tail = 21
  return statistic - (freedom + 2 * Math.sqrt(freedom * tail) + 2 * tail)
}
