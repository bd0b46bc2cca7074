// What users install: the packed tarball, its types and its entry points. Needs `npm run build`, and no network.

import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { afterAll, beforeAll, expect, it } from 'vitest'

const run = promisify(execFile)
const ROOT = new URL('../..', import.meta.url).pathname
const TIMEOUT_MS = 120_000
/** Bytes of what is installed, without dependencies. */
const UNPACKED_BYTES_MAX = 5 * 1024 * 1024

let folder = ''
let tarball = ''
let unpackedBytes = 0

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-package-'))
  const { stdout } = await run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder], {
    cwd: ROOT,
  })
  const [packed]: { filename: string; unpackedSize: number }[] = JSON.parse(stdout)
  tarball = join(folder, packed?.filename ?? '')
  unpackedBytes = packed?.unpackedSize ?? Number.POSITIVE_INFINITY
}, TIMEOUT_MS)

afterAll(() => rmSync(folder, { recursive: true }))

it('is small', () => {
  expect(unpackedBytes).toBeLessThan(UNPACKED_BYTES_MAX)
})

it('has nothing that publint objects to', { timeout: TIMEOUT_MS }, async () => {
  const bytes = readFileSync(tarball)
  const { messages, pkg } = await publint({ pack: { tarball: new Uint8Array(bytes).buffer }, strict: true })
  expect(messages.map((message) => formatMessage(message, pkg))).toEqual([])
})

it('has types that every importer of modules resolves', { timeout: TIMEOUT_MS }, async () => {
  // The package is for `import` alone, which is what the profile looks at. It ends with an error when there is a problem.
  const { stdout } = await run(join(ROOT, 'node_modules/.bin/attw'), [tarball, '--profile', 'esm-only', '--no-color'])
  expect(stdout).toContain('sluice/protocol')
})
