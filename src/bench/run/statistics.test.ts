import { expect, it } from 'vitest'
import { median, spreadOf } from './statistics.ts'

it('the median is the middle, or the mean of the two', () => {
  expect(median([5, 100, 1])).toBe(5)
  expect(median([4, 1, 100, 6])).toBe(5)
  expect(median([7])).toBe(7)
  expect(median([-1, -2])).toBe(-1.5)
  expect(median([])).toBeUndefined()
})

it('measurements stay in their order', () => {
  const values = [3, 1, 2]
  expect(median(values)).toBe(2)
  expect(values).toEqual([3, 1, 2])
})

it('a spread is the least, the median and the most', () => {
  expect(spreadOf([3, 1, 10, 4])).toEqual({ least: 1, median: 3.5, most: 10 })
  expect(spreadOf([7])).toEqual({ least: 7, median: 7, most: 7 })
  expect(spreadOf([])).toBeUndefined()
})
