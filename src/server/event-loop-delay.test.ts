import { expect, it } from 'vitest'
import { ManualClock } from '../../test/support/manual-clock.ts'
import { EventLoopWatch } from './event-loop-delay.ts'

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

function block(durationMs: number): void {
  const endMs = performance.now() + durationMs
  while (performance.now() < endMs);
}

it('a blocked event loop is seen, and forgotten two windows later', async () => {
  const clock = new ManualClock()
  const watch = new EventLoopWatch(clock)
  expect(watch.delay()).toEqual({ p50Ms: 0, p99Ms: 0, maxMs: 0 })
  await sleep(60)
  block(300)
  await sleep(60)
  // In the window that has not ended, since it is the first, and in the one that has.
  expect(watch.delay().maxMs).toBeGreaterThan(200)
  clock.advance(15_000)
  const ended = watch.delay()
  expect(ended.maxMs).toBeGreaterThan(200)
  expect(ended.p50Ms).toBeLessThanOrEqual(ended.p99Ms)
  expect(ended.p99Ms).toBeLessThanOrEqual(ended.maxMs)
  expect(watch.delay()).toBe(ended)
  clock.advance(15_000)
  expect(watch.delay()).toEqual({ p50Ms: 0, p99Ms: 0, maxMs: 0 })
  watch.close()
  watch.close()
})

it('a closed one has no timer', () => {
  const clock = new ManualClock()
  const watch = new EventLoopWatch(clock)
  watch.close()
  const before = watch.delay()
  clock.advance(60_000)
  expect(watch.delay()).toEqual(before)
})
