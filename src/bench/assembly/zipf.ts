// Ranks with Zipf's distribution: Gray et al., "Quickly generating billion-record synthetic databases" (1994), as
// YCSB uses it. Rank 0 is the most frequent one. `../zipf.ts` derives the parameters, where it explains them.

let records: f64 = 1
let zeta: f64 = 1
let secondBound: f64 = 2
let eta: f64 = 0
let alpha: f64 = 1

export function setZipf(recordCount: f64, zetaOfRecords: f64, boundOfSecond: f64, etaOfRecords: f64, exponent: f64): void {
  records = recordCount
  zeta = zetaOfRecords
  secondBound = boundOfSecond
  eta = etaOfRecords
  alpha = exponent
}

/** The rank that belongs to a fraction in [0, 1). */
@inline
export function rankOf(fraction: f64): u32 {
  const scaled = fraction * zeta
  if (scaled < 1) return 0
  if (scaled < secondBound) return 1
  // The largest fractions round to 1 here, which would be one past the last rank.
  return <u32>Math.min(records * Math.pow(eta * fraction - eta + 1, alpha), records - 1)
}
