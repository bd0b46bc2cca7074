// A benchmark of servers that it has not started, Redis and memcached, as a user runs it. Needs `npm run build` and
// Debian's packages.

import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startMemcached } from '../../src/bench/systems/memcached.ts'
import { startRedis } from '../../src/bench/systems/redis.ts'
import type { System } from '../../src/bench/systems/system.ts'
import { requireServers } from '../support/bench-comparison.ts'
import { expectRightRun, WORKLOADS } from '../support/bench-workloads.ts'
import { CliProcess } from '../support/cli-process.ts'
import { INSTALL_MS_MAX } from '../support/debian-package.ts'

const TIMEOUT_MS = 60_000

const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-target-'))
const file = join(folder, 'result.json')
let redis: System
let memcached: System

beforeAll(async () => {
  requireServers()
  redis = await startRedis()
  memcached = await startMemcached()
}, INSTALL_MS_MAX)

afterAll(async () => {
  await Promise.all([redis?.stop(), memcached?.stop()])
  rmSync(folder, { recursive: true })
})

describe.each(['resp', 'memcached-meta', 'memcached-text'])('%s', (driver) => {
  // The text commands differ in what they ask for, not in what is asked.
  const workloads = driver === 'memcached-text' ? WORKLOADS.slice(-2) : WORKLOADS
  it.each(workloads)('%s', { timeout: TIMEOUT_MS }, async (workload) => {
    const { address } = driver === 'resp' ? redis : memcached
    const result = await expectRightRun(['--driver', driver, '--target', address, ...workload.split(' ')])
    const bytes = [result.requestBytesPerOp, result.replyBytesPerOp].map((each) => each ?? 0)
    expect(Math.min(...bytes)).toBeGreaterThan(0)
    // Nothing is known of a server that was only named.
    expect(result).toMatchObject({ serverThreads: 0, serverCpuNsPerOp: null, serverOpsPerSecondMedian: null })
  })
})

it('two clients that insert and read the latest know their own records', { timeout: TIMEOUT_MS }, async () => {
  const workload = ['--workload', 'd', '--clients', '2', '--batch', '50', '--window', '8']
  await expectRightRun([...workload, '--driver', 'resp', '--target', redis.address])
})

it('a server that stops answering is named, and what was measured stands', { timeout: TIMEOUT_MS }, async () => {
  const doomed = await startRedis()
  const args = ['--records', '2000', '--seconds', '600', '--driver', 'resp', '--target', doomed.address, '--json', file]
  await using bench = new CliProcess(['bench', ...args])
  await bench.shows(/ {2}warm-up +[\d.]+ s/)
  process.kill(doomed.processIds[0] ?? 0, 'SIGKILL')
  const { code, stdout } = await bench.ended
  await doomed.stop()
  expect(code, stdout).toBe(1)
  expect(stdout).toContain(`ended early: the connection to the Redis server at ${doomed.address} was lost`)
  expect(existsSync(file)).toBe(true)
})
