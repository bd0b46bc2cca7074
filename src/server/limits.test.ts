import { describe, expect, it } from 'vitest'
import { REPLY_BYTES_MAX } from '../protocol/limits.ts'
import { frameSlabsMax, resolveLimits, SERVER_LIMITS } from './limits.ts'

describe('resolveLimits', () => {
  it('puts the given limits in the place of the defaults, and freezes them', () => {
    const limits = resolveLimits({ connectionsMax: 3 })
    expect(limits).toEqual({ ...SERVER_LIMITS, connectionsMax: 3 })
    expect(Object.isFrozen(limits)).toBe(true)
  })

  it.each([
    [{ connectionsMax: 0 }, 'connectionsMax'],
    [{ handshakeMs: 1.5 }, 'handshakeMs'],
    [{ lingerMs: Number.NaN }, 'lingerMs'],
    [{ slowReaderMs: 10 }, 'slowReaderStarvingMs'],
    [{ unknown: 1 } as object, 'unknown'],
  ])('refuses %o', (given, name) => {
    expect(() => resolveLimits(given)).toThrow(name)
  })
})

describe('frameSlabsMax', () => {
  it('holds the largest reply', () => {
    expect(frameSlabsMax(256 * 1024)).toBe(49)
    expect((frameSlabsMax(262_080) - 1) * 262_080).toBeGreaterThanOrEqual(REPLY_BYTES_MAX)
  })
})
