import { expect, it } from 'vitest'
import { ManualClock } from '../../test/support/manual-clock.ts'
import { withTimeLimit } from './time-limit.ts'

it('work in time is as without a limit, and leaves no timer', async () => {
  const clock = new ManualClock()
  expect(await withTimeLimit(clock, 10, Promise.resolve(7))).toBe(7)
  await expect(withTimeLimit(clock, 10, Promise.reject(new Error('broken')))).rejects.toThrow('broken')
  await Promise.resolve()
  expect(clock.timerCount).toBe(0)
})

it('late work is not waited for, whether it succeeds or fails', async () => {
  const clock = new ManualClock()
  const late: (() => void)[] = []
  const work = [
    new Promise<number>((resolve) => late.push(() => resolve(1))),
    new Promise<number>((_, reject) => late.push(() => reject(new Error('late')))),
  ]
  const limited = work.map((each) => withTimeLimit(clock, 10, each))
  clock.advance(10)
  for (const end of late) end()
  for (const each of limited) await expect(each).rejects.toMatchObject({ code: 'TIMEOUT' })
})
