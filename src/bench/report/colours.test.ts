import { expect, it } from 'vitest'
import { type Colour, INK, SERIES_COLOURS } from './colours.ts'

const SCHEMES = ['light', 'dark'] as const

/** Relative luminance after WCAG 2. */
function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

function contrast(colour: Colour, ground: Colour, scheme: 'light' | 'dark'): number {
  const [low = 0, high = 0] = [luminance(colour[scheme]), luminance(ground[scheme])].sort((a, b) => a - b)
  return (high + 0.05) / (low + 0.05)
}

it.each(SCHEMES)('text can be read, %s', (scheme) => {
  for (const ink of [INK.text, INK.muted, INK.accent, INK.good, INK.bad]) {
    expect(contrast(ink, INK.surface, scheme)).toBeGreaterThanOrEqual(4.5)
  }
  expect(contrast(INK.text, INK.raised, scheme)).toBeGreaterThanOrEqual(4.5)
})

it.each(SCHEMES)('series are seen, %s', (scheme) => {
  for (const colour of SERIES_COLOURS) expect(contrast(colour, INK.surface, scheme)).toBeGreaterThanOrEqual(3)
})

it('has every light colour once, so that it can be exchanged by its text', () => {
  const light = [...Object.values(INK), ...SERIES_COLOURS].map((colour) => colour.light)
  expect(new Set(light).size).toBe(light.length)
})
