// Charts of the page: caption, legend, the drawing for wide and for narrow places, and the figures behind it.

import type { ChartWidth } from './chart-option.ts'
import type { ChartPainter } from './chart-painter.ts'
import { chartTable, withUnit } from './chart-table.ts'
import { colourIndex, isColourRepeated } from './colours.ts'
import { escaped } from './html.ts'
import type { Chart } from './model.ts'
import { scrollingHtml } from './page-table.ts'

/** A chart under its anchor. */
export function figureHtml(chart: Chart, anchor: string, paint: ChartPainter): string {
  const titleId = `${anchor}-title`
  const drawing = (width: ChartWidth): string => {
    const attributes = `class="${width}" role="img" aria-label="${escaped(summaryOf(chart))}"`
    return paint(chart, width, `${anchor}-${width}`).replace('<svg', () => `<svg ${attributes}`)
  }
  return `<figure id="${anchor}" aria-labelledby="${titleId}">
<figcaption>
<h3 id="${titleId}">${escaped(chart.title)}</h3>
<p class="axis">${escaped(axisOf(chart))}</p>
${legendHtml(chart)}</figcaption>
<div class="drawing">
${drawing('wide')}
${drawing('narrow')}
</div>
<details>
<summary>Figures</summary>
${scrollingHtml(chartTable(chart), `${anchor}-figures`, titleId)}</details>
</figure>
`
}

function axisOf(chart: Chart): string {
  const axis = withUnit(chart.yName, chart.yUnit)
  const details = [
    ...(chart.yIsLogarithmic === true ? ['logarithmic scale'] : []),
    ...(chart.series.some(({ points }) => points.some(({ least }) => least !== undefined))
      ? [chart.kind === 'bars' ? 'whiskers: least to most' : 'bands: least to most']
      : []),
  ]
  const by = chart.kind === 'bars' ? ` by ${withUnit(chart.xName, chart.xUnit).toLowerCase()}` : ''
  return [axis + by, ...details].join('; ')
}

function legendHtml({ series }: Chart): string {
  if (series.length < 2) return ''
  const items = series.map(({ name }, index) => {
    const dashed = isColourRepeated(index) ? ' dashed' : ''
    return `<li><span class="swatch series-${colourIndex(index)}${dashed}"></span>${escaped(name)}</li>\n`
  })
  return `<ul class="legend">\n${items.join('')}</ul>\n`
}

function summaryOf(chart: Chart): string {
  const kind = chart.kind === 'bars' ? 'Bar chart' : 'Line chart'
  const x = withUnit(chart.xName, chart.xUnit)
  const names = chart.series.map(({ name }) => name).join(', ')
  return `${kind}: ${chart.title}. ${withUnit(chart.yName, chart.yUnit)} by ${x} for ${names}.`
}
