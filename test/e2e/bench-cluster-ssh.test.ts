// A benchmark over several hosts by the user's ssh, for real: against Debian's openssh-server on loopback. Needs
// `npm run build`.

import { readFileSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { BenchClusterProcess, expectClusterResult, expectGone } from '../support/bench-cluster-process.ts'
import { INSTALL_MS_MAX } from '../support/debian-package.ts'
import { requireSsh, SshServer } from '../support/ssh-server.ts'

const TIMEOUT_MS = 60_000
const HOSTS = ['server-1', 'server-2', 'client-1', 'client-2']
const SMALL = ['--threads', '1', '--client-threads', '1', '--records', '5000']

let ssh: SshServer
beforeAll(async () => {
  requireSsh()
  ssh = await SshServer.start(['s1', 's2', 'c1', 'c2'])
}, INSTALL_MS_MAX)
afterAll(() => ssh[Symbol.asyncDispose]())

/** Two nodes at that address and two client hosts. */
function bench(args: readonly string[], address = '127.0.0.1'): BenchClusterProcess {
  const hosts = ['--servers', `s1=${address},s2=${address}`, '--clients', 'c1,c2']
  return new BenchClusterProcess(['--ssh', ssh.command, ...hosts, ...SMALL, ...args])
}

it('finds every reply right on two nodes and two client hosts, and leaves no process', {
  timeout: TIMEOUT_MS,
}, async () => {
  await using running = bench(['--seconds', '2'])
  const { code, stdout, stderr } = await running.ended
  expect([code, stderr], stdout).toEqual([0, ''])
  expectClusterResult(running.result)
  expect(running.result?.hosts.map(({ sshName }) => sshName)).toEqual(['s1', 's2', 'c1', 'c2'])
  await expectGone(running.result?.hosts.map(({ pid }) => pid) ?? [])
  expect(ssh.log).toContain('Accepted publickey')
})

it('reaches nodes at an address that other machines see', { timeout: TIMEOUT_MS }, async () => {
  const addresses = Object.values(networkInterfaces()).flatMap((each) => each ?? [])
  const open = addresses.find(({ family, internal }) => family === 'IPv4' && !internal)
  // Where there is no network, the system takes this one for loopback; the nodes do not.
  await using running = bench(['--seconds', '1'], open?.address ?? '0.0.0.0')
  const { code, stdout, stderr } = await running.ended
  expect([code, stderr], stdout).toEqual([0, ''])
  expectClusterResult(running.result)
  await expectGone(HOSTS.map((id) => running.pidOf(id)))
})

it('says when the connection to a host is cut, and keeps what it has', { timeout: TIMEOUT_MS }, async () => {
  await using running = bench(['--seconds', '60'])
  await running.shows(/warm-up +[\d.]+ s/)
  await sleep(2_500)
  for (const pid of childrenOf(running.child.pid, 's2')) process.kill(pid, 'SIGKILL')
  const { code, stdout } = await running.ended
  expect(code, stdout).toBe(1)
  expect(stdout).toContain('ended early: server-2 (s2): it ended by SIGKILL')
  expect(running.result?.checkedReplies).toBeGreaterThan(0)
  await expectGone(HOSTS.map((id) => running.pidOf(id)))
})

it('leaves no process on any host when it is killed', { timeout: TIMEOUT_MS }, async () => {
  await using running = bench(['--seconds', '60'])
  await running.shows(/warm-up +[\d.]+ s/)
  running.child.kill('SIGKILL')
  await expectGone(HOSTS.map((id) => running.pidOf(id)))
})

it('tells what ssh says', { timeout: TIMEOUT_MS }, async () => {
  const hosts = ['--servers', 'nobody@s1=127.0.0.1', '--clients', 'nobody@c1']
  await using running = new BenchClusterProcess(['--ssh', ssh.command, ...hosts, ...SMALL])
  const { code, stderr } = await running.ended
  expect([code, stderr]).toEqual([
    1,
    expect.stringMatching(/\(nobody@\w+\): it ended with exit code 255: .*Permission denied/s),
  ])
})

/** Child processes with that word among their arguments. */
function childrenOf(pid: number | undefined, word: string): number[] {
  const pids = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim().split(' ').map(Number)
  const found = pids.filter((each) => readFileSync(`/proc/${each}/cmdline`, 'latin1').split('\0').includes(word))
  expect(found).toHaveLength(1)
  return found
}
