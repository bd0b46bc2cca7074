// Figures of runs that never were, for tests of what is written about results.

import type { BenchEnvironment } from '../../src/bench/run/environment.ts'
import type { LatencyFigures, RunFigures } from '../../src/bench/run/result.ts'
import type { Sample } from '../../src/bench/run/sampler.ts'

export const MADE_UP_ENVIRONMENT: BenchEnvironment = {
  cores: 2,
  cpuModel: 'Abacus 2000',
  memoryBytes: 8 * 1024 ** 3,
  operatingSystem: 'Linux 6.1',
  nodeVersion: 'v20.20.2',
  commit: 'abcdef123456',
  startedAtMs: 1_700_000_000_000,
}

export const MADE_UP_LATENCY: LatencyFigures = {
  operations: 20_000_000,
  p50: 1.25,
  p95: 5,
  p99: 10,
  p999: 20.5,
  max: 99,
}

/** The figures of a run, all of them there. */
export function madeUpRun(given: Partial<RunFigures> = {}): RunFigures {
  return {
    measuredSeconds: 4,
    clientOpsPerSecond: 5_000_000,
    serverOpsPerSecondMedian: 5_100_000,
    checkedReplies: 20_000_000,
    serverCpuNsPerOp: 80,
    clientCpuNsPerOp: 100.5,
    processCpuNsPerOp: 200,
    opsPerFrame: 8_000,
    requestBytesPerOp: 12,
    replyBytesPerOp: 75.5,
    latencyMs: MADE_UP_LATENCY,
    latencyMsByKind: { read: MADE_UP_LATENCY, update: { ...MADE_UP_LATENCY, p50: 2.125 } },
    hitRate: 1,
    ...given,
  }
}

/** A second of a run. */
export function madeUpSample(second: number, given: Partial<Sample> = {}): Sample {
  return {
    second,
    durationSeconds: 1,
    operations: 5_000_000,
    mismatches: 0,
    bytesSent: 60_000_000,
    bytesReceived: 377_500_000,
    p50Ms: 1.25,
    p99Ms: 10,
    serverOperations: 5_100_000,
    serverCores: 0.4,
    serverRssBytes: 256 * 1024 ** 2,
    ...given,
  }
}
