// Smoke runs of the engine's benchmark: every figure, at sizes that take a second. Needs `npm run build`.

import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { beforeAll, expect, it } from 'vitest'
import { INSTALL_MS_MAX, requireDebianPackage } from '../support/debian-package.ts'

const SCRIPT = new URL('../../scripts/bench-engine/main.mjs', import.meta.url).pathname

async function run(...args: string[]): Promise<string> {
  return (await promisify(execFile)(process.execPath, [SCRIPT, ...args])).stdout
}

/** A figure, options that make it short, and a row of each system or kind that it must print. */
const SMOKE_RUNS: readonly { readonly words: string; readonly rows: readonly RegExp[] }[] = [
  {
    words: 'throughput --records 5000 --cached-records 500 --frames 2 --operations 1024 --rounds 2',
    rows: [
      /^ +5000 +zipf 0\.99 +Sluice +\d+\.\d +\d+\.\d to \d+\.\d +\d+\.\d +\d+\.\d$/m,
      /^ +5000 +uniform +Sluice, results by reference +\d+\.\d /m,
      /^ +500 +zipf 0\.99 +Map +\d+\.\d .* -$/m,
    ],
  },
  {
    words: 'repeats --records 5000 --frames 2 --operations 1024 --rounds 2',
    rows: [/^ +plain +\d+\.\d +100\.0% +0\.0% /m, /^ +by reference +\d+\.\d +\d+\.\d% +\d+\.\d% +\d+\.\d /m],
  },
  {
    words: 'memory --records-min 10000 --records-max 20000 --points 3',
    rows: [
      /^keys of 16 B, values of 128 B$/m,
      /^keys of 8 B, values of 8 B$/m,
      /^ +20k +\d+\.\d\d +\d+\.\d\d +\d+\.\d$/m,
      /^ +least \d+\.\d\d at \S+, most \d+\.\d\d at \S+$/m,
    ],
  },
  {
    words: 'growth --records 20000',
    rows: [/^20k records in 313 calls of 64 sets/m, /^( +\d+\.\d µs){7}$/m, /^ +0\.5 ms +\d+ +\d+\.\d$/m],
  },
  {
    words: 'fragmentation --live-bytes 2000000 --operations 4000 --intervals 2',
    rows: [/^ +0( +\d\S*){5} +-$/m, /^ +4000 +\d+ +\d+\.\d +\d+\.\d +\d\.\d{3} +1\.\d{3} +\d+$/m],
  },
  {
    words: 'eviction --objects 20000 --requests 40000 --thetas 0.99 --cache-shares 0.5 --rounds 1 --redis-seconds 0.1',
    rows: [
      /^zipf 0\.99, 20% scans, 20k objects, room for 50%$/m,
      /^ +Sluice +\S+ +\d+\.\d\d% /m,
      /^ +LRU, exact +\S+ +\d+\.\d\d% .* 1\.000$/m,
      /^ +redis-server, allkeys-lru +\S+ +\d+\.\d\d% /m,
    ],
  },
  {
    words: 'embedded --records 5000 --gets 5000 --rounds 2 --pause-records 5000 --pause-operations 5000',
    rows: [
      ...['Sluice', 'Map', 'lru-cache', 'lmdb'].flatMap((name) => [
        new RegExp(`^ +${name} +\\d+\\.\\d +\\d+\\.\\d to `, 'm'),
        new RegExp(`^ +${name} +run( +\\d+(\\.\\d+)?){5}$`, 'm'),
      ]),
    ],
  },
]

beforeAll(() => requireDebianPackage('redis-server'), INSTALL_MS_MAX)

it.each(SMOKE_RUNS)('$words', async ({ words, rows }) => {
  const output = await run(...words.split(' '))
  for (const row of rows) expect(output).toMatch(row)
})

it('lists all figures', async () => {
  const listed = [...(await run()).matchAll(/^(\w+): /gm)].map(([, name]) => name)
  expect(listed).toEqual(SMOKE_RUNS.map(({ words }) => words.split(' ')[0]))
})

it('names an option that does not exist', async () => {
  await expect(run('memory', '--rcords', '5')).rejects.toThrow("Unknown option '--rcords'")
})
