import { expect, it, vi } from 'vitest'
import { onAbort } from './abort.ts'

it('one signal may be listened to by many, each until it says so, without a warning', async () => {
  const warning = vi.fn()
  process.on('warning', warning)
  const controller = new AbortController()
  const callback = vi.fn()
  const stops = Array.from({ length: 30 }, () => onAbort(controller.signal, callback))
  for (const stop of stops.slice(0, 10)) stop()
  controller.abort()
  expect(callback).toHaveBeenCalledTimes(20)
  // Warnings come with a turn of their own.
  await new Promise((resolve) => setImmediate(resolve))
  process.off('warning', warning)
  expect(warning).not.toHaveBeenCalled()
})
