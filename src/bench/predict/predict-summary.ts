// Predictions as a reader sees them: one size a line, what limits it, and how much of everything else is used.

import type { BenchOutput } from '../run/output.ts'
import { assumptionsOf } from './assumptions.ts'
import type { Prediction } from './predict.ts'
import type { PredictOptions } from './predict-options.ts'

/** A column's title, or a row's text in it. */
type Cell = string

const MILLION = 1e6

/** Writes the predictions, and what they assume. */
export function writePredictions(
  predictions: readonly Prediction[],
  options: PredictOptions,
  output: BenchOutput,
): void {
  output.line('')
  output.line(output.styled('strong', '  Predictions of a model, not measurements. Millions of operations a second.'))
  output.line('')
  writeTable(rateCells(predictions), output)
  output.line('')
  output.line(output.styled('strong', '  Used at that rate'))
  writeTable(useCells(predictions), output)
  output.line('')
  output.line(output.styled('strong', '  For each operation'))
  writeTable(costCells(predictions), output)
  output.line('')
  output.line(output.styled('strong', '  It is assumed'))
  for (const assumption of assumptionsOf(options)) output.line(output.styled('faint', `  - ${assumption}`))
}

/** Everything as JSON holds it. */
export interface PredictResult {
  readonly kind: 'prediction'
  readonly options: PredictOptions
  readonly assumptions: readonly string[]
  readonly predictions: readonly Prediction[]
}

/** The result for a file. */
export function predictResult(predictions: readonly Prediction[], options: PredictOptions): PredictResult {
  return { kind: 'prediction', options, assumptions: assumptionsOf(options), predictions }
}

function rateCells(predictions: readonly Prediction[]): Cell[][] {
  return [
    ['servers x clients', 'predicted', 'reference', 'best known', 'limited by'],
    ...predictions.map((each) => [
      sizeOf(each),
      millions(each.opsPerSecond),
      millions(each.referenceOpsPerSecond),
      millions(each.bestKnownOpsPerSecond),
      each.bottleneck,
    ]),
  ]
}

function useCells(predictions: readonly Prediction[]): Cell[][] {
  const titles = predictions[0]?.resources.map(({ title }) => title) ?? []
  return [
    ['', ...titles],
    ...predictions.map((each) => [
      sizeOf(each),
      ...each.resources.map(({ utilisation }) => `${Math.round(utilisation * 100)}%`),
    ]),
  ]
}

function costCells(predictions: readonly Prediction[]): Cell[][] {
  return [
    ['', 'server ns', 'client ns', 'request B', 'reply B', 'in a frame', 'hottest thread', 'an even share'],
    ...predictions.map((each) => [
      sizeOf(each),
      each.serverCpuNsPerOp.toFixed(0),
      each.clientCpuNsPerOp.toFixed(0),
      each.requestBytesPerOp.toFixed(1),
      each.replyBytesPerOp.toFixed(1),
      each.opsPerFrame.toFixed(0),
      `${(each.hottestShare * 100).toFixed(1)}%`,
      `${(100 / each.serverThreads).toFixed(1)}%`,
    ]),
  ]
}

/** Columns as wide as their widest cell. Numbers are set to the right, the first column and text at the end to the left. */
function writeTable(rows: readonly (readonly Cell[])[], output: BenchOutput): void {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)))
  for (const [index, row] of rows.entries()) {
    const cells = row.map((cell, column) => {
      const isText = column === 0 || /^[a-z]/.test(rows[1]?.[column] ?? '')
      return isText ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)
    })
    const text = `  ${cells.join('  ')}`.trimEnd()
    output.line(index === 0 ? output.styled('faint', text) : text)
  }
}

function sizeOf({ servers, clients }: Prediction): string {
  return `${servers}x${clients}`
}

function millions(opsPerSecond: number | null): string {
  return opsPerSecond === null ? '-' : (opsPerSecond / MILLION).toFixed(2)
}
