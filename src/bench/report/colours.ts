// The colours of the page and its charts. A chart is drawn once, in the light colours; a style sheet exchanges them on
// dark screens by their hexadecimal text, so every colour here is another one. That costs nothing on the page, and a
// chart that is copied out of it keeps sane colours.
//
// On their ground, text has a contrast of at least 4.5 and a series of at least 3.

/** A colour by day and by night. */
export interface Colour {
  readonly light: string
  readonly dark: string
}

/** Of text, lines and areas. `surface` is the ground of everything, `shade` is cast on it. */
export const INK = {
  text: { light: '#1b212c', dark: '#e4e8ef' },
  muted: { light: '#5a6475', dark: '#9aa5b6' },
  line: { light: '#c9cfd9', dark: '#404957' },
  grid: { light: '#e6e9ee', dark: '#272e39' },
  surface: { light: '#fdfdfe', dark: '#11151b' },
  raised: { light: '#f4f6f9', dark: '#181d25' },
  shade: { light: '#cfd6e0', dark: '#323b49' },
  accent: { light: '#1f5fa3', dark: '#79b0ee' },
  good: { light: '#1a7347', dark: '#62c894' },
  bad: { light: '#b3261e', dark: '#f28b82' },
} as const satisfies Readonly<Record<string, Colour>>

/** Of series, in order; after the last, the first again. Neighbours differ in lightness as well as in hue. */
export const SERIES_COLOURS: readonly Colour[] = [
  { light: '#1f63b4', dark: '#6aa9f0' },
  { light: '#d0640f', dark: '#f29a57' },
  { light: '#0f8a77', dark: '#4ccab4' },
  { light: '#7446b8', dark: '#b99af4' },
  { light: '#b82f6b', dark: '#f084b1' },
  { light: '#84750a', dark: '#d3c04d' },
  { light: '#2b90b5', dark: '#79cdec' },
  { light: '#636c7b', dark: '#aab4c3' },
]

/** The index of a series' colour. */
export function colourIndex(seriesIndex: number): number {
  return seriesIndex % SERIES_COLOURS.length
}

/** Whether an earlier series has the colour too: then the line is dashed. */
export function isColourRepeated(seriesIndex: number): boolean {
  return seriesIndex >= SERIES_COLOURS.length
}

/** The colour that a series is drawn in. */
export function seriesColour(seriesIndex: number): string {
  return SERIES_COLOURS[colourIndex(seriesIndex)]?.light ?? INK.text.light
}
