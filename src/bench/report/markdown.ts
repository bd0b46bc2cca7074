// A report as Markdown, for a pull request or a terminal: the same figures as the page, charts as tables.

import { chartTable, withUnit } from './chart-table.ts'
import { dateText } from './date-text.ts'
import type { Cell, Fact, Report, Section, Table } from './model.ts'

/** The text of `report.md`. */
export function markdownOf(report: Report): string {
  const blocks = [
    `# ${inline(report.title)}`,
    dateText(report.createdAtMs),
    ...facts(report.highlights),
    ...report.sections.flatMap(sectionBlocks),
    ...(report.environment.length === 0 ? [] : ['## Environment', ...facts(report.environment)]),
    ...(report.commands.length === 0 ? [] : ['## Commands', codeBlock(report.commands)]),
  ]
  return `${blocks.join('\n\n')}\n`
}

function sectionBlocks({ title, notes, charts, tables }: Section): string[] {
  const listed = [...charts.map(chartTable), ...tables]
  return [`## ${inline(title)}`, ...notes.map(inline), ...listed.flatMap(tableBlocks)]
}

function tableBlocks({ title, columns, rows }: Table): string[] {
  const lines = [
    columns.map(({ name, unit }) => inline(withUnit(name, unit))),
    columns.map(({ align }) => (align === 'right' ? '---:' : ':---')),
    ...rows.map((row) => row.map(cellText)),
  ]
  return [`### ${inline(title)}`, lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n')]
}

function cellText({ text, tone }: Cell): string {
  const mark = tone === undefined ? '' : tone === 'good' ? '✓ ' : '! '
  return mark + inline(text)
}

function facts(listed: readonly Fact[]): string[] {
  if (listed.length === 0) return []
  const lines = listed.map(({ name, value, note }) => {
    return `- ${inline(name)}: **${inline(value)}**${note === undefined ? '' : ` (${inline(note)})`}`
  })
  return [lines.join('\n')]
}

/** Text that stands in a line, or in a cell, and is nothing but text. */
function inline(text: string): string {
  return text
    .replace(/[\\`*_[\]|~#!]/g, '\\$&')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replace(/^(\s*\d+)([.)]\s)/, '$1\\$2')
    .replace(/^(\s*)([-+=])/, '$1\\$2')
    .replace(/\s*[\r\n]+\s*/g, ' ')
}

/** A fence longer than any run of backticks in what it holds. */
function codeBlock(lines: readonly string[]): string {
  const code = lines.join('\n')
  const longest = Math.max(2, ...Array.from(code.matchAll(/`+/g), ([run]) => run.length))
  const fence = '`'.repeat(longest + 1)
  return `${fence}sh\n${code}\n${fence}`
}
