// One operation of the group in flight: what the early passes found out for the last one.

import { STEPS_AT } from './layout.ts'

/** Operations that are taken through the passes together; measured in docs/BENCHMARKS.md. */
export const GROUP_STEPS: u32 = 32

const STEP_BYTES: u32 = 32

@unmanaged
export class Step {
  /** The operation byte. */
  operation: u32
  hash: u32
  key: usize
  keyBytes: u32
  value: usize
  valueBytes: u32
  /** Address of the home bucket when the group began: a hint. */
  bucket: usize
  /** The first record whose tag matched in that bucket, or 0: a hint. */
  record: usize
}

@inline
export function stepAt(index: u32): Step {
  return changetype<Step>(STEPS_AT + index * STEP_BYTES)
}
