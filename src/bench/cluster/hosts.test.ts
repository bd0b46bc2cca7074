import { describe, expect, it } from 'vitest'
import { bindAddress, hostTitle, parseHosts, requireReachable } from './hosts.ts'

const servers = (text: string) => parseHosts('--servers', text, 'server')
const clients = (text: string) => parseHosts('--clients', text, 'client')

describe('hosts', () => {
  it('are a count on this machine', () => {
    expect(servers('2')).toEqual([
      { id: 'server-1', role: 'server', sshName: undefined, address: '127.0.0.1' },
      { id: 'server-2', role: 'server', sshName: undefined, address: '127.0.0.1' },
    ])
  })

  it('are names, with a user and with the address that clients take', () => {
    expect(
      clients('h1,ada@h2,bob@h3=10.0.0.3,h4=fd00::4,localhost').map(({ sshName, address }) => [sshName, address]),
    ).toEqual([
      ['h1', 'h1'],
      ['ada@h2', 'h2'],
      ['bob@h3', '10.0.0.3'],
      ['h4', 'fd00::4'],
      ['localhost', '127.0.0.1'],
    ])
    expect(clients('h1,h1').map(({ id }) => id)).toEqual(['client-1', 'client-2'])
    expect(clients('ada@h2').map(hostTitle)).toEqual(['client-1 (ada@h2)'])
  })

  it.each(['', '0', '65', ',', 'h1,', '-oProxyCommand=x', 'h 1', 'h1=', '=a', 'h1=a=b', 'h1= a'])(
    '%j are none',
    (text) => {
      expect(() => servers(text)).toThrow(/^--servers must be/)
    },
  )

  it('listen on loopback when all servers are said to be there, else everywhere', () => {
    expect(bindAddress(servers('3'))).toBe('127.0.0.1')
    expect(bindAddress(servers('s1=127.0.0.2,localhost'))).toBe('127.0.0.1')
    expect(bindAddress(servers('s1=::1'))).toBe('::1')
    expect(bindAddress(servers('localhost,h2'))).toBe('0.0.0.0')
    expect(bindAddress(servers('h1,h2=fd00::2'))).toBe('::')
  })

  it('on other machines cannot find servers that are only said to be on this one', () => {
    expect(() => requireReachable(servers('1'), clients('localhost,h2'))).toThrow('clients on h2 cannot find them')
    for (const [from, to] of [
      ['1', '2'],
      ['1', 'localhost'],
      ['h1', '1'],
      ['localhost=10.0.0.1', 'h2'],
    ] as const) {
      requireReachable(servers(from), clients(to))
    }
  })
})
