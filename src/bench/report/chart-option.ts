// A chart as echarts' option: what lines and bars share. No legend, title or name of the y axis: those are text of the
// page, which wraps where it has to.

import type { EChartsOption } from 'echarts'
import { axisText } from './axis-text.ts'
import { barSeries } from './bar-series.ts'
import { figureText } from './cells.ts'
import { positionsOf, withUnit } from './chart-table.ts'
import { INK } from './colours.ts'
import { lineSeries } from './line-series.ts'
import type { Chart } from './model.ts'

/** A drawing's width, in pixels of a page that shows it unscaled; text in it is 12 pixels high. */
export type ChartWidth = 'wide' | 'narrow'

const WIDTH_PIXELS: Readonly<Record<ChartWidth, number>> = { wide: 880, narrow: 430 }
const LINES_HEIGHT_PIXELS: Readonly<Record<ChartWidth, number>> = { wide: 310, narrow: 250 }
/** Names of bars are cut to this length; the table below a chart has them whole. */
const BAR_NAME_CHARACTERS_MAX: Readonly<Record<ChartWidth, number>> = { wide: 40, narrow: 24 }
/** Of a wide font: which one the reader's system has is not known here. */
const CHARACTER_PIXELS = 8
const BAR_PIXELS = 17
const BAR_GROUP_GAP_PIXELS = 15
const NAME_GAP_PIXELS = 10
const AXIS_PIXELS = 30
const FONT_SIZE = 12

/** The size in which a chart is drawn. */
export function chartSize(chart: Chart, width: ChartWidth): { width: number; height: number } {
  const groupPixels = chart.series.length * BAR_PIXELS + BAR_GROUP_GAP_PIXELS
  const barsPixels = Math.max(1, positionsOf(chart).length) * groupPixels + AXIS_PIXELS
  return { width: WIDTH_PIXELS[width], height: chart.kind === 'bars' ? barsPixels : LINES_HEIGHT_PIXELS[width] }
}

/** The option that draws a chart. */
export function chartOption(chart: Chart, width: ChartWidth): EChartsOption {
  const shared: EChartsOption = {
    animation: false,
    // A page decides about fonts; a drawing outside of it has one that is everywhere.
    textStyle: { fontFamily: 'sans-serif', fontSize: FONT_SIZE, color: INK.muted.light },
  }
  return chart.kind === 'bars' ? { ...shared, ...barsOption(chart, width) } : { ...shared, ...linesOption(chart) }
}

function barsOption(chart: Chart, width: ChartWidth): EChartsOption {
  const positions = positionsOf(chart)
  const names = positions.map((position) => cut(positionText(position), BAR_NAME_CHARACTERS_MAX[width]))
  const nameCharacters = Math.max(0, ...names.map((name) => name.length))
  return {
    // The room on the right is for the last bar's number.
    grid: {
      left: nameCharacters * CHARACTER_PIXELS + NAME_GAP_PIXELS,
      right: 52,
      top: 4,
      bottom: 22,
      outerBoundsMode: 'none',
    },
    xAxis: valueAxis(false),
    yAxis: {
      type: 'category',
      inverse: true,
      data: names,
      axisLine: { show: false },
      axisTick: { show: false },
      axisLabel: {
        ...axisLabel(INK.text.light),
        interval: 0,
        margin: NAME_GAP_PIXELS,
      },
    },
    series: chart.series.map((series, index) => barSeries(series, index, chart.series.length, positions, BAR_PIXELS)),
  }
}

function linesOption(chart: Chart): EChartsOption {
  const positions = positionsOf(chart)
  return {
    grid: { left: 1, right: 14, top: 8, bottom: 24, outerBoundsMode: 'same', outerBoundsContain: 'axisLabel' },
    xAxis: {
      ...(chart.xIsCategory
        ? { type: 'category', data: positions.map(positionText) }
        : { type: 'value', ...scaleOf(positions.map(Number)), splitLine: { show: false } }),
      name: withUnit(chart.xName, chart.xUnit),
      nameLocation: 'middle',
      nameGap: 28,
      nameTextStyle: { color: INK.muted.light, fontSize: FONT_SIZE },
      axisLine: { onZero: false, lineStyle: { color: INK.line.light } },
      axisTick: { lineStyle: { color: INK.line.light } },
      axisLabel: {
        ...axisLabel(INK.muted.light),
        hideOverlap: true,
        formatter: (value: number | string) => positionText(value),
      },
    },
    yAxis: valueAxis(chart.yIsLogarithmic === true),
    series: chart.series.flatMap((series, index) => lineSeries(series, index, chart)),
  }
}

function valueAxis(isLogarithmic: boolean): { type: 'value' | 'log' } & Record<string, unknown> {
  return {
    type: isLogarithmic ? 'log' : 'value',
    splitNumber: 4,
    axisLine: { show: false },
    axisTick: { show: false },
    splitLine: { lineStyle: { color: INK.grid.light } },
    axisLabel: { ...axisLabel(INK.muted.light), hideOverlap: true, formatter: axisText },
  }
}

/** From 0 where that leaves most of the width to the points. */
function scaleOf(positions: readonly number[]): { min?: number; max?: number } {
  const first = positions[0]
  const last = positions.at(-1)
  if (first === undefined || last === undefined || first === last) return {}
  return { min: first > 0 && first < last / 5 ? 0 : first, max: last }
}

function axisLabel(color: string): { color: string; fontSize: number } {
  return { color, fontSize: FONT_SIZE }
}

function cut(text: string, charactersMax: number): string {
  return text.length <= charactersMax ? text : `${text.slice(0, charactersMax - 1).trimEnd()}…`
}

function positionText(value: number | string): string {
  return typeof value === 'number' ? figureText(value) : value
}
