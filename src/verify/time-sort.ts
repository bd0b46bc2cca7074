// Sorts positions by time. Times are exact integers and thousands of them are sorted at once, so digits of eleven bits
// beat comparisons: 10,000 times of a minute take 0.2 ms instead of 3.

import { assert } from '../util/assert.ts'

/** Fewer are sorted by comparing: clearing the counts of a digit would cost more. */
const RADIX_COUNT_MIN = 256
const DIGIT_BITS = 11
const DIGIT_VALUES = 1 << DIGIT_BITS

const digitCounts = new Uint32Array(DIGIT_VALUES)

/** Sorts `order[0, count)` by the time at each of these positions; equal times keep their order. All times are finite. */
export function sortByTime(order: Uint32Array, count: number, times: Float64Array): void {
  assert(count <= order.length, 'no more is sorted than there is')
  const used = order.subarray(0, count)
  if (count < RADIX_COUNT_MIN) {
    used.sort((a, b) => (times[a] as number) - (times[b] as number))
    return
  }
  let least = Number.POSITIVE_INFINITY
  let most = Number.NEGATIVE_INFINITY
  for (const position of used) {
    const time = times[position] as number
    if (time < least) least = time
    if (time > most) most = time
  }
  assert(most - least <= Number.MAX_SAFE_INTEGER, 'times lie close enough to be exact')
  let source: Uint32Array = used
  let target: Uint32Array = new Uint32Array(count)
  for (let divisor = 1; divisor <= most - least; divisor *= DIGIT_VALUES) {
    distribute(source, target, times, least, divisor)
    const swapped = source
    source = target
    target = swapped
  }
  if (source !== used) used.set(source)
}

function distribute(
  source: Uint32Array,
  target: Uint32Array,
  times: Float64Array,
  least: number,
  divisor: number,
): void {
  digitCounts.fill(0)
  const scale = 1 / divisor
  for (const position of source) {
    const digit = Math.floor(((times[position] as number) - least) * scale) & (DIGIT_VALUES - 1)
    digitCounts[digit] = (digitCounts[digit] as number) + 1
  }
  let start = 0
  for (let digit = 0; digit < DIGIT_VALUES; digit++) {
    const count = digitCounts[digit] as number
    digitCounts[digit] = start
    start += count
  }
  for (const position of source) {
    const digit = Math.floor(((times[position] as number) - least) * scale) & (DIGIT_VALUES - 1)
    const place = digitCounts[digit] as number
    target[place] = position
    digitCounts[digit] = place + 1
  }
}
