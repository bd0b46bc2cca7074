// Debian's openssh-server on loopback, with keys and configuration of its own: what a user's ssh meets on a host.

import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { requireDebianPackage } from './debian-package.ts'
import { freePorts } from './free-ports.ts'

const SSHD = '/usr/sbin/sshd'
const START_MS_MAX = 10_000

/** What the client knows the host key of all names by. */
const HOST_KEY_ALIAS = 'sluice-test'

/** Sees to it that ssh and its server are there. */
export function requireSsh(): void {
  requireDebianPackage(SSHD, '-V', 'openssh-server')
  requireDebianPackage('ssh', '-V', 'openssh-client')
}

/** A running server. Owned by the test. */
export class SshServer implements AsyncDisposable {
  /** A command that reaches this server by each of the names. */
  readonly command: string
  readonly #folder: string
  readonly #child: ChildProcess
  #errors = ''

  /** @param names Hosts of the client's configuration, all of which are this server. */
  static async start(names: readonly string[]): Promise<SshServer> {
    const [port = 0] = await freePorts(1)
    const server = new SshServer(names, port)
    const deadlineMs = performance.now() + START_MS_MAX
    while (!(await listens(port))) {
      if (server.#child.exitCode !== null || performance.now() > deadlineMs) {
        throw new Error(`sshd did not start: ${server.#errors}`)
      }
      await sleep(20)
    }
    return server
  }

  private constructor(names: readonly string[], port: number) {
    const folder = mkdtempSync(join(tmpdir(), 'sluice-ssh-'))
    const at = (name: string): string => join(folder, name)
    this.#folder = folder
    for (const key of ['host-key', 'user-key']) {
      execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', at(key)])
    }
    const hostKey = readFileSync(at('host-key.pub'), 'utf8')
    writeFileSync(at('known-hosts'), `${HOST_KEY_ALIAS} ${hostKey}`)
    const server = { Port: port, ListenAddress: '127.0.0.1', HostKey: at('host-key'), PidFile: 'none', UsePAM: 'no' }
    const access = { AuthorizedKeysFile: at('user-key.pub'), StrictModes: 'no', PasswordAuthentication: 'no' }
    writeFileSync(at('sshd-config'), configText({ ...server, ...access }))
    const host = { Host: names.join(' '), HostName: '127.0.0.1', HostKeyAlias: HOST_KEY_ALIAS, Port: port }
    const user = { User: userInfo().username, IdentityFile: at('user-key'), IdentitiesOnly: 'yes' }
    const trust = { UserKnownHostsFile: at('known-hosts'), StrictHostKeyChecking: 'yes' }
    writeFileSync(at('ssh-config'), configText({ ...host, ...user, ...trust }))
    this.command = `ssh -F '${at('ssh-config')}'`
    // Started by root, it wants an empty folder for what it does not trust; Debian makes it when the service starts.
    if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 })
    this.#child = spawn(SSHD, ['-D', '-e', '-f', at('sshd-config')], { stdio: ['ignore', 'ignore', 'pipe'] })
    this.#child.stderr?.on('data', (text) => {
      this.#errors += text
    })
  }

  /** What it has logged. */
  get log(): string {
    return this.#errors
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const ended = once(this.#child, 'exit')
      this.#child.kill('SIGTERM')
      await ended
    }
    rmSync(this.#folder, { recursive: true })
  }
}

function configText(rows: Readonly<Record<string, string | number>>): string {
  return Object.entries(rows)
    .map(([name, value]) => `${name} ${value}\n`)
    .join('')
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
