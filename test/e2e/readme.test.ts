// The examples of README.md, run as they stand. Needs `npm run build`.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { examplesOf, expectExamplesRun } from '../support/document-examples.ts'

const ROOT = new URL('../..', import.meta.url).pathname
const EXAMPLES = examplesOf('README.md')

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
  expect(EXAMPLES).toHaveLength(4)
  await using server = await serve()
  await expectExamplesRun(EXAMPLES.map((example) => example.replace('127.0.0.1:7070', server.address)))
})
