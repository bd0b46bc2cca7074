// The benchmarks of clusters and of promise calls at the smallest scale: real processes, every reply checked. Needs
// `npm run build`.

import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, it } from 'vitest'
import { INSTALL_MS_MAX, requireDebianPackage } from '../support/debian-package.ts'

const run = promisify(execFile)
const SCRIPTS = new URL('../../scripts', import.meta.url).pathname
const TIMEOUT_MS = 60_000
const SMALL = ['--records', '20000', '--frame-ops', '64']

/** The cells of the first row of numbers. */
function cellsOf(output: string): string[] {
  const row = output.split('\n').find((line) => /^ +\d/.test(line)) ?? ''
  return row.trim().split(/ {2,}/)
}

function cluster(...args: string[]): Promise<{ stdout: string }> {
  return run(process.execPath, [join(SCRIPTS, 'bench-cluster/main.mjs'), ...args, ...SMALL])
}

describe('the benchmark of clusters', () => {
  it('goes on while a node is killed and comes back empty', { timeout: TIMEOUT_MS }, async () => {
    // The exit code says whether anything was wrong, and whether the clients have found the node again.
    const { stdout } = await cluster('restart', '--nodes', '4', '--threads', '2', '--clients', '4', '--seconds', '6')
    const [answered, wrong] = cellsOf(stdout).map(Number)
    expect(answered).toBeGreaterThan(1_000)
    expect(wrong).toBe(0)
  })

  it('compares sizes', { timeout: TIMEOUT_MS }, async () => {
    const { stdout } = await cluster('scaling', '--rounds', '1', '--seconds', '1')
    for (const size of ['1x1', '2x2', '4x4']) expect(stdout).toContain(`  ${size} `)
  })
})

describe('the benchmark of calls', () => {
  beforeAll(() => requireDebianPackage('redis-server'), INSTALL_MS_MAX)

  it('reads by every kind of call, here and from Redis', { timeout: TIMEOUT_MS }, async () => {
    const { stdout } = await run(process.execPath, [
      join(SCRIPTS, 'bench-calls/main.mjs'),
      ...['--seconds', '0.1', '--rounds', '1'],
    ])
    for (const name of ['sluice get', 'ioredis get', 'sluice getMany', 'one caller']) expect(stdout).toContain(name)
  })
})
