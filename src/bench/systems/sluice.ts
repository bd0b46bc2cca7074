// Sluice's own server, as `sluice serve` runs it: a process of its own, as the others are. Needs the compiled program, which
// an installed package has; in a checkout `npm run build` makes it.

import { existsSync, readFileSync } from 'node:fs'
import { SluiceError } from '../../util/errors.ts'
import { startServer } from './server-process.ts'
import { resolveSystemOptions, type System, type SystemOptions } from './system.ts'

/** From this file in `src` as well as in `dist`. */
const ROOT = new URL('../../../', import.meta.url)
const PROGRAM = decodeURIComponent(new URL('dist/cli/main.js', ROOT).pathname)

/** Starts one on a free port. */
export async function startSluice(options: SystemOptions = {}): Promise<System> {
  const { threads, memoryBytesMax } = resolveSystemOptions(options)
  if (!existsSync(PROGRAM)) throw new SluiceError('LISTEN_FAILED', `there is no ${PROGRAM}: run npm run build`)
  const args = ['serve', '--bind', '127.0.0.1', '--port', '0', '--threads', `${threads}`]
  args.push('--memory', `${memoryBytesMax}`, '--log-level', 'warn')
  return startServer({
    name: 'sluice',
    version: readOwnVersion(),
    path: process.execPath,
    args: [PROGRAM, ...args],
    serverThreads: threads,
    address: /listening on (\S+) with/,
    // A password in the environment is for other servers.
    env: {},
  })
}

function readOwnVersion(): string {
  const { version }: { version?: unknown } = JSON.parse(readFileSync(new URL('package.json', ROOT), 'utf8'))
  return String(version)
}
