// A small comparison that never was.

import type { CaseResult, CompareResult, ContenderResult } from '../../src/bench/compare/compare-result.ts'
import { MADE_UP_ENVIRONMENT, madeUpRun } from './made-up-runs.ts'

export function contenderOf(name: string, given: Partial<ContenderResult> = {}): ContenderResult {
  return {
    name,
    version: '1.0',
    command: `${name} --fast`,
    serverThreads: 1,
    loadedRecords: 2_000,
    loadOpsPerSecond: 1_000_000,
    memoryBytesPerRecord: 150,
    rounds: [madeUpRun()],
    mismatches: 0,
    mismatchExplanations: [],
    failure: null,
    ...given,
  }
}

export function caseOf(contenders: readonly ContenderResult[], given: Partial<CaseResult> = {}): CaseResult {
  return {
    name: 'batched',
    title: 'batches of 1,024 operations, two under way',
    workload: 'ycsb-b over 2,000 records',
    batch: 1_024,
    window: 2,
    records: 2_000,
    contenders,
    ...given,
  }
}

export function comparisonOf(cases: readonly CaseResult[], given: Partial<CompareResult> = {}): CompareResult {
  return {
    environment: MADE_UP_ENVIRONMENT,
    clients: 1,
    rounds: 2,
    secondsPerRound: 3,
    isInterrupted: false,
    failure: null,
    cases,
    ...given,
  }
}

/** One that has everything: better and worse, sure and doubtful, one that died, one without a server. */
export function richComparison(): CompareResult {
  const sluice = contenderOf('sluice', { rounds: [madeUpRun(), madeUpRun({ clientOpsPerSecond: 6_000_000 })] })
  const redis = contenderOf('redis', {
    version: '7.0',
    loadOpsPerSecond: 250_000,
    memoryBytesPerRecord: 100,
    rounds: [
      madeUpRun({ clientOpsPerSecond: 500_000, serverCpuNsPerOp: 1_600, replyBytesPerOp: 60 }),
      madeUpRun({ clientOpsPerSecond: 600_000, serverCpuNsPerOp: 1_700, replyBytesPerOp: 77 }),
    ],
    failure: 'redis-server was ended by SIGKILL',
  })
  const embedded = contenderOf('sluice-embedded', {
    version: '',
    command: '',
    serverThreads: 0,
    loadOpsPerSecond: 2_000_000,
    memoryBytesPerRecord: null,
    rounds: [1, 2].map(() =>
      madeUpRun({
        clientOpsPerSecond: 8_000_000,
        serverCpuNsPerOp: null,
        requestBytesPerOp: null,
        replyBytesPerOp: null,
      }),
    ),
  })
  return comparisonOf([caseOf([sluice, redis, embedded])])
}
