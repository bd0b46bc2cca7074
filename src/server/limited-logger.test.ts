import { describe, expect, it } from 'vitest'
import { ManualClock } from '../../test/support/manual-clock.ts'
import { LogRecorder } from '../../test/support/server-harness.ts'
import { limitedLogger } from './limited-logger.ts'

describe('limitedLogger', () => {
  it('passes on so many lines a second, and tells how many it left out', () => {
    const clock = new ManualClock()
    const log = new LogRecorder()
    const limited = limitedLogger(log, clock, 2)
    for (let count = 0; count < 5; count++) limited.warn({ count }, 'line')
    clock.advance(999)
    limited.info({}, 'line')
    clock.advance(1)
    limited.error({}, 'next')
    expect(log.lines.map(({ level, message }) => [level, message])).toEqual([
      ['warn', 'line'],
      ['warn', 'line'],
      ['warn', 'log lines were left out'],
      ['error', 'next'],
    ])
    expect(log.lines[2]?.fields).toEqual({ lines: 4 })
  })
})
