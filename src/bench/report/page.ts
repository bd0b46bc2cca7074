// A report as one HTML page that needs nothing else: no script, no font, no request, which its policy states. Light or
// dark as the reader's system is, light on paper.

import type { ChartPainter } from './chart-painter.ts'
import { itemId } from './check-report.ts'
import { dateText } from './date-text.ts'
import { escaped } from './html.ts'
import type { Fact, Report, Section } from './model.ts'
import { figureHtml } from './page-figure.ts'
import { pageStyle } from './page-style.ts'
import { tableHtml } from './page-table.ts'

const POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"

/** The text of `index.html`. */
export function pageOf(report: Report, paint: ChartPainter): string {
  const title = escaped(report.title)
  const date = escaped(dateText(report.createdAtMs))
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="sluice bench">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<link rel="icon" href="data:,">
<title>${title}</title>
<style>
${pageStyle()}</style>
</head>
<body>
<header id="top">
<p class="kicker">Benchmark report</p>
<h1>${title}</h1>
<p class="date">${date}</p>
${highlightsHtml(report.highlights)}</header>
${contentsHtml(report)}<main>
${report.sections.map((section) => sectionHtml(section, paint)).join('')}${environmentHtml(report.environment)}${commandsHtml(report.commands)}</main>
</body>
</html>
`
}

function highlightsHtml(highlights: readonly Fact[]): string {
  if (highlights.length === 0) return ''
  const items = highlights.map(({ name, value, note }) => {
    const noteHtml = note === undefined ? '' : `<dd class="note">${escaped(note)}</dd>`
    return `<div><dt>${escaped(name)}</dt><dd>${escaped(value)}</dd>${noteHtml}</div>\n`
  })
  return `<dl class="highlights">\n${items.join('')}</dl>\n`
}

function contentsHtml({ sections, environment, commands }: Report): string {
  const entries = [
    ...sections.map(({ id, title }) => ({ id, title })),
    ...(environment.length === 0 ? [] : [{ id: 'environment', title: 'Environment' }]),
    ...(commands.length === 0 ? [] : [{ id: 'commands', title: 'Commands' }]),
  ]
  const items = entries.map(({ id, title }) => `<li><a href="#${id}">${escaped(title)}</a></li>\n`)
  return `<nav aria-label="Contents">\n<ol>\n${items.join('')}</ol>\n</nav>\n`
}

function sectionHtml({ id, title, notes, charts, tables }: Section, paint: ChartPainter): string {
  const figures = charts.map((chart) => figureHtml(chart, itemId(id, chart.id), paint))
  return `<section id="${id}" aria-labelledby="${id}-title">
${headingHtml(id, title)}${notes.map((note) => `<p>${escaped(note)}</p>\n`).join('')}${
  figures.length === 0 ? '' : `<div class="figures">\n${figures.join('')}</div>\n`
}${tables.map((table) => tableHtml(table, itemId(id, table.id))).join('')}</section>
`
}

function environmentHtml(environment: readonly Fact[]): string {
  if (environment.length === 0) return ''
  const items = environment.map(({ name, value, note }) => {
    const noteHtml = note === undefined ? '' : ` <span class="note">${escaped(note)}</span>`
    return `<div><dt>${escaped(name)}</dt><dd>${escaped(value)}${noteHtml}</dd></div>\n`
  })
  return `<section id="environment" aria-labelledby="environment-title">
${headingHtml('environment', 'Environment')}<dl class="facts">
${items.join('')}</dl>
</section>
`
}

function commandsHtml(commands: readonly string[]): string {
  if (commands.length === 0) return ''
  const lines = commands.map((command) => `<pre><code>${wordsHtml(command)}</code></pre>\n`)
  return `<section id="commands" aria-labelledby="commands-title">
${headingHtml('commands', 'Commands')}${lines.join('')}</section>
`
}

/** A line breaks between words: `--seconds` would else be parted behind its dashes. */
function wordsHtml(command: string): string {
  return command.replace(/\S+|\s+/g, (part) => (/\s/.test(part) ? part : `<span>${escaped(part)}</span>`))
}

function headingHtml(id: string, title: string): string {
  return `<h2 id="${id}-title"><a href="#${id}">${escaped(title)}</a></h2>\n`
}
