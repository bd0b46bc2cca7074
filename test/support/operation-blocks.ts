// Blocks of operations as a test spells them, without a generator.

import type { OperationBlock } from '../../src/bench/workload/workload.ts'
import { encodeUtf8 } from '../../src/util/bytes.ts'

const KEY_STRIDE_BYTES = 24

/** One operation of a block. */
export interface BlockEntry {
  readonly kind: number
  readonly rank: number
  /** Default: the rank in decimal digits. */
  readonly key?: string
}

/** A block that holds these operations. */
export function blockOf(entries: readonly BlockEntry[], capacity = entries.length): OperationBlock {
  const block = {
    count: 0,
    keys: new Uint8Array(new SharedArrayBuffer(capacity * KEY_STRIDE_BYTES)),
    keyStrideBytes: KEY_STRIDE_BYTES,
    ranks: new Uint32Array(capacity),
    kinds: new Uint8Array(capacity),
    keyLengths: new Uint8Array(capacity),
  }
  fillBlock(block, entries)
  return block
}

/** Replaces what the block holds. */
export function fillBlock(block: OperationBlock, entries: readonly BlockEntry[]): void {
  block.count = entries.length
  for (const [index, { kind, rank, key: text = String(rank) }] of entries.entries()) {
    const key = encodeUtf8(text)
    block.keys.set(key, (index + 1) * block.keyStrideBytes - key.length)
    block.keyLengths[index] = key.length
    block.ranks[index] = rank
    block.kinds[index] = kind
  }
}

/** What the block holds. */
export function entriesOf({ kinds, ranks, count }: OperationBlock): BlockEntry[] {
  return Array.from({ length: count }, (_, index) => ({ kind: kinds[index] ?? -1, rank: ranks[index] ?? -1 }))
}

/** The key of an operation, as text. */
export function keyTextOf({ keys, keyStrideBytes, keyLengths }: OperationBlock, index: number): string {
  const end = (index + 1) * keyStrideBytes
  return new TextDecoder().decode(keys.slice(end - (keyLengths[index] ?? 0), end))
}
