// Tells the module that draws what a client of a workload draws: kinds, distribution and keys.

import { assert } from '../../util/assert.ts'
import type { DrawingExports } from './drawing-module.ts'
import { COUNTER_PREFIX, KIND_END, KIND_INCREMENT, KIND_INSERT } from './kinds.ts'
import type { Distribution, WorkloadSpec } from './workload-spec.ts'
import { zipfParameters } from './zipf.ts'

/** Ranks are 32 bits. */
export const RANKS_MAX = 2 ** 32

const RANGE_32 = 2 ** 32
const STRIDE_UNIT_BYTES = 8

/** Digits of the ranks of a load, of any rank, and of YCSB's hash of one. */
const LOADED_DIGITS = 8
const RANK_DIGITS = 10
const HASH_DIGITS = 19
const USER_PREFIX_BYTES = 4

/** Bytes that each key has in a block: what the longest one takes, rounded up to words. */
export function keyStrideBytesOf({ mix, keyFormat }: WorkloadSpec): number {
  const has = (kind: number): boolean => (mix[kind] ?? 0) > 0
  const rankDigits = has(KIND_INSERT) ? RANK_DIGITS : LOADED_DIGITS
  const keyBytes = keyFormat === 'user' ? USER_PREFIX_BYTES + HASH_DIGITS : rankDigits
  const bytes = keyBytes + (has(KIND_INCREMENT) ? COUNTER_PREFIX.length : 0)
  return Math.ceil(bytes / STRIDE_UNIT_BYTES) * STRIDE_UNIT_BYTES
}

/** Sets everything but the seed. */
export function prepareDrawing(
  exports: DrawingExports,
  workload: WorkloadSpec,
  client: number,
  clientCount: number,
): void {
  const { mix, distribution, keyFormat, records } = workload
  addKinds(exports, mix)
  setDistribution(exports, distribution, records)
  if (distribution.kind === 'latest') exports.setLatest(client, clientCount)
  if ((mix[KIND_INSERT] ?? 0) > 0) exports.setInserts(KIND_INSERT, records + client, clientCount)
  exports.setKeyStride(keyStrideBytesOf(workload))
  if (keyFormat === 'user') exports.setUserKeys()
  else exports.setDecimalKeys()
  if ((mix[KIND_INCREMENT] ?? 0) > 0) exports.setCounters(KIND_INCREMENT, prefixWord())
}

/** Each kind is drawn below its bound in 32 bits, which is the sum of the shares so far. */
function addKinds(exports: DrawingExports, mix: readonly number[]): void {
  let sum = 0
  for (let kind = 0; kind < KIND_END; kind++) {
    const share = mix[kind] ?? 0
    sum += share
    if (share > 0) exports.addKind(kind, BigInt(Math.round(sum * RANGE_32)))
  }
  assert(Math.abs(sum - 1) < 1e-9, 'the shares of a mix are 1 together')
}

function setDistribution(exports: DrawingExports, distribution: Distribution, records: number): void {
  if (distribution.kind === 'uniform') {
    exports.setUniform(records)
  } else if (distribution.kind === 'hotspot') {
    setHotspot(exports, records, distribution.hotShare, distribution.hotOperations)
  } else {
    const { zeta, secondBound, eta, alpha } = zipfParameters(records, distribution.theta)
    exports.setZipf(records, zeta, secondBound, eta, alpha, distribution.theta)
    if (distribution.kind === 'scrambled-zipf') exports.setScrambledZipf()
  }
}

function setHotspot(exports: DrawingExports, records: number, hotShare: number, hotOperations: number): void {
  const hot = hotShare > 0 ? Math.max(1, Math.round(hotShare * records)) : 0
  const cold = records - hot
  // A part without records gets no operations.
  const bound = cold === 0 ? 1 : hot === 0 ? 0 : hotOperations
  exports.setHotspot(records, hot, bound, bound > 0 ? hot / bound : 0, bound < 1 ? cold / (1 - bound) : 0)
}

function prefixWord(): number {
  assert(COUNTER_PREFIX.length === 2, 'the prefix of counters is written as one word')
  return COUNTER_PREFIX.charCodeAt(0) | (COUNTER_PREFIX.charCodeAt(1) << 8)
}
