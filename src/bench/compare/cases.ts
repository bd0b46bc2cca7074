// What a comparison compares in: the same load for every system, once in the way that suits Sluice, and once in ways that
// do not. Each case is a way to use a store that somebody has.

import { SluiceError } from '../../util/errors.ts'

/** One load that every system is given. */
export interface CompareCase {
  readonly name: string
  /** In a headline. */
  readonly title: string
  readonly batch: number
  readonly window: number
  /** Bytes of values, when they are not those of the workload. */
  readonly valueBytes?: number
  /** The most records of the case, for values that take much memory. */
  readonly recordsMax?: number
}

/** Every case. */
const CASES: readonly CompareCase[] = [
  { name: 'batched', title: 'batches of 1,024 operations, two under way', batch: 1_024, window: 2 },
  { name: 'pipelined', title: 'pipelines of 16 operations, four under way', batch: 16, window: 4 },
  { name: 'single', title: 'one caller, one request at a time', batch: 1, window: 1 },
  {
    name: 'large',
    title: 'values of 100,000 bytes, eight to a batch',
    batch: 8,
    window: 2,
    valueBytes: 100_000,
    recordsMax: 5_000,
  },
]

/** The cases of that list of names. Throws INVALID_ARGUMENT. */
export function casesOf(names: string): readonly CompareCase[] {
  const given = names.split(',')
  if (new Set(given).size < given.length) {
    throw new SluiceError('INVALID_ARGUMENT', `--cases names one twice: ${names}`)
  }
  return given.map((name) => {
    const found = CASES.find((each) => each.name === name)
    if (found !== undefined) return found
    const known = CASES.map((each) => each.name).join(', ')
    throw new SluiceError('INVALID_ARGUMENT', `--cases are of ${known}, not ${name}`)
  })
}
