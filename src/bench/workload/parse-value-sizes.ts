// The sizes of values as text: one, a range, or a histogram.

import { VALUE_BYTES_MAX } from '../../protocol/limits.ts'
import { invalidOption } from './invalid-option.ts'
import { HISTOGRAM_ROWS_MAX } from './value-sizes.ts'
import type { ValueSizes } from './workload-spec.ts'

const VALUE_BYTES_DEFAULT = '128'

/** Weights are numbers whose sum is one as well. */
const WEIGHT_MAX = 1e12

/**
 * The sizes that `values` (`128`, or `64-1024`) or else the lines of `histogram` (`bytes weight`) say; 128 bytes without
 * either. Throws INVALID_ARGUMENT, naming `--value-bytes` or `--value-histogram`.
 */
export function parseValueSizes(values: string | undefined, histogram: string | undefined): ValueSizes {
  if (histogram === undefined) return Object.freeze(parseRange(values ?? VALUE_BYTES_DEFAULT))
  if (values !== undefined) throw invalidOption('--value-histogram takes the place of --value-bytes: give one of them')
  return Object.freeze(parseHistogram(histogram))
}

function parseRange(text: string): ValueSizes {
  const [, first, last] = /^(\d+)(?:-(\d+))?$/.exec(text) ?? []
  if (first === undefined) throw invalidOption(`--value-bytes must be bytes like 128 or 64-1024, not ${text}`)
  const least = boundedBytes('--value-bytes', first)
  if (last === undefined) return { kind: 'fixed', bytes: least }
  const most = boundedBytes('--value-bytes', last)
  if (least > most) throw invalidOption(`--value-bytes must name the smaller size first, not ${text}`)
  return least === most ? { kind: 'fixed', bytes: least } : { kind: 'uniform', least, most }
}

function parseHistogram(text: string): ValueSizes {
  const lines = text.split('\n').map((line) => line.trim())
  const rows = lines.flatMap((line, index) => (line === '' || line.startsWith('#') ? [] : [parseRow(line, index + 1)]))
  if (rows.length === 0) throw invalidOption('--value-histogram has no rows of bytes and weight')
  if (rows.length > HISTOGRAM_ROWS_MAX) {
    throw invalidOption(`--value-histogram has ${rows.length} rows, at most ${HISTOGRAM_ROWS_MAX}`)
  }
  return { kind: 'histogram', rows: Object.freeze(rows) }
}

function parseRow(line: string, lineNumber: number): readonly [bytes: number, weight: number] {
  const [, bytes, weightText] = /^(\d+)[ \t]+(\d+(?:\.\d+)?)$/.exec(line) ?? []
  const weight = Number(weightText)
  if (bytes === undefined || !(weight > 0 && weight <= WEIGHT_MAX)) {
    throw invalidOption(`--value-histogram must have bytes and a weight above 0 in line ${lineNumber}, not "${line}"`)
  }
  return Object.freeze([boundedBytes('--value-histogram', bytes), weight] as const)
}

function boundedBytes(option: string, digits: string): number {
  const bytes = Number(digits)
  if (bytes > VALUE_BYTES_MAX) throw invalidOption(`${option} must be at most ${VALUE_BYTES_MAX} bytes, not ${digits}`)
  return bytes
}
