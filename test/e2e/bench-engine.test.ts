// A smoke run of the engine's benchmark. Needs `npm run build`.

import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

const SCRIPT = new URL('../../scripts/bench-engine.mjs', import.meta.url).pathname

it('measures the engine and finds every record', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [SCRIPT, '5000', '0.99', '3'])
  expect(stdout).toMatch(/^\d+\.\d ns of CPU per operation \(\d+\.\d to \d+\.\d, 3 rounds\)$/m)
  expect(stdout).toMatch(/^\d+\.\d bytes per record beyond key and value, 5000 records$/m)
})
