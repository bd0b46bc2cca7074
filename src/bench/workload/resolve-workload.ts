// From what the command line says to one checked workload.

import { invalidOption } from './invalid-option.ts'
import { KINDS } from './kinds.ts'
import { namedMix, parseMix } from './mixes.ts'
import { parseValueSizes } from './parse-value-sizes.ts'
import { valueBytesMean } from './value-sizes.ts'
import { RECORDS_MAX } from './workload.ts'
import type { Distribution, KeyFormat, ValueSizes, WorkloadSpec } from './workload-spec.ts'

/** What a workload is made from; every one may be left out. */
export interface GivenWorkload {
  /** A letter of YCSB: a, b, c, d or f. Default b. Not with `mix`. */
  readonly workload?: string
  /** Shares of kinds, like `read=80,update=20`. */
  readonly mix?: string
  /** zipf, scrambled-zipf, uniform, latest or hotspot. Default zipf; for workload d latest. */
  readonly distribution?: string
  /** Skew of a Zipf distribution or of latest, from 0 (none) to below 1. Default 0.99. */
  readonly theta?: number
  /** Share of the records that are hot, 0 to 1. Default 0.2. Only with hotspot. */
  readonly hotShare?: number
  /** Share of the operations on hot records, 0 to 1. Default 0.8. Only with hotspot. */
  readonly hotOperations?: number
  /** decimal or user. Default decimal. */
  readonly keys?: string
  /** Bytes of values, like `128` or `64-1024`. Default 128. Not with `valueHistogram`. */
  readonly valueBytes?: string
  /** Rows of a histogram of values' bytes: `bytes weight`, a row a line. */
  readonly valueHistogram?: string
  /** Records of the load. Default 1,000,000. */
  readonly records?: number
}

const DISTRIBUTIONS = ['zipf', 'scrambled-zipf', 'uniform', 'latest', 'hotspot'] as const
const KEY_FORMATS = ['decimal', 'user'] as const

const RECORDS_DEFAULT = 1_000_000
const THETA_DEFAULT = 0.99

// As YCSB has them.
const HOT_SHARE_DEFAULT = 0.2
const HOT_OPERATIONS_DEFAULT = 0.8

/** Checks everything and fills in the defaults. Throws INVALID_ARGUMENT, naming the command line's option. */
export function resolveWorkload(given: GivenWorkload = {}): WorkloadSpec {
  if (given.mix !== undefined && given.workload !== undefined) {
    throw invalidOption('--mix takes the place of a --workload: give one of them')
  }
  const { records = RECORDS_DEFAULT } = given
  if (!(Number.isInteger(records) && records >= 1 && records <= RECORDS_MAX)) {
    throw invalidOption(`--records must be a whole number from 1 to ${RECORDS_MAX}, not ${records}`)
  }
  const base =
    given.mix === undefined
      ? namedMix(given.workload ?? 'b')
      : { name: 'custom', mix: parseMix(given.mix), distribution: 'zipf' }
  return Object.freeze({
    name: base.name,
    mix: base.mix,
    distribution: Object.freeze(resolveDistribution(given, base.distribution)),
    keyFormat: oneOf<KeyFormat>('--keys', KEY_FORMATS, given.keys ?? 'decimal'),
    valueSizes: parseValueSizes(given.valueBytes, given.valueHistogram),
    records,
  })
}

/** A line for headlines: what is done, on which records. */
export function describeWorkload(spec: WorkloadSpec): string {
  const { name, mix, distribution, keyFormat, valueSizes, records } = spec
  const shares = KINDS.filter(({ code }) => (mix[code] ?? 0) > 0).map((kind) => {
    return `${Number((100 * (mix[kind.code] ?? 0)).toFixed(2))}% ${kind.name}`
  })
  const of = `${records.toLocaleString('en-US')} records`
  return [
    `${name} (${shares.join(', ')})`,
    `${describeDistribution(distribution)} over ${of}`,
    `${keyFormat} keys`,
    `values of ${describeSizes(valueSizes)}`,
  ].join(', ')
}

function resolveDistribution(given: GivenWorkload, standard: string): Distribution {
  const kind = oneOf('--distribution', DISTRIBUTIONS, given.distribution ?? standard)
  if (kind !== 'hotspot') {
    refuse('--hot-share', given.hotShare, 'is for --distribution hotspot')
    refuse('--hot-operations', given.hotOperations, 'is for --distribution hotspot')
  }
  if (kind === 'uniform' || kind === 'hotspot') {
    refuse('--theta', given.theta, `is for the Zipf distributions and latest, not for ${kind}`)
  }
  if (kind === 'uniform') return { kind }
  if (kind === 'hotspot') {
    const { hotShare = HOT_SHARE_DEFAULT, hotOperations = HOT_OPERATIONS_DEFAULT } = given
    requireShare('--hot-share', hotShare)
    requireShare('--hot-operations', hotOperations)
    return { kind, hotShare, hotOperations }
  }
  const { theta = THETA_DEFAULT } = given
  if (!(theta >= 0 && theta < 1)) throw invalidOption(`--theta must be at least 0 and below 1, not ${theta}`)
  return { kind, theta }
}

function oneOf<Name extends string>(option: string, names: readonly Name[], text: string): Name {
  const found = names.find((name) => name === text)
  if (found === undefined) throw invalidOption(`${option} must be one of ${names.join(', ')}, not ${text}`)
  return found
}

function refuse(option: string, given: number | undefined, reason: string): void {
  if (given !== undefined) throw invalidOption(`${option} ${reason}`)
}

function requireShare(option: string, share: number): void {
  if (!(share >= 0 && share <= 1)) throw invalidOption(`${option} must be from 0 to 1, not ${share}`)
}

function describeDistribution(distribution: Distribution): string {
  if (distribution.kind === 'uniform') return 'uniform'
  if (distribution.kind !== 'hotspot') return `${distribution.kind} ${distribution.theta}`
  const { hotShare, hotOperations } = distribution
  return `hotspot ${Number((100 * hotOperations).toFixed(2))}% on ${Number((100 * hotShare).toFixed(2))}%`
}

function describeSizes(sizes: ValueSizes): string {
  if (sizes.kind === 'fixed') return `${sizes.bytes} B`
  if (sizes.kind === 'uniform') return `${sizes.least} to ${sizes.most} B`
  return `${sizes.rows.length} sizes, ${Math.round(valueBytesMean(sizes))} B in the mean`
}
