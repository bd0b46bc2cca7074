// Smoke runs of the soak: it ends well, says its seed first, and refuses what makes no sense.

import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

const SCRIPT = new URL('../../scripts/soak.mjs', import.meta.url).pathname

async function run(...args: string[]): Promise<string> {
  return (await promisify(execFile)(process.execPath, [SCRIPT, ...args])).stdout
}

it('runs the rounds that follow from its seed', async () => {
  const output = await run('--seed', '3', '--seconds', '1')
  expect(output).toMatch(/^seed 3\n/)
  expect(output).toMatch(/^round 0 seed 3 \(evicting any\): changes \d+, expired \d+, evicted \d+/m)
})

it('ends with the seed and the step of what differs', async () => {
  const error: unknown = await run('--seed', '9', '--seconds', '5', '--canary', '4').catch((caught: unknown) => caught)
  expect(error).toMatchObject({ code: 1 })
  expect(String((error as { stderr?: string }).stderr)).toMatch(/seed \d+ \([a-z ,]+\), step \d+: operation \d+ /)
})

it('names an option that makes no sense', async () => {
  await expect(run('--seed', 'x')).rejects.toThrow('--seed must be a whole number, not x')
})
