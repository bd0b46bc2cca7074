import { expect, it } from 'vitest'
import { ManualClock } from '../../../test/support/manual-clock.ts'
import { seedOf } from '../../../test/support/seed.ts'
import { seededRandom } from '../../util/random.ts'
import { estimateOffset, measureOffset } from './clock-offset.ts'

it('the quickest round trip tells the offset', () => {
  const slow = { sentMs: 0, receivedMs: 100, remoteMs: 1_090 }
  const quick = { sentMs: 200, receivedMs: 204, remoteMs: 1_202 }
  expect(estimateOffset([slow, quick])).toEqual({ offsetMs: 1_000, uncertaintyMs: 3 })
})

it('the true offset lies within the uncertainty, however the way is divided', async () => {
  const random = seededRandom(seedOf())
  for (let round = 0; round < 50; round++) {
    const clock = new ManualClock()
    const trueMs = random.nextBelow(200_000) - 100_000
    const { offsetMs, uncertaintyMs } = await measureOffset(clock, async () => {
      clock.advance(random.nextBelow(80))
      const remoteMs = Math.floor(clock.nowMs() + trueMs)
      clock.advance(random.nextBelow(80))
      return remoteMs
    })
    expect(Math.abs(offsetMs - trueMs)).toBeLessThanOrEqual(uncertaintyMs)
    expect(uncertaintyMs).toBeLessThanOrEqual(81)
  }
})

it('a wall clock that is set meanwhile makes no round trip longer', async () => {
  const clock = new ManualClock()
  const jumping = {
    ...clock,
    nowMs: () => clock.nowMs(),
    monotonicMs: () => clock.monotonicMs() - 1e6,
    after: clock.after,
  }
  expect(await measureOffset(jumping, () => Promise.resolve(clock.nowMs()))).toEqual({ offsetMs: 0, uncertaintyMs: 1 })
})
