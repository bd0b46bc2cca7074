// Cells of tables, made of what they hold.

import type { Cell } from './model.ts'

/** Shown where nothing was measured. */
const NOTHING = '–'

/** `1,234,567.891`: no digit is lost. */
export function figureText(value: number): string {
  const text = String(value)
  if (text.includes('e')) return text
  const [whole = '', fraction] = text.split('.')
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',')
  return fraction === undefined ? grouped : `${grouped}.${fraction}`
}

/** A number; shown with all its digits, or with `digits` behind the point. */
export function figureCell(value: number | null, digits?: number): Cell {
  if (value === null) return { value, text: NOTHING }
  if (digits === undefined) return { value, text: figureText(value) }
  const text = value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })
  return { value, text }
}

/** A word. */
export function textCell(value: string): Cell {
  return { value, text: value }
}
