// The parameters of Gray's Zipf generator (Gray et al., "Quickly generating billion-record synthetic databases", 1994),
// as YCSB uses it: rank k of n has the probability 1 / ((k + 1)^theta * zeta(n)).
//
//   zeta(n)      sum of 1 / k^theta for k = 1..n
//   secondBound  1 + 0.5^theta: below it, a fraction times zeta(n) means rank 1; below 1, rank 0
//   alpha, eta   every other fraction u gives rank floor(n * (eta * u - eta + 1)^alpha), which is approximate:
//                exact for the two most frequent ranks, a smooth curve for the rest

/** What one distribution needs to be drawn from. */
export interface ZipfParameters {
  readonly records: number
  readonly zeta: number
  readonly secondBound: number
  readonly eta: number
  readonly alpha: number
}

/** The parameters for `records` ranks; `theta` from 0 (uniform) to below 1. Takes about 30 ns for each record. */
export function zipfParameters(records: number, theta: number): ZipfParameters {
  const zeta = zetaOf(records, theta)
  const secondBound = 1 + 0.5 ** theta
  // With one or two ranks the bounds of these decide alone, and eta, which would be 0 / 0, has no meaning.
  const eta = records > 2 ? (1 - (2 / records) ** (1 - theta)) / (1 - secondBound / zeta) : 0
  return { records, zeta, secondBound, eta, alpha: 1 / (1 - theta) }
}

function zetaOf(records: number, theta: number): number {
  let sum = 0
  // The smallest terms first, so that none is lost in the rounding of a large sum.
  for (let place = records; place >= 1; place--) sum += place ** -theta
  return sum
}
