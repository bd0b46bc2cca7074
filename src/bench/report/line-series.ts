// A series as a line, and its spread as a band behind it.

import type { CustomSeriesOption, LineSeriesOption, SeriesOption } from 'echarts'
import { isColourRepeated, seriesColour } from './colours.ts'
import type { Chart, Point, Series } from './model.ts'

/** Up to so many points each has a dot of its own. */
const DOTS_MAX = 24
const BAND_OPACITY = 0.16

/** The band, where there is a spread, and the line. */
export function lineSeries({ points }: Series, index: number, { xIsCategory, yIsLogarithmic }: Chart): SeriesOption[] {
  const color = seriesColour(index)
  const isDrawn = (value: number): boolean => yIsLogarithmic !== true || value > 0
  const line: LineSeriesOption = {
    type: 'line',
    data: points.map(({ x, y }) => [xOf(x, xIsCategory), y === null || !isDrawn(y) ? '-' : y]),
    showSymbol: points.length <= DOTS_MAX,
    symbol: 'circle',
    symbolSize: 6,
    itemStyle: { color, borderWidth: 0 },
    lineStyle: { color, width: 2, join: 'round', cap: 'round', type: isColourRepeated(index) ? 'dashed' : 'solid' },
    // More points than pixels: the highest and lowest of each pixel stay.
    sampling: 'minmax',
    silent: true,
  }
  const banded = points.filter(({ least, most }) => least !== undefined && most !== undefined && isDrawn(least))
  return banded.length === 0 ? [line] : [bandSeries(points, new Set(banded), color, xIsCategory), line]
}

/** One area for each run of points that have a spread, drawn when its first point is. */
function bandSeries(
  points: readonly Point[],
  banded: ReadonlySet<Point>,
  color: string,
  xIsCategory: boolean,
): CustomSeriesOption {
  return {
    type: 'custom',
    data: points.map((point) => [
      xOf(point.x, xIsCategory),
      banded.has(point) ? (point.least ?? '-') : '-',
      banded.has(point) ? (point.most ?? '-') : '-',
    ]),
    encode: { x: 0, y: [1, 2] },
    silent: true,
    clip: true,
    renderItem: ({ dataIndex }, api) => {
      const run = runFrom(points, dataIndex, banded)
      const corner = (point: Point, value: number | undefined): number[] => {
        return api.coord([xOf(point.x, xIsCategory), value ?? 0])
      }
      const above = run.map((point) => corner(point, point.most))
      const below = run.map((point) => corner(point, point.least)).reverse()
      return { type: 'polygon', shape: { points: [...above, ...below] }, style: { fill: color, opacity: BAND_OPACITY } }
    },
  }
}

/** The points of the run that begins at an index; none where no run begins. */
function runFrom(points: readonly Point[], from: number, banded: ReadonlySet<Point>): Point[] {
  const before = points[from - 1]
  if (before !== undefined && banded.has(before)) return []
  const rest = points.slice(from)
  const end = rest.findIndex((point) => !banded.has(point))
  return end === -1 ? rest : rest.slice(0, end)
}

/** Categories are told by name: a number would be an index. */
function xOf(x: number | string, xIsCategory: boolean): number | string {
  return xIsCategory ? String(x) : x
}
