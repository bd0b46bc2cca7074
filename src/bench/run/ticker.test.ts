import { expect, it } from 'vitest'
import { ManualClock } from '../../../test/support/manual-clock.ts'
import { startTicker } from './ticker.ts'

/** Lets what a tick has started go on. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

it('calls once in each interval, without drifting', async () => {
  const clock = new ManualClock()
  const calls: number[] = []
  const ticker = startTicker(clock, 1_000, async (elapsedMs) => {
    calls.push(elapsedMs)
    clock.advance(150)
  })
  for (let step = 0; step < 30; step++) {
    clock.advance(100)
    await turn()
  }
  await ticker.stop()
  expect(calls).toEqual([1_000, 2_000, 3_000])
  clock.advance(5_000)
  expect(calls).toHaveLength(3)
  expect(clock.timerCount).toBe(0)
})

it('never overlaps a slow call, which stop waits for', async () => {
  const clock = new ManualClock()
  let finish = (): void => {}
  let calls = 0
  const ticker = startTicker(clock, 1_000, () => {
    calls++
    return new Promise((resolve) => {
      finish = resolve
    })
  })
  clock.advance(3_500)
  expect(calls).toBe(1)
  let isStopped = false
  const stopped = ticker.stop().then(() => {
    isStopped = true
  })
  await turn()
  expect(isStopped).toBe(false)
  finish()
  await stopped
  clock.advance(5_000)
  expect(calls).toBe(1)
})

it('ends with a failure, which stop reports', async () => {
  const clock = new ManualClock()
  const ticker = startTicker(clock, 1_000, () => Promise.reject(new Error('no answer')))
  clock.advance(1_000)
  await turn()
  expect(clock.timerCount).toBe(0)
  await expect(ticker.stop()).rejects.toThrow('no answer')
})
