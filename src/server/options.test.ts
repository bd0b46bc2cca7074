import { describe, expect, it } from 'vitest'
import { resolveServerOptions } from './options.ts'

describe('resolveServerOptions', () => {
  it('fills in every default, and freezes the result', () => {
    const options = resolveServerOptions({})
    expect(options).toMatchObject({ host: '127.0.0.1', port: 0, advertisedHost: '127.0.0.1', shardsPerThread: 1 })
    expect(options).toMatchObject({ allowRemoteClients: false, drainMs: 5_000, nodeId: 'node-1' })
    expect(options.threads).toBeGreaterThanOrEqual(1)
    expect(options.memoryBytesMax).toBeGreaterThanOrEqual(1024 * 1024)
    expect(Object.isFrozen(options)).toBe(true)
  })

  it('wants to know what clients connect to when it listens on every interface', () => {
    expect(() => resolveServerOptions({ host: '0.0.0.0' })).toThrow('advertisedHost')
    const options = resolveServerOptions({ host: '::', advertisedHost: 'db.example.org' })
    expect(options.advertisedHost).toBe('db.example.org')
  })

  it.each([
    [{ port: -1 }, 'port'],
    [{ port: 65_536 }, 'port'],
    [{ threads: 0 }, 'threads'],
    [{ threads: 257 }, 'threads'],
    [{ threads: 256, shardsPerThread: 65 }, 'shardsPerThread'],
    [{ memoryBytesMax: 1_000 }, 'memoryBytesMax'],
    [{ memoryBytesMax: 5_000_000_000 }, 'memoryBytesMax'],
    [{ drainMs: -1 }, 'drainMs'],
    [{ limits: { connectionsMax: 0 } }, 'connectionsMax'],
  ])('refuses %o', (given, name) => {
    expect(() => resolveServerOptions(given)).toThrow(name)
  })
})
