// Numbers in a chart: three digits tell enough there.

import { figureText } from './cells.ts'

const SCALES = [
  { factor: 1e15, suffix: 'P' },
  { factor: 1e12, suffix: 'T' },
  { factor: 1e9, suffix: 'G' },
  { factor: 1e6, suffix: 'M' },
  { factor: 1e3, suffix: 'k' },
] as const

/** Of an axis: `7.2M`, `15M`, `0.125`. */
export function axisText(value: number): string {
  const { digits, suffix } = scaled(value)
  return figureText(Number(digits)) + suffix
}

/** Of a bar, whose neighbours have as many digits: `7.20M`, `15.0M`, `94`. */
export function barText(value: number): string {
  const { digits, suffix } = scaled(value)
  return suffix === '' ? figureText(Number(digits)) : digits + suffix
}

function scaled(value: number): { digits: string; suffix: string } {
  const rounded = Number(value.toPrecision(3))
  const scale = SCALES.find(({ factor }) => Math.abs(rounded) >= factor)
  return { digits: (rounded / (scale?.factor ?? 1)).toPrecision(3), suffix: scale?.suffix ?? '' }
}
