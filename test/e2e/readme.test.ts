// The examples of README.md, run as they stand. Needs `npm run build`.

import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

const ROOT = new URL('../..', import.meta.url).pathname
const README = readFileSync(join(ROOT, 'README.md'), 'utf8')
const EXAMPLES = [...README.matchAll(/```js\n(.*?)```/gs)].map((match) => match[1] ?? '')

/** What an example says that it prints: the comments behind its calls of console.log. */
function announcedOutput(example: string): string {
  return [...example.matchAll(/console\.log\(.*\) \/\/ (.*)/g)].map((match) => `${match[1]}\n`).join('')
}

/** A server as `npx sluice serve` starts it, on a port of its own; stopped by disposal. */
async function serve(): Promise<AsyncDisposable & { readonly address: string }> {
  const server = spawn(process.execPath, [join(ROOT, 'dist/cli/main.js'), 'serve', '--port', '0', '--memory', '64M'])
  const [output] = await once(server.stdout, 'data')
  const address = /127\.0\.0\.1:\d+/.exec(String(output))?.[0]
  expect(address).toBeDefined()
  return {
    address: address ?? '',
    async [Symbol.asyncDispose]() {
      server.kill('SIGTERM')
      const [code] = await once(server, 'exit')
      expect(code).toBe(0)
    },
  }
}

it('shows examples that print what they say', async () => {
  expect(EXAMPLES).toHaveLength(3)
  await using server = await serve()
  // Inside the package, so that its own name resolves.
  const folder = mkdtempSync(join(ROOT, 'dist', 'readme-'))
  try {
    for (const [index, example] of EXAMPLES.entries()) {
      const file = join(folder, `example-${index}.js`)
      writeFileSync(file, example.replace('127.0.0.1:7070', server.address))
      const { stdout } = await promisify(execFile)(process.execPath, [file])
      expect(stdout).toBe(announcedOutput(example))
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
})
