// A violation as lines of ASCII: a timeline by client, then each operation in words.
//
//   client 0  [1---]   [3---]
//   client 1     [2-------->
//
// `[` is the call, `]` the return; `>` never returned.

import type { KeyViolation } from './check-history.ts'
import { keyText, operationText, timesText } from './operation-text.ts'
import { RULES } from './rules.ts'
import { type Timeline, timelineOf } from './timeline.ts'

/** The lines. */
export function drawText(violation: KeyViolation, keyBytes: Uint8Array): string[] {
  const { operations, rule, checker, operationsOfKey } = violation
  const timeline = timelineOf(operations)
  const titleWidth = Math.max(...timeline.rows.map((title) => title.length))
  const rows = barRows(timeline).map((bars, row) => `  ${(timeline.rows[row] ?? '').padEnd(titleWidth)}  ${bars}`)
  const words = timeline.bars.map(({ index, label, row }) => {
    const title = (timeline.rows[row] ?? '').padEnd(titleWidth)
    return `  ${String(label).padStart(2)}  ${title}  ${operationText(operations, index)}  (us ${timesText(operations, index)})`
  })
  return [
    `key ${keyText(keyBytes)}, ${operations.count} of ${operationsOfKey} operations; found by ${checker}:`,
    `${rule}: ${RULES[rule]}`,
    ...(timeline.leftOut === 0 ? [] : [`the last ${timeline.bars.length}, after ${timeline.leftOut} others:`]),
    '',
    ...rows,
    '',
    ...words,
  ]
}

function barRows({ bars, rows, columns }: Timeline): string[] {
  const width = bars.length > 9 ? 4 : 3
  const lines = rows.map(() => new Array<string>(columns * width).fill(' '))
  for (const { label, row, firstColumn, lastColumn, isOpen } of bars) {
    const start = firstColumn * width
    const end = (lastColumn + 1) * width - 1
    const bar = `[${label}`.padEnd(end - start, '-') + (isOpen ? '>' : ']')
    lines[row]?.splice(start, bar.length, ...bar)
  }
  return lines.map((line) => line.join('').trimEnd())
}
