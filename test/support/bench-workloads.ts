// Short benchmarks of every workload. Whatever the mix, a right store is never called wrong. Needs `npm run build`.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import type { BenchResult } from '../../src/bench/run/result.ts'
import { KINDS } from '../../src/bench/workload/kinds.ts'
import { CliProcess } from './cli-process.ts'

/** All kinds of operations: records that go, come back and expire. */
function allKinds(reads: number): string {
  return KINDS.map(({ name }) => `${name}=${name === 'read' ? reads : 1}`).join()
}

/** Options of each, the mixes of all kinds last. */
export const WORKLOADS = [
  ...['a', 'b', 'c', 'd', 'f'].map((letter) => `--workload ${letter}`),
  `--mix ${allKinds(1)}`,
  // A client asks for a record as soon as the block is under way that inserts it.
  `--mix ${allKinds(9)} --distribution latest --batch 50 --window 8`,
]

/** Runs a benchmark and expects that every reply was right. */
export async function expectRightRun(args: readonly string[]): Promise<BenchResult> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-workloads-'))
  const file = join(folder, 'result.json')
  try {
    await using bench = new CliProcess(['bench', '--records', '2000', '--seconds', '1', '--json', file, ...args])
    const { code, stdout, stderr } = await bench.ended
    expect([code, stderr], stdout).toEqual([0, ''])
    expect(stdout).toContain('every reply was right')
    const result: BenchResult = JSON.parse(readFileSync(file, 'utf8'))
    expect(result).toMatchObject({ mismatches: 0, failure: null, interruptedIn: null, loadedRecords: 2_000 })
    expect(result.checkedReplies).toBeGreaterThan(0)
    const { mix } = result.options.workload
    expect(Object.keys(result.latencyMsByKind)).toEqual(
      KINDS.filter(({ code }) => (mix[code] ?? 0) > 0).map(({ name }) => name),
    )
    return result
  } finally {
    rmSync(folder, { recursive: true })
  }
}
