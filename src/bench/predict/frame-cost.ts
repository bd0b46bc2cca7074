// What a frame costs beside its operations: system calls, waking up, looking at headers. A straight line through figures for
// frames of several sizes tells the two apart: CPU per operation = costOfOne + costOfFrame / operations of a frame.

import { assert } from '../../util/assert.ts'

/** Processor time of an operation, as measured with frames of one size. */
export interface FrameSizeCost {
  readonly opsPerFrame: number
  readonly cpuNsPerOp: number
}

/** The two parts of it. */
export interface CostParts {
  readonly nsPerOp: number
  readonly nsPerFrame: number
}

/**
 * The line with the least squares of relative errors. Relative, because otherwise the smallest frames, whose figures are the
 * largest, would decide alone. At least two sizes.
 */
export function fitFrameCost(measured: readonly FrameSizeCost[]): CostParts {
  let weight = 0
  let x = 0
  let y = 0
  let xx = 0
  let xy = 0
  for (const { opsPerFrame, cpuNsPerOp } of measured) {
    const each = 1 / cpuNsPerOp ** 2
    const inverse = 1 / opsPerFrame
    weight += each
    x += each * inverse
    y += each * cpuNsPerOp
    xx += each * inverse * inverse
    xy += each * inverse * cpuNsPerOp
  }
  const spread = weight * xx - x * x
  assert(spread > 0, 'a line goes through at least two sizes')
  const nsPerFrame = (weight * xy - x * y) / spread
  return { nsPerFrame, nsPerOp: (y - nsPerFrame * x) / weight }
}
