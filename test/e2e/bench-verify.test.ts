// A smoke run of the benchmark of the checkers, at sizes that take a second. Needs `npm run build`.

import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

const SCRIPT = new URL('../../scripts/bench-verify/main.mjs', import.meta.url).pathname

async function run(...args: string[]): Promise<string> {
  return (await promisify(execFile)(process.execPath, [SCRIPT, ...args])).stdout
}

it('records, reads and judges a history', async () => {
  const output = await run('--operations', '20000', '--keys', '10', '--clients', '8')
  expect(output).toMatch(/20k operations on 10 keys by 8 clients, greatest concurrency on a key \d+: LINEARIZABLE/)
  for (const step of ['record', 'read the file', 'sort by key', 'judge']) {
    expect(output).toMatch(new RegExp(`^ +${step} +\\d+\\.\\d\\d +\\d+\\.\\d$`, 'm'))
  }
})

it('names an option that makes no sense', async () => {
  await expect(run('--keys', '0')).rejects.toThrow('--keys takes a whole number from 1, not 0')
})
