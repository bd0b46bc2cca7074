import { describe, expect, it } from 'vitest'
import { ManualClock } from '../../../test/support/manual-clock.ts'
import { CLOSED_LOOP, openLoop, type Pace } from './pace.ts'

const START_MS = 1_000_000
const STEP_MS = 0.25

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** A clock that goes on by a step with each turn of the event loop that is waited for. */
function paceOf(intervalMs: number): { readonly clock: ManualClock; readonly pace: Pace; turns: () => number } {
  const clock = new ManualClock(START_MS)
  let count = 0
  const turn = async (): Promise<void> => {
    count++
    clock.advance(STEP_MS)
  }
  return { clock, pace: openLoop(START_MS, intervalMs, clock, turn), turns: () => count }
}

const never = (): boolean => false

describe('a closed loop', () => {
  it('starts at once', async () => {
    expect(CLOSED_LOOP.isOpen).toBe(false)
    await CLOSED_LOOP.until(CLOSED_LOOP.next(), never)
  })
})

describe('an open loop', () => {
  it('has starts at even distances, whoever takes them', () => {
    const { pace } = paceOf(12.5)
    expect(pace.isOpen).toBe(true)
    expect([pace.next(), pace.next(), pace.next()].map((ms) => ms - START_MS)).toEqual([0, 12.5, 25])
  })

  it('waits for most of the time by a timer, and goes round the event loop for the rest', async () => {
    const { clock, pace, turns } = paceOf(0)
    const start = pace.until(START_MS + 50, never)
    expect([clock.timerCount, turns()]).toEqual([1, 0])
    clock.advance(48)
    await start
    expect(clock.monotonicMs()).toBe(START_MS + 50)
    expect(turns()).toBe(2 / STEP_MS)
    expect(clock.timerCount).toBe(0)
  })

  it('does not wait for a start that is past', async () => {
    const { clock, pace, turns } = paceOf(0)
    clock.advance(10)
    await pace.until(START_MS + 10, never)
    await pace.until(START_MS + 3, never)
    expect([clock.timerCount, turns()]).toEqual([0, 0])
  })

  it('stops waiting for a start that is not wanted any more', async () => {
    const { clock, pace } = paceOf(0)
    let isOver = false
    let isDone = false
    const start = pace
      .until(START_MS + 3_600_000, () => isOver)
      .then(() => {
        isDone = true
      })
    clock.advance(500)
    await settled()
    expect([isDone, clock.timerCount]).toEqual([false, 1])
    isOver = true
    clock.advance(100)
    await start
    expect(clock.monotonicMs()).toBeLessThan(START_MS + 1_000)
    expect(clock.timerCount).toBe(0)
  })
})
