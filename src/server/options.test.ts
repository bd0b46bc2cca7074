import { describe, expect, it } from 'vitest'
import { parseTopology } from '../cluster/parse-topology.ts'
import { resolveServerOptions, type ServerOptions } from './options.ts'
import { canReusePort } from './reuse-port.ts'

const MIB = 1024 * 1024

const TOPOLOGY = parseTopology({
  number: 4,
  nodes: [
    { id: 'a', host: 'a.example.org', ports: [1001, 1002], publicPort: 1000 },
    { id: 'b', host: 'b.example.org', ports: [2001] },
  ],
  shards: [
    { id: 0, node: 'a', thread: 0, view: 1, slots: [[0, 9_999]] },
    { id: 1, node: 'a', thread: 1, view: 1, slots: [] },
    { id: 2, node: 'a', thread: 1, view: 1, slots: [[10_000, 16_383]] },
  ],
})

describe('resolveServerOptions', () => {
  it('fills in every default, and freezes the result', () => {
    const options = resolveServerOptions({})
    expect(options).toMatchObject({ bind: '127.0.0.1', port: 0, advertise: '127.0.0.1', password: undefined })
    expect(options).toMatchObject({ allowRemoteClients: false, drainMs: 5_000, nodeId: 'node-1' })
    expect(options.directPorts.length).toBeGreaterThanOrEqual(1)
    expect(options.shards).toBeGreaterThanOrEqual(options.directPorts.length)
    expect(options.shardMemoryBytesMax).toBeGreaterThanOrEqual(MIB)
    expect(Object.isFrozen(options)).toBe(true)
  })

  it('wants to know what clients connect to when it listens on every interface', () => {
    expect(() => resolveServerOptions({ bind: '0.0.0.0' })).toThrow('advertise')
    expect(resolveServerOptions({ bind: '::', advertise: 'db.example.org' }).advertise).toBe('db.example.org')
  })

  it.each([
    { memory: 64 * MIB, threads: 2, shards: 2, share: 32 * MIB },
    { memory: 4_000 * MIB, threads: 1, shards: 1, share: 4_000 * MIB },
    { memory: 4_001 * MIB, threads: 1, shards: 2, share: 2_000.5 * MIB },
    { memory: 64_000 * MIB, threads: 4, shards: 16, share: 4_000 * MIB },
  ])('makes $shards shards on $threads threads of $memory bytes', ({ memory, threads, shards, share }) => {
    const options = resolveServerOptions({ memoryBytesMax: memory, threads })
    expect(options).toMatchObject({ shards, shardMemoryBytesMax: share })
  })

  it('gives each thread a port of the range', () => {
    expect(resolveServerOptions({ directPorts: [7100, 7102] }).directPorts).toEqual([7100, 7101, 7102])
    expect(resolveServerOptions({ directPorts: [7100, 7109], threads: 2 }).directPorts).toEqual([7100, 7101])
  })

  it('takes its place from the topology', () => {
    expect(resolveServerOptions({ topology: TOPOLOGY, nodeId: 'a', memoryBytesMax: 90 * MIB })).toMatchObject({
      port: 1000,
      directPorts: [1001, 1002],
      advertise: 'a.example.org',
      shardMemoryBytesMax: 30 * MIB,
    })
    expect(resolveServerOptions({ topology: TOPOLOGY, nodeId: 'b' })).toMatchObject({ port: undefined, shards: 1 })
  })

  it.each<[ServerOptions, string]>([
    [{ port: -1 }, 'port'],
    [{ port: 65_536 }, 'port'],
    [{ threads: 0 }, 'threads'],
    [{ threads: 257 }, 'threads'],
    [{ threads: 4, shards: 3 }, 'shards'],
    [{ shards: 16_385, threads: 1 }, 'shards'],
    [{ memoryBytesMax: 1_000 }, 'memoryBytesMax'],
    [{ memoryBytesMax: 5_000_000_000, threads: 1, shards: 1 }, 'memoryBytesMax'],
    [{ directPorts: [7100, 7099] }, 'directPorts'],
    [{ directPorts: [7100, 7101], threads: 3 }, 'directPorts'],
    [{ directPorts: [7069, 7070], port: 7070 }, 'directPorts'],
    [{ password: '' }, 'password'],
    [{ password: 'ä'.repeat(513) }, 'password'],
    [{ drainMs: -1 }, 'drainMs'],
    [{ directPorts: [1, 257], port: 0 }, 'directPorts'],
    [{ eviction: 'all' } as object, 'eviction'],
    [{ tls: { cert: 'no PEM', key: '' } }, 'tls.cert'],
    [{ limits: { connectionsMax: 0 } }, 'limits.connectionsMax'],
    [{ topology: TOPOLOGY }, 'nodeId'],
    [{ topology: TOPOLOGY, nodeId: 'a', threads: 2 }, 'threads'],
    [{ topology: TOPOLOGY, nodeId: 'a', port: 7070 }, 'port'],
  ])('refuses %o, naming the option first', (given, name) => {
    expect(() => resolveServerOptions(given)).toThrow(new RegExp(`^${name}\\b`))
  })
})

it.each([
  ['20.20.2', 'linux', false],
  ['22.11.0', 'linux', false],
  ['22.12.0', 'linux', true],
  ['24.1.0', 'linux', true],
  ['24.1.0', 'darwin', false],
])('Node %s on %s shares a port: %s', (version, platform, expected) => {
  expect(canReusePort(version, platform)).toBe(expected)
})
