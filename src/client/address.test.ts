import { describe, expect, it } from 'vitest'
import { parseTargets } from './address.ts'

describe('parseTargets', () => {
  it.each([
    ['example.org:1234', ['example.org:1234'], undefined, false],
    ['example.org', ['example.org:7070'], undefined, false],
    ['[::1]:1', ['[::1]:1'], undefined, false],
    ['[::1]', ['[::1]:7070'], undefined, false],
    ['sluice://a', ['a:7070'], undefined, false],
    ['sluice://a:1,b:2/', ['a:1', 'b:2'], undefined, false],
    ['sluices://:p%40ss%3A@a,[::1]:2', ['a:7070', '[::1]:2'], 'p@ss:', true],
    [['sluices://a', 'sluices://:x@b'], ['a:7070', 'b:7070'], 'x', true],
  ] as const)('reads %j', (given, addresses, password, isEncrypted) => {
    expect(parseTargets(given)).toEqual({ addresses, password, isEncrypted })
  })

  it.each([
    [[], 'no address'],
    ['', 'not host:port'],
    ['a:0', 'not host:port'],
    ['a:65536', 'not host:port'],
    ['::1', 'not host:port'],
    ['a:1:2', 'not host:port'],
    ['redis://a', 'neither sluice://'],
    ['sluice://user:secret@a', 'no user names'],
    ['sluice://:%zz@a', 'percent-encoded'],
    ['sluice://a,,b', 'not host:port'],
    ['sluice://a/b', 'not host:port'],
    [['sluice://a', 'sluices://b'], 'over TLS'],
    [['sluice://:secret@a', 'sluice://:other@b'], 'different passwords'],
  ] as const)('refuses %j', (given, problem) => {
    expect(() => parseTargets(given)).toThrow(problem)
  })

  it('repeats no password in an error', () => {
    for (const wrong of ['sluice://secret@a', 'sluice://:secret@a:x', 'sluice://:secret%zz@a', 'http://:secret@a']) {
      expect(() => parseTargets(wrong)).toThrow(
        expect.not.objectContaining({ message: expect.stringContaining('secret') }),
      )
    }
  })
})
