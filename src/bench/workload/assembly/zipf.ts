// Ranks with Zipf's distribution: Gray et al., "Quickly generating billion-record synthetic databases" (1994), as
// YCSB uses it. Rank 0 is the most frequent one. `../zipf.ts` derives the parameters, where it explains them.

import { powers } from './power.ts'

let records: f64 = 1
let zeta: f64 = 1
let secondBound: f64 = 2
let eta: f64 = 0
let alpha: f64 = 1
let theta: f64 = 0

export function setZipfParameters(
  recordCount: f64,
  zetaOfRecords: f64,
  boundOfSecond: f64,
  etaOfRecords: f64,
  exponent: f64,
  skew: f64,
): void {
  records = recordCount
  zeta = zetaOfRecords
  secondBound = boundOfSecond
  eta = etaOfRecords
  alpha = exponent
  theta = skew
}

/** Adds so many records: zeta grows by their terms alone, a power each. */
export function growZipf(count: u32): void {
  if (count == 0) return
  for (let index: u32 = 0; index < count; index++) {
    records += 1
    zeta += f64x2.extract_lane(powers(f64x2.splat(1 / records), theta), 0)
  }
  if (records > 2) {
    const share = f64x2.extract_lane(powers(f64x2.splat(2 / records), 1 - theta), 0)
    eta = (1 - share) / (1 - secondBound / zeta)
  }
}

/** The ranks that belong to two fractions in [0, 1): u32 in the first two of four places. */
@inline
export function zipfRanksOf(fractions: v128): v128 {
  const scaled = f64x2.mul(fractions, f64x2.splat(zeta))
  const isFirst = f64x2.lt(scaled, f64x2.splat(1))
  const isSecond = f64x2.lt(scaled, f64x2.splat(secondBound))
  const bases = f64x2.add(f64x2.sub(f64x2.mul(f64x2.splat(eta), fractions), f64x2.splat(eta)), f64x2.splat(1))
  // The largest fractions give a base of 1, which would be one past the last rank.
  const curve = f64x2.pmin(f64x2.mul(f64x2.splat(records), powers(bases, alpha)), f64x2.splat(records - 1))
  // What is first lies below the bound of the second as well; without bits it is 0.
  const ranks = v128.andnot(v128.bitselect(f64x2.splat(1), curve, isSecond), isFirst)
  return i32x4.trunc_sat_f64x2_u_zero(ranks)
}
