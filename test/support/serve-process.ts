// A server as `sluice serve` starts it: a process of its own. Needs `npm run build`.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

const ROOT = new URL('../..', import.meta.url).pathname

/** A running server process. */
export interface ServeProcess extends AsyncDisposable {
  readonly child: ChildProcess
  /** What it printed when it had started. */
  readonly output: string
  /** `host:port` of its public port, or of whatever it says that it listens on. */
  readonly address: string
  /** What it has written to the standard error so far. */
  errors(): string
}

/** Starts a server, by default on a free port; it must end well when it is told to stop. */
export async function serveProcess(
  args: readonly string[] = ['--port', '0', '--memory', '64M'],
  env: Readonly<Record<string, string>> = {},
): Promise<ServeProcess> {
  const child = spawn(process.execPath, [join(ROOT, 'dist/cli/main.js'), 'serve', ...args], {
    env: { ...process.env, ...env },
  })
  let errors = ''
  child.stderr.on('data', (chunk) => {
    errors += chunk
  })
  const ended = once(child, 'exit')
  const output = await Promise.race([once(child.stdout, 'data').then(([chunk]) => String(chunk)), ended.then(() => '')])
  if (output === '') throw new Error(`sluice serve did not start: ${errors}`)
  child.stdout.resume()
  return {
    child,
    output,
    address: /listening on (\S+)/.exec(output)?.[1] ?? '',
    errors: () => errors,
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM')
      const [code] = await ended
      if (code !== 0 && child.signalCode === null) throw new Error(`sluice serve ended with ${code}: ${errors}`)
    },
  }
}
