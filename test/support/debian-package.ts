// Programs from Debian's packages that tests run for real. As root they are installed when missing; otherwise the test
// fails and says what to install: none of them is skipped.

import { spawnSync } from 'node:child_process'

/** Milliseconds that an installation may take: for the time limit of the hook that calls. */
export const INSTALL_MS_MAX = 120_000

/**
 * Sees to it that `program` can be run; `argument` makes it do nothing and end well. The Debian package has the same name,
 * unless it is given.
 */
export function requireDebianPackage(program: string, argument = '--version', packageName = program): void {
  if (isInstalled(program, argument)) return
  if (process.getuid?.() === 0) {
    apt('update')
    apt('install', '--yes', '--no-install-recommends', packageName)
  }
  if (!isInstalled(program, argument)) throw new Error(`this test runs ${program}: apt-get install ${packageName}`)
}

function isInstalled(program: string, argument: string): boolean {
  return spawnSync(program, [argument]).status === 0
}

function apt(...args: string[]): void {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' }
  const { status, stderr } = spawnSync('apt-get', ['-qq', ...args], { env, encoding: 'utf8', timeout: INSTALL_MS_MAX })
  if (status !== 0) throw new Error(`apt-get ${args.join(' ')} ended with ${status}: ${stderr}`)
}
