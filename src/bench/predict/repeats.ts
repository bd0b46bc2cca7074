// How many results of a section only refer to an earlier one, which is what the server answers to a read of a record that
// it has shown in the same section and that has not changed since.
//
// All operations on a key are in one section, however many shards share a batch, so the batch decides and not its parts:
// more servers lose no repeats. Take one key with share p of the operations of a batch of n, of which the share r are
// reads. A read is a repeat when the operation on the key before it was a read too (a write in between makes a new
// version) and the engine's table still knows that result. Two operations on the key with g others between them come
//
//     (n - 1 - g) * p^2 * (1 - p)^g      times a batch,
//
// both are reads with probability r^2, and each operation in between throws the table's entry out with probability
// e = r * (w - p) / (1 - p) / ENTRIES, where w is the shard's share of all operations. So the key has
//
//     r^2 * p^2 * sum over g of (n - 1 - g) * x^g,      x = (1 - p) * (1 - e)
//
// repeats in a batch, a sum that has a closed form. Without writes and with an endless table it is n * p - 1 + (1 - p)^n:
// the expected reads less the probability that there is one at all. That every read between the two throws the entry out
// with the same probability is a little too dark, since a key that comes ten times there counts once: replies are
// foretold 0 to 3% too large.

import { assert } from '../../util/assert.ts'

/** Entries of the engine's table of results seen (`engine/assembly/repeats.ts`), one table for each shard. */
export const REPEAT_ENTRIES = 8_192

/** A reference this far back or less takes one byte less than two, `protocol/compact.ts`. */
const NEAR_DISTANCE_MAX = 252

/** One key in batches of one size. */
export interface RepeatedKey {
  /** Operations of a batch; a batch that makes several sections of a shard counts as several batches. */
  readonly operations: number
  /** Share of the operations that are on this key. */
  readonly share: number
  /** Share of the operations that are on the key's shard, this key among them. */
  readonly shardShare: number
  /** Share of the operations that are reads. */
  readonly readShare: number
  /** Entries of the table; infinite for one that never forgets. */
  readonly entries?: number
}

/** Results of a batch that refer to an earlier one. */
export interface Repeats {
  readonly all: number
  /** Those among them whose distance takes one byte. */
  readonly near: number
}

/** Expected repeats of one key in a batch. */
export function expectedRepeats(key: RepeatedKey): Repeats {
  const { operations, share, shardShare, readShare, entries = REPEAT_ENTRIES } = key
  assert(share >= 0 && share <= shardShare && shardShare <= 1, 'a key has a part of its shard, that of all')
  if (operations <= 1 || share === 0) return { all: 0, near: 0 }
  if (share === 1) return allTheSame(operations, readShare)
  const others = (shardShare - share) / (1 - share)
  const kept = (1 - share) * (1 - (readShare * others) / entries)
  const factor = (readShare * share) ** 2
  // Distances count the operations of the section, which are a part of those of the batch.
  const nearGap = others === 0 ? operations : (NEAR_DISTANCE_MAX - 1) / others
  const gapMost = operations - 2
  return {
    all: factor * pairs(operations, kept, gapMost),
    near: factor * pairs(operations, kept, Math.min(Math.floor(nearGap), gapMost)),
  }
}

/** Every operation is on this key: only neighbours count, x^0 = 1. */
function allTheSame(operations: number, readShare: number): Repeats {
  const all = readShare ** 2 * (operations - 1)
  return { all, near: all }
}

/** Where a gap makes less difference than this, the closed form would lose its digits and a straight line is exact enough. */
const LINEAR_MOST = 1e-4

/** Sum of (n - 1 - g) * x^g for g from 0 to `gapMost`. */
function pairs(operations: number, x: number, gapMost: number): number {
  const count = gapMost + 1
  if (count <= 0) return 0
  const y = 1 - x
  if (y * operations < LINEAR_MOST) return count * (operations - 1) - (count * gapMost) / 2
  const power = x ** count
  const weighted = (x - power * (count - gapMost * x)) / (y * y)
  return ((operations - 1) * (1 - power)) / y - weighted
}
