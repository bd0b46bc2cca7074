// Several measurements of one thing as one.

/** What several measurements gave. */
export interface Spread {
  readonly least: number
  readonly median: number
  readonly most: number
}

/** The median; undefined of nothing. */
export function median(values: readonly number[]): number | undefined {
  const sorted = values.toSorted((left, right) => left - right)
  const middle = sorted.length >> 1
  const upper = sorted[middle]
  const lower = sorted[middle - 1]
  if (upper === undefined || sorted.length % 2 === 1 || lower === undefined) return upper
  return (lower + upper) / 2
}

/** Median and spread; undefined of nothing. */
export function spreadOf(values: readonly number[]): Spread | undefined {
  const middle = median(values)
  return middle === undefined ? undefined : { least: Math.min(...values), median: middle, most: Math.max(...values) }
}
