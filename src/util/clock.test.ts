import { expect, it } from 'vitest'
import { systemClock } from './clock.ts'

it('a timer of the machine keeps the process only when it is told to', () => {
  const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
  const before = timers()
  const loose = systemClock.after(60_000, () => {})
  expect(timers()).toBe(before)
  const firm = systemClock.after(60_000, () => {}, true)
  expect(timers()).toBe(before + 1)
  for (const timer of [loose, firm, firm]) timer.cancel()
  expect(timers()).toBe(before)
})
