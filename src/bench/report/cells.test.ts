import { expect, it } from 'vitest'
import { axisText, barText } from './axis-text.ts'
import { figureCell, figureText } from './cells.ts'

it('shows a figure with all its digits', () => {
  const texts = [0, -7, 999, 1_000, -1_234_567, 1234.5678, -0.25, 1e21].map(figureText)
  expect(texts).toEqual(['0', '-7', '999', '1,000', '-1,234,567', '1,234.5678', '-0.25', '1e+21'])
})

it('rounds what is shown, not what is', () => {
  expect(figureCell(1234.5678, 1)).toEqual({ value: 1234.5678, text: '1,234.6' })
  expect(figureCell(null, 1)).toEqual({ value: null, text: '–' })
})

it('has three digits in charts', () => {
  const values = [0, 94, 0.123456, 999.96, 64_000, 7_254_000, 15_030_000, -2.5e9, 1e15]
  expect(values.map(axisText)).toEqual(['0', '94', '0.123', '1k', '64k', '7.25M', '15M', '-2.5G', '1P'])
  expect(values.map(barText)).toEqual(['0', '94', '0.123', '1.00k', '64.0k', '7.25M', '15.0M', '-2.50G', '1.00P'])
})
