// A series as lying bars, each with its spread as a whisker and its number behind both. Drawn by hand: echarts' own bars
// know no whiskers, and would set the number on top of them.

import type { CustomSeriesOption, CustomSeriesRenderItemReturn } from 'echarts'
import { barText } from './axis-text.ts'
import { INK, seriesColour } from './colours.ts'
import type { Point, Series } from './model.ts'

const BAR_GAP_PIXELS = 3
const CAP_PIXELS = 7
const LABEL_GAP_PIXELS = 6

/** The bars of one series of several; `positions` are the names of the groups, in order. */
export function barSeries(
  { points }: Series,
  index: number,
  seriesCount: number,
  positions: readonly (number | string)[],
  barPixels: number,
): CustomSeriesOption {
  const color = seriesColour(index)
  return {
    type: 'custom',
    data: points.map(({ x, y, least, most }) => [positions.indexOf(x), y ?? '-', least ?? '-', most ?? '-']),
    encode: { y: 0, x: [1, 2, 3] },
    silent: true,
    renderItem: ({ dataIndex }, api) => {
      const point = points[dataIndex]
      if (point === undefined || point.y === null) return undefined
      const group = positions.indexOf(point.x)
      const pixelOf = (value: number): number => api.coord([value, group])[0] ?? 0
      const groupCentre = api.coord([0, group])[1] ?? 0
      const centre = groupCentre + (index - (seriesCount - 1) / 2) * barPixels
      return bar(point, point.y, pixelOf, centre, barPixels - BAR_GAP_PIXELS, color)
    },
  }
}

function bar(
  { least, most }: Point,
  y: number,
  pixelOf: (value: number) => number,
  centre: number,
  thickness: number,
  color: string,
): CustomSeriesRenderItemReturn {
  const zero = pixelOf(0)
  const end = pixelOf(y)
  const from = pixelOf(least ?? y)
  const to = pixelOf(most ?? y)
  const isNegative = y < 0
  return {
    type: 'group',
    children: [
      {
        type: 'rect',
        shape: { x: Math.min(zero, end), y: centre - thickness / 2, width: Math.abs(end - zero), height: thickness },
        style: { fill: color },
      },
      // A light line below the dark one parts the whisker from the bar.
      ...(least === undefined && most === undefined
        ? []
        : [whisker(from, to, centre, 4, INK.surface.light), whisker(from, to, centre, 1.5, INK.text.light)]),
      {
        type: 'text',
        x: isNegative ? Math.min(end, from) - LABEL_GAP_PIXELS : Math.max(end, to) + LABEL_GAP_PIXELS,
        y: centre,
        style: {
          text: barText(y),
          fill: INK.text.light,
          fontSize: 12,
          align: isNegative ? 'right' : 'left',
          verticalAlign: 'middle',
        },
      },
    ],
  }
}

function whisker(from: number, to: number, centre: number, lineWidth: number, stroke: string) {
  const top = centre - CAP_PIXELS / 2
  const bottom = centre + CAP_PIXELS / 2
  const d = `M${from} ${centre}L${to} ${centre}M${from} ${top}L${from} ${bottom}M${to} ${top}L${to} ${bottom}`
  return { type: 'path' as const, shape: { pathData: d }, style: { fill: 'none', stroke, lineWidth } }
}
