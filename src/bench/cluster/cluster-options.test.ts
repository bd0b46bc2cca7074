import { describe, expect, it } from 'vitest'
import type { AgentHello } from './agent-messages.ts'
import {
  type GivenClusterOptions,
  type GreetedHost,
  placeHosts,
  planNodeMemory,
  resolveClusterOptions,
} from './cluster-options.ts'

const GIB = 1024 ** 3

/** Hosts with so many cores each, on the machine that the name says. */
function hostsOf(given: GivenClusterOptions, cores: number, machineOf = (id: string): string => id): GreetedHost[] {
  const { servers, clients } = placeHosts(given)
  return [...servers, ...clients].map((host) => {
    const hello: AgentHello = {
      ...{ type: 'hello', version: '1', nodeVersion: 'v20', hostName: `${machineOf(host.id)}.example` },
      ...{ machine: machineOf(host.id), pid: 1, cores, cpuModel: 'c', nowMs: 0 },
      ...{ memoryBytes: 64 * GIB, memoryBytesAvailable: 8 * GIB },
    }
    return { host, hello }
  })
}

const resolved = (given: GivenClusterOptions, cores = 8, machineOf?: (id: string) => string) =>
  resolveClusterOptions(given, hostsOf(given, cores, machineOf))

describe('options of a cluster', () => {
  const given = { servers: 'h1,h2', clients: 'h3,h4,h5' }

  it('have defaults for the machines', () => {
    expect(resolved(given)).toMatchObject({
      ...{ serverCount: 2, clientHostCount: 3, threadsPerServer: 8, clientThreadsPerHost: 8 },
      ...{ shardThreads: 16, clientThreads: 24, batch: 16_384, loadBatch: 16_384, window: 2 },
      ...{ opsPerSecond: 0, seconds: 10, seed: 1 },
    })
  })

  it('share the cores of a machine among its agents', () => {
    expect(resolved(given, 8, () => 'one')).toMatchObject({
      threadsPerServer: 1,
      clientThreadsPerHost: 1,
      batch: 2_048,
    })
    const byRole = (id: string): string => id.slice(0, 6)
    expect(resolved(given, 12, byRole)).toMatchObject({ threadsPerServer: 6, clientThreadsPerHost: 4 })
  })

  it('take what is given', () => {
    const more = {
      threads: 3,
      clientThreads: 5,
      batch: 100,
      window: 7,
      seconds: 2,
      seed: 9,
      rate: 1_000,
      valueBytes: '1000',
    }
    expect(resolved({ ...given, ...more })).toMatchObject({
      ...{ threadsPerServer: 3, clientThreadsPerHost: 5, shardThreads: 6, clientThreads: 15 },
      ...{ batch: 100, window: 7, seconds: 2, seed: 9, opsPerSecond: 1_000 },
    })
    const { batch } = resolved({ ...given, threads: 1, valueBytes: '1024' })
    expect(batch).toBe(2 * 128)
  })

  it.each([
    [{ threads: 0 }, '--threads'],
    [{ clientThreads: 257 }, '--client-threads'],
    [{ batch: 0 }, '--batch'],
    [{ window: 0 }, '--window'],
    [{ seconds: 0 }, '--seconds'],
    [{ seed: -1 }, '--seed'],
    [{ rate: -1 }, '--rate'],
  ])('%j is refused before any host is asked', (wrong, option) => {
    expect(() => placeHosts({ ...given, ...wrong })).toThrow(option)
  })
})

describe('memory of a cluster', () => {
  const given = { servers: 'h1,h2', clients: 'h3', threads: 2, clientThreads: 1, records: 10_000_000 }

  it('is planned for each machine', () => {
    const hosts = hostsOf(given, 8)
    const { shardsPerThread, memoryBytesMax } = planNodeMemory(resolveClusterOptions(given, hosts), hosts)
    expect(shardsPerThread).toBe(1)
    expect(memoryBytesMax).toBeGreaterThan(10_000_000 * 128)
  })

  it('is refused where it does not fit, by the name of the machine', () => {
    const hosts = hostsOf(given, 8, (id) => (id.startsWith('server') ? 'big' : id))
    const many = { ...given, records: 60_000_000 }
    expect(() => planNodeMemory(resolveClusterOptions(many, hosts), hosts)).toThrow(
      /^big\.example, with server-1, server-2, needs [\d.]+ (GiB|MiB) of memory, and 8192\.0 MiB is available/,
    )
  })
})
