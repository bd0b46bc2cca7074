// A benchmark over several hosts, all of which are this machine: processes as users have them, in short. Needs
// `npm run build`.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, describe, expect, it } from 'vitest'
import {
  BenchClusterProcess,
  expectClusterResult,
  expectGone,
  isRunning,
  MAIN,
} from '../support/bench-cluster-process.ts'

const TIMEOUT_MS = 60_000
const HOSTS = ['server-1', 'server-2', 'client-1', 'client-2']
const SMALL = ['--servers', '2', '--clients', '2', '--threads', '1', '--client-threads', '1', '--records', '5000']

const folder = mkdtempSync(join(tmpdir(), 'sluice-fake-ssh-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe('a benchmark of two nodes and two client hosts', () => {
  it('finds every reply right, tells what each host did, and leaves no process', { timeout: TIMEOUT_MS }, async () => {
    await using bench = new BenchClusterProcess([...SMALL, '--seconds', '2'])
    const { code, stdout, stderr } = await bench.ended
    expect([code, stderr], stdout).toEqual([0, ''])
    expectClusterResult(bench.result)
    const { result } = bench
    expect(result?.options).toMatchObject({ batch: 2_048, shardThreads: 2, clientThreads: 2 })
    expect(result?.hosts.map(({ sshName, address }) => [sshName, address])).toEqual(
      HOSTS.map(() => [null, '127.0.0.1']),
    )
    for (const word of [...HOSTS, 'every reply was right', 'sum of the median second']) expect(stdout).toContain(word)
    const pids = result?.hosts.map(({ pid }) => pid) ?? []
    expect(new Set(pids).size).toBe(4)
    // The benchmark waits for its own children.
    expect(pids.filter(isRunning)).toEqual([])
    expect(pids).toEqual(HOSTS.map((id) => bench.pidOf(id)))
    // What clients of others need to know stays in the run.
    expect(JSON.stringify(result) + stdout + HOSTS.map((id) => bench.log(id)).join()).not.toContain('password')
  })

  it('starts operations at the rate that is given', { timeout: TIMEOUT_MS }, async () => {
    await using bench = new BenchClusterProcess([...SMALL, '--seconds', '2', '--rate', '20000', '--batch', '100'])
    const { code, stdout } = await bench.ended
    expect(code, stdout).toBe(0)
    expect(bench.result?.clientOpsPerSecond).toBeGreaterThan(10_000)
    expect(bench.result?.clientOpsPerSecond).toBeLessThan(25_000)
  })

  it.each(['server-1', 'client-2'])(
    'says when %s is killed, and keeps what it has',
    { timeout: TIMEOUT_MS },
    async (id) => {
      await using bench = new BenchClusterProcess([...SMALL, '--seconds', '60'])
      await bench.shows(/warm-up +[\d.]+ s/)
      await sleep(2_500)
      process.kill(bench.pidOf(id), 'SIGKILL')
      const { code, stdout } = await bench.ended
      expect(code, stdout).toBe(1)
      expect(stdout).toContain(`ended early: ${id}: it ended by SIGKILL`)
      expect(bench.result).toMatchObject({ failure: `${id}: it ended by SIGKILL`, interruptedIn: null, mismatches: 0 })
      expect(bench.result?.checkedReplies).toBeGreaterThan(0)
      expect(bench.result?.serverMediansOpsPerSecond).toBeGreaterThan(0)
      expect(bench.result?.nodes.every(({ samples }) => samples.length > 0)).toBe(true)
      await expectGone(HOSTS.map((each) => bench.pidOf(each)))
    },
  )

  it('gives what it has when it is interrupted', { timeout: TIMEOUT_MS }, async () => {
    await using bench = new BenchClusterProcess([...SMALL, '--seconds', '60'])
    await bench.shows(/warm-up +[\d.]+ s/)
    await sleep(1_500)
    bench.interrupt()
    const { code, stdout } = await bench.ended
    expect(code, stdout).toBe(130)
    expect(stdout).toContain('interrupted in the run phase: the figures are partial')
    expect(bench.result).toMatchObject({ interruptedIn: 'run', failure: null, mismatches: 0 })
    expect(bench.result?.checkedReplies).toBeGreaterThan(0)
    await expectGone(HOSTS.map((id) => bench.pidOf(id)))
  })

  it('leaves no process when it is killed itself', { timeout: TIMEOUT_MS }, async () => {
    await using bench = new BenchClusterProcess([...SMALL, '--seconds', '60'])
    await bench.shows(/load/)
    bench.child.kill('SIGKILL')
    await expectGone(HOSTS.map((id) => bench.pidOf(id)))
  })
})

describe('a benchmark that cannot run says why, and leaves no process', () => {
  it('an agent of another version', { timeout: TIMEOUT_MS }, async () => {
    const hello = JSON.stringify({ type: 'hello', version: '0.0.9', nodeVersion: 'v20.0.0', machine: 'm', pid: 1 })
    const remote = `sh -c 'echo welcome; echo "$0"; exec cat >/dev/null' '${hello}' --`
    const { code, stderr } = await refused(['--remote-command', remote])
    expect(code).toBe(1)
    expect(stderr).toMatch(
      /(server-1 \(user@h1\)|client-1 \(h2\)) has Sluice 0\.0\.9, and this is \d+\.\d+\.\d+: install the same version/,
    )
  })

  it('a host where Sluice is not installed', { timeout: TIMEOUT_MS }, async () => {
    const { code, stderr } = await refused(['--remote-command', 'no-such-sluice'])
    expect(code).toBe(1)
    expect(stderr).toMatch(
      /(server-1 \(user@h1\)|client-1 \(h2\)): it ended with exit code 127: .*no-such-sluice.*not found/,
    )
  })

  it('no ssh', { timeout: TIMEOUT_MS }, async () => {
    await using bench = new BenchClusterProcess(['--servers', 'h1', '--clients', 'h2', '--ssh', '/nowhere/ssh'])
    const { code, stderr } = await bench.ended
    expect([code, stderr]).toEqual([1, expect.stringMatching(/\(h1\): it cannot be started: .*\/nowhere\/ssh/)])
  })

  it('an interruption while hosts are being connected', { timeout: TIMEOUT_MS }, async () => {
    const ssh = fakeSsh('exec sleep 60')
    await using bench = new BenchClusterProcess(['--servers', 'h1', '--clients', 'h2', '--ssh', ssh])
    await bench.shows(/connect/)
    bench.interrupt()
    const { code, stderr } = await bench.ended
    expect([code, stderr]).toEqual([130, expect.stringContaining('interrupted while the hosts were being connected')])
  })

  it.each([
    ['--servers 0 --clients 1', /--servers must be 1 to 64 hosts, not 0/],
    ['--servers -h1 --clients 1', /--servers must be a count or hosts with commas/],
    ['--servers 1 --clients h1', /name it with its address/],
    ['--servers 1 --clients 1 --client-threads 0', /--client-threads must be a whole number from 1/],
    ['--servers 1 --clients 1 --workload z', /--workload must be one of/],
    ['--servers 1', /required option '--clients/],
  ])('%s', { timeout: TIMEOUT_MS }, async (text, message) => {
    await using bench = new BenchClusterProcess(text.split(' '))
    const { code, stderr } = await bench.ended
    expect(stderr).toMatch(message)
    expect(code).toBe(2)
  })
})

it('an agent ends with its input, and with whoever listens', { timeout: TIMEOUT_MS }, async () => {
  const agent = spawn(process.execPath, [MAIN, 'bench', 'agent'], { stdio: ['pipe', 'pipe', 'inherit'] })
  const [hello] = await once(agent.stdout, 'data')
  expect(JSON.parse(String(hello))).toMatchObject({ type: 'hello', pid: agent.pid })
  agent.stdin.end()
  expect(await once(agent, 'exit')).toEqual([0, null])
})

/** Runs a benchmark over a shell of this machine in the place of ssh. */
async function refused(args: readonly string[]): Promise<{ code: number | null; stderr: string }> {
  const ssh = fakeSsh('while [ "$1" != -- ]; do shift; done; shift; exec sh -c "$*"')
  await using bench = new BenchClusterProcess(['--servers', 'user@h1', '--clients', 'h2', '--ssh', ssh, ...args])
  return await bench.ended
}

let scripts = 0

function fakeSsh(script: string): string {
  const file = join(folder, `ssh-${scripts++}`)
  writeFileSync(file, `#!/bin/sh\n${script}\n`)
  chmodSync(file, 0o755)
  return file
}
