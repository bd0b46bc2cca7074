// Tables of the page. Each scrolls in itself where the page is narrow.

import { escaped } from './html.ts'
import type { Cell, Column, Table } from './model.ts'

/** A table with its caption, under its anchor. */
export function tableHtml(table: Table, anchor: string): string {
  const caption = `<caption id="${anchor}-title">${escaped(table.title)}</caption>\n`
  return scrollingHtml(table, anchor, `${anchor}-title`, caption)
}

/** A table that something else names: the element `labelId`. */
export function scrollingHtml(table: Table, anchor: string, labelId: string, caption = ''): string {
  const rows = table.rows.map(
    (row) => `<tr>${row.map((cell, at) => cellHtml(cell, table.columns[at], at)).join('')}</tr>\n`,
  )
  return `<div class="scroll" id="${anchor}" role="region" tabindex="0" aria-labelledby="${labelId}">
<table>
${caption}<thead><tr>${table.columns.map(headHtml).join('')}</tr></thead>
<tbody>
${rows.join('')}</tbody>
</table>
</div>
`
}

function headHtml({ name, unit, align }: Column): string {
  const unitHtml = unit === undefined ? '' : ` <span class="unit">${escaped(unit)}</span>`
  return `<th scope="col"${classHtml(align, undefined)}>${escaped(name)}${unitHtml}</th>`
}

function cellHtml({ text, tone }: Cell, column: Column | undefined, at: number): string {
  const attributes = classHtml(column?.align ?? 'left', tone)
  return at === 0 ? `<th scope="row"${attributes}>${escaped(text)}</th>` : `<td${attributes}>${escaped(text)}</td>`
}

function classHtml(align: Column['align'], tone: Cell['tone']): string {
  const names = [...(align === 'right' ? ['number'] : []), ...(tone === undefined ? [] : [tone])]
  return names.length === 0 ? '' : ` class="${names.join(' ')}"`
}
