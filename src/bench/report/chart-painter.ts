// Charts as SVG text, made here and not in the reader's browser. echarts is large and only needed for this, so it is no
// dependency: it is loaded when a report is wanted.

import { SluiceError } from '../../util/errors.ts'
import { type ChartWidth, chartOption, chartSize } from './chart-option.ts'
import { withoutControls } from './html.ts'
import type { Chart } from './model.ts'

type ECharts = typeof import('echarts')

/** Draws a chart. */
export type ChartPainter = (chart: Chart, width: ChartWidth, idPrefix: string) => string

/** Loads echarts. Rejects with a SluiceError `INVALID_ARGUMENT` that says what to install when it is missing. */
export async function loadChartPainter(
  load: () => Promise<Pick<ECharts, 'init'>> = () => import('echarts'),
): Promise<ChartPainter> {
  const { init } = await load().catch((error: unknown) => {
    if (!isMissing(error)) throw error
    const message = 'a report needs the package echarts, which is not installed: npm install echarts'
    throw new SluiceError('INVALID_ARGUMENT', message, { cause: error })
  })
  return (chart, width, idPrefix) => {
    const instance = init(null, null, { renderer: 'svg', ssr: true, ...chartSize(chart, width) })
    try {
      instance.setOption(chartOption(chart, width))
      return tidied(instance.renderToSVGString(), idPrefix)
    } finally {
      instance.dispose()
    }
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND'
}

/**
 * Takes out what serves only a live chart, and numbers its identifiers anew: they would depend on what was drawn
 * before. No text of a chart can look like an attribute, since quotes are escaped in it.
 */
function tidied(svg: string, idPrefix: string): string {
  return withoutControls(svg)
    .replace(/<style\s*>.*?<\/style>\s*/gs, '')
    .replace(/ (class|pointer-events|ecmeta_\w+|xmlns:xlink|version|baseProfile)="[^"]*"/g, '')
    .replace(/<rect width="\d+" height="\d+" x="0" y="0" fill="none"><\/rect>\n/, '')
    .replace(/="(url\(#)?zr\d+-/g, `="$1${idPrefix}-`)
}
