// A smoke run of the benchmark of the benchmark, at sizes that take a second. Needs `npm run build`.

import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

const SCRIPT = new URL('../../scripts/bench-generator/main.mjs', import.meta.url).pathname

async function run(...args: string[]): Promise<string> {
  return (await promisify(execFile)(process.execPath, [SCRIPT, ...args])).stdout
}

it('measures each part for every kind of key, with many shards and with one', async () => {
  const words = '--records 2000 --batch 64 --window 2 --passes 3 --rounds 2 --processes 1'
  const output = await run(...words.split(' '))
  const [cost, spread] = ['\\d+\\.\\d', '\\d+\\.\\d to \\d+\\.\\d']
  for (const [keys, shards] of [
    ['decimal', 16],
    ['decimal', 1],
    ['user', 16],
    ['user', 1],
  ]) {
    expect(output).toMatch(new RegExp(`^ +${keys} +${shards}( +${cost} +${spread}){4} +${cost}$`, 'm'))
  }
})

it('names an option that makes no sense', async () => {
  await expect(run('--rounds', '0')).rejects.toThrow('--rounds takes a whole number from 1, not 0')
  await expect(run('--runds', '5')).rejects.toThrow("Unknown option '--runds'")
})
