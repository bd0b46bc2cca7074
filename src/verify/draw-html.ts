// Violations as one page of HTML: no script, no request, light or dark as the system is. Everything that comes from a
// history is escaped.

import type { CheckResult, KeyViolation } from './check-history.ts'
import { READ, UNKNOWN, WIPE } from './format.ts'
import type { History } from './history.ts'
import { keyText, operationText, timesText } from './operation-text.ts'
import { RULES } from './rules.ts'
import { type TimelineBar, timelineOf } from './timeline.ts'

const COLUMN_WIDTH = 34
const ROW_HEIGHT = 30
const TITLE_WIDTH = 110
const BAR_HEIGHT = 20

const STYLE = `
:root { color-scheme: light dark; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 75rem; margin: 2rem auto; padding: 0 1rem; }
h2 { font-size: 1.1rem; margin: 2.5rem 0 0; overflow-wrap: anywhere; }
.drawing { overflow-x: auto; margin: 1rem 0; }
svg text { font: 12px system-ui, sans-serif; fill: currentColor; }
svg rect { fill: #3b82f6; fill-opacity: .3; stroke: #3b82f6; }
svg rect.look { fill: #10b981; stroke: #10b981; }
svg rect.open { fill: #f59e0b; stroke: #f59e0b; stroke-dasharray: 4 3; }
svg rect.wipe { fill: #ef4444; stroke: #ef4444; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .15rem .8rem .15rem 0; border-bottom: 1px solid color-mix(in srgb, currentColor 20%, transparent); }
`

/** The page. `title` is shown as text. */
export function drawHtml(title: string, result: CheckResult, history: History): string {
  const sections = result.violations.map((violation) =>
    sectionOf(violation, history.keyBytes[violation.key] ?? new Uint8Array(0)),
  )
  const shown = result.violations.length
  const more =
    result.brokenKeys > shown ? `<p>${result.brokenKeys} keys broke a rule; the first ${shown} are shown.</p>` : ''
  return [
    '<!doctype html>',
    `<html lang="en"><head><meta charset="utf-8"><title>${escaped(title)}</title>`,
    `<meta name="viewport" content="width=device-width"><style>${STYLE}</style></head><body>`,
    `<h1>${escaped(title)}: ${escaped(result.outcome)}</h1>`,
    `<p>${result.exercise.operations} operations on ${result.exercise.keys} keys by ${result.exercise.clients} clients.</p>`,
    more,
    ...sections,
    '</body></html>',
    '',
  ].join('\n')
}

function sectionOf(violation: KeyViolation, keyBytes: Uint8Array): string {
  const { operations, rule, checker, operationsOfKey } = violation
  const timeline = timelineOf(operations)
  const width = TITLE_WIDTH + timeline.columns * COLUMN_WIDTH
  const height = timeline.rows.length * ROW_HEIGHT
  const titles = timeline.rows.map(
    (title, row) => `<text x="0" y="${row * ROW_HEIGHT + BAR_HEIGHT - 5}">${escaped(title)}</text>`,
  )
  const bars = timeline.bars.map((bar) => barOf(bar, violation))
  const rows = timeline.bars.map(({ index, label, row }) => {
    const cells = [
      String(label),
      timeline.rows[row] ?? '',
      operationText(operations, index),
      timesText(operations, index),
    ]
    return `<tr>${cells.map((cell) => `<td>${escaped(cell)}</td>`).join('')}</tr>`
  })
  const leftOut = timeline.leftOut === 0 ? '' : ` The last ${timeline.bars.length} are drawn.`
  const summary = `${operations.count} of ${operationsOfKey} operations; found by ${checker}.${leftOut}`
  return [
    `<h2>Key ${escaped(keyText(keyBytes))}: ${escaped(RULES[rule])}</h2>`,
    `<p>${escaped(summary)}</p>`,
    `<div class="drawing"><svg role="img" aria-label="Timeline by client" width="${width}" height="${height}">`,
    ...titles,
    ...bars,
    '</svg></div>',
    '<table><thead><tr><th></th><th>who</th><th>what</th><th>microseconds</th></tr></thead><tbody>',
    ...rows,
    '</tbody></table>',
  ].join('\n')
}

function barOf({ index, label, row, firstColumn, lastColumn }: TimelineBar, { operations }: KeyViolation): string {
  const x = TITLE_WIDTH + firstColumn * COLUMN_WIDTH
  const y = row * ROW_HEIGHT + 1
  const width = (lastColumn - firstColumn + 1) * COLUMN_WIDTH - 4
  const isWipe = operations.kinds[index] === WIPE
  const isOpen = operations.statuses[index] === UNKNOWN
  const look = operations.kinds[index] === READ ? 'look' : 'change'
  const name = isWipe ? 'wipe' : isOpen ? 'open' : look
  const text = escaped(operationText(operations, index))
  return (
    `<g><title>${text}</title><rect class="${name}" x="${x}" y="${y}" width="${width}" height="${BAR_HEIGHT}" rx="3"/>` +
    `<text x="${x + 5}" y="${y + BAR_HEIGHT - 5}">${label}</text></g>`
  )
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Text as content or as a quoted attribute; control characters, which HTML cannot hold, become U+FFFD. */
function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ESCAPES[character] ?? '').replace(/[^\P{Cc}\t\n\r]/gu, '\ufffd')
}
