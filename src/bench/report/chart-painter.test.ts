import { beforeAll, describe, expect, it } from 'vitest'
import { type ChartPainter, loadChartPainter } from './chart-painter.ts'
import { INK, SERIES_COLOURS } from './colours.ts'
import type { Chart } from './model.ts'

const HOSTILE = '<script>"zr0-c0"&\''
const BARS: Chart = {
  id: 'c',
  title: 'C',
  kind: 'bars',
  xName: 'System',
  yName: 'Rate',
  xIsCategory: true,
  series: [
    {
      name: 'a',
      points: [
        { x: HOSTILE, y: 7_254_000, least: 7_000_000, most: 7_500_000 },
        { x: 'b', y: null },
      ],
    },
    { name: 'b', points: [{ x: 'b', y: -12 }] },
  ],
}
const LINES: Chart = {
  ...BARS,
  kind: 'line',
  xIsCategory: false,
  series: [
    {
      name: 'a',
      points: [0, 1, 2, 3, 4].map((x) => ({
        x,
        y: x === 2 ? null : x,
        ...(x > 2 ? { least: x - 0.5, most: x + 0.5 } : {}),
      })),
    },
  ],
}

let paint: ChartPainter
beforeAll(async () => {
  paint = await loadChartPainter()
})

describe('a drawing', () => {
  it('is the same every time, and names nothing of the page', () => {
    for (const chart of [BARS, LINES]) {
      const svg = paint(chart, 'wide', 'here')
      expect(paint(chart, 'wide', 'here')).toBe(svg)
      expect(svg).toMatch(/^<svg width="880" height="\d+" xmlns=".+" viewBox="0 0 880 \d+">/)
      expect(svg).not.toMatch(/ class=|<style|<script|ecmeta/)
      for (const [, id] of svg.matchAll(/ id="([^"]*)"/g)) expect(id).toMatch(/^here-/)
    }
  })

  it('escapes names, and leaves them as they are', () => {
    expect(paint(BARS, 'wide', 'here')).toContain('&lt;script&gt;&quot;zr0-c0&quot;&amp;')
  })

  it('has a bar with whisker and number for each point with a figure', () => {
    const svg = paint(BARS, 'narrow', 'here')
    expect(svg).toContain('>7.25M</text>')
    expect(svg).toContain('>-12</text>')
    const count = (text: string): number => svg.split(text).length - 1
    expect(count(`fill="${SERIES_COLOURS[0]?.light}"`)).toBe(1)
    expect(count(`fill="${SERIES_COLOURS[1]?.light}"`)).toBe(1)
    expect(count(`stroke="${INK.surface.light}"`)).toBe(1)
  })

  it('has a gap in a line, and a band where there is a spread', () => {
    const svg = paint(LINES, 'wide', 'here')
    const color = SERIES_COLOURS[0]?.light
    expect(svg.match(new RegExp(`<path d="M[^"]*M[^"]*" fill="none" stroke="${color}"`))).not.toBeNull()
    expect(svg).toMatch(new RegExp(`fill="${color}" fill-opacity="0.16"|fill="${color}"[^>]* opacity="0.16"`))
  })

  it('only has colours that a dark page exchanges', () => {
    const known = new Set<string>([...Object.values(INK), ...SERIES_COLOURS].map(({ light }) => light))
    for (const svg of [
      paint(BARS, 'wide', 'a'),
      paint(LINES, 'wide', 'a'),
      paint({ ...LINES, xIsCategory: true }, 'wide', 'a'),
    ]) {
      const shown = svg.replace(/<defs\s*>.*<\/defs>/s, '')
      for (const [, color = ''] of shown.matchAll(/(?:fill|stroke)="([^"]*)"/g)) {
        if (color !== 'none') expect(known).toContain(color)
      }
    }
  })
})

it('says what to install when echarts is missing', async () => {
  const missing = Object.assign(new Error("Cannot find package 'echarts'"), { code: 'ERR_MODULE_NOT_FOUND' })
  await expect(loadChartPainter(() => Promise.reject(missing))).rejects.toMatchObject({
    code: 'INVALID_ARGUMENT',
    message: expect.stringContaining('npm install echarts'),
  })
  const other = new Error('broken')
  await expect(loadChartPainter(() => Promise.reject(other))).rejects.toBe(other)
})
