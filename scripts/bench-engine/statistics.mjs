// Median and spread of a few rounds, percentiles of many calls.

/**
 * @typedef {{ least: number, median: number, most: number }} Spread
 */

/**
 * @param {number[]} samples at least one
 * @returns {Spread}
 */
export function spreadOf(samples) {
  const sorted = Float64Array.from(samples).sort()
  return { least: sorted[0], median: percentile(sorted, 0.5), most: sorted[sorted.length - 1] }
}

/**
 * The smallest sample that `share` of all samples do not exceed.
 * @param {Float64Array} sorted ascending, at least one
 * @param {number} share
 * @returns {number}
 */
export function percentile(sorted, share) {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)]
}

/**
 * Three cells of a table: median, least, most.
 * @param {Spread} spread
 * @param {number} digits
 */
export function spreadCells({ least, median, most }, digits) {
  return [median.toFixed(digits), `${least.toFixed(digits)} to ${most.toFixed(digits)}`]
}
