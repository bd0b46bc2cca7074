// Every workload over every way to use Sluice, as a user runs it. Needs `npm run build`.

import { describe, it } from 'vitest'
import { expectRightRun, WORKLOADS } from '../support/bench-workloads.ts'

const TIMEOUT_MS = 60_000

/** A and b are those of `bench-smoke.test.ts` too. */
const OTHERS = WORKLOADS.slice(2)

describe.each(['sluice-batch', 'sluice-promises', 'sluice-embedded'])('%s', (driver) => {
  it.each(OTHERS)('%s', { timeout: TIMEOUT_MS }, async (workload) => {
    await expectRightRun(['--driver', driver, ...workload.split(' ')])
  })
})

it('two clients and two shard threads, the latest records', { timeout: TIMEOUT_MS }, async () => {
  await expectRightRun(['--workload', 'd', '--clients', '2', '--threads', '2', '--batch', '50', '--window', '8'])
})
