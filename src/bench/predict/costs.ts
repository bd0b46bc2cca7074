// What an operation costs, as measured. The defaults are of the machine that docs/BENCHMARKS.md describes; the result file
// of `sluice bench` replaces them by those of another.

import { SluiceError } from '../../util/errors.ts'
import { type FrameSizeCost, fitFrameCost } from './frame-cost.ts'
import type { PredictedWorkload } from './shard-loads.ts'

/** Costs of one operation in frames of a certain size. */
export interface MeasuredCosts {
  /** Where the figures come from, for the reader. */
  readonly source: string
  /** Operations of the frames that were measured. */
  readonly opsPerFrame: number
  readonly serverCpuNsPerOp: number
  readonly clientCpuNsPerOp: number
  /** Undefined: computed from the workload. */
  readonly requestBytesPerOp?: number
  readonly replyBytesPerOp?: number
  /** The workload and batch that was measured. */
  readonly workload: PredictedWorkload
  readonly batch: number
}

/** YCSB-B as the model takes it. */
const YCSB_B: PredictedWorkload = { records: 1_000_000, theta: 0.99, readShare: 0.95, valueBytes: 128 }

/** docs/BENCHMARKS.md, "YCSB-B over TCP": medians of three runs of eight seconds. */
export const DEFAULT_COSTS: MeasuredCosts = {
  source: 'docs/BENCHMARKS.md, "YCSB-B over TCP": one shard thread and one client thread over loopback, AMD EPYC',
  opsPerFrame: 8_192,
  serverCpuNsPerOp: 90,
  clientCpuNsPerOp: 117,
  workload: YCSB_B,
  batch: 8_192,
}

/**
 * Medians of three runs of three seconds for each size, `sluice bench --threads 1 --clients 1 --batch N`, on the same
 * machine. A shard thread that waits between frames pays for being woken; one that is busy would not, so this is the dear
 * end.
 */
const BY_FRAME_SIZE: readonly (readonly [opsPerFrame: number, serverNs: number, clientNs: number])[] = [
  [16, 767.9, 779.8],
  [32, 525.8, 524.9],
  [128, 186, 211.7],
  [256, 176.9, 221.5],
  [512, 140.5, 176.1],
  [1_024, 107.1, 133.1],
  [2_048, 101.8, 126.1],
  [8_192, 86.9, 117.4],
]

/** Fixed processor time of a frame, each side. */
export const DEFAULT_FRAME_NS = {
  server: Math.round(fitFrameCost(BY_FRAME_SIZE.map(([opsPerFrame, ns]) => sized(opsPerFrame, ns))).nsPerFrame),
  client: Math.round(fitFrameCost(BY_FRAME_SIZE.map(([opsPerFrame, , ns]) => sized(opsPerFrame, ns))).nsPerFrame),
}

function sized(opsPerFrame: number, cpuNsPerOp: number): FrameSizeCost {
  return { opsPerFrame, cpuNsPerOp }
}

/** The costs in the result of a benchmark. Throws INVALID_ARGUMENT when they are not there, naming what is missing. */
export function costsOfResult(result: unknown, file: string): MeasuredCosts {
  const reader = new ResultReader(result, file)
  const batch = reader.number('options.batch')
  const threads = Math.max(1, reader.number('serverThreads'))
  return {
    source: file,
    opsPerFrame: reader.optional('opsPerFrame') ?? batch / threads,
    serverCpuNsPerOp: reader.number('serverCpuNsPerOp'),
    clientCpuNsPerOp: reader.number('clientCpuNsPerOp'),
    requestBytesPerOp: reader.number('requestBytesPerOp'),
    replyBytesPerOp: reader.number('replyBytesPerOp'),
    workload: workloadOf(reader),
    batch,
  }
}

/** Only workloads that the model knows: reads and overwrites of decimal keys, values of one size. */
function workloadOf(reader: ResultReader): PredictedWorkload {
  const kind = reader.at('options.workload.distribution.kind')
  const readShare = reader.number('options.workload.mix.0')
  const others = reader.number('options.workload.mix.1')
  const isKnown =
    (kind === 'zipf' || kind === 'uniform') &&
    Math.abs(readShare + others - 1) < 1e-9 &&
    reader.at('options.workload.keyFormat') === 'decimal' &&
    reader.at('options.workload.valueSizes.kind') === 'fixed'
  if (!isKnown) {
    throw reader.refused('is of a workload that is not modelled: reads and updates of decimal keys, values of one size')
  }
  return {
    records: reader.number('options.workload.records'),
    theta: kind === 'uniform' ? 0 : reader.number('options.workload.distribution.theta'),
    readShare,
    valueBytes: reader.number('options.workload.valueSizes.bytes'),
  }
}

/** Takes numbers out of what may be anything. */
class ResultReader {
  readonly #result: unknown
  readonly #file: string

  constructor(result: unknown, file: string) {
    this.#result = result
    this.#file = file
  }

  /** What is at a path such as `options.batch`; undefined when nothing is. */
  at(path: string): unknown {
    let value: unknown = this.#result
    for (const name of path.split('.')) {
      if (typeof value !== 'object' || value === null) return undefined
      value = new Map<string, unknown>(Object.entries(value)).get(name)
    }
    return value
  }

  number(path: string): number {
    const value = this.optional(path)
    if (value === undefined) throw this.refused(`has no number at ${path}: it is not the result of a whole run`)
    return value
  }

  optional(path: string): number | undefined {
    const value = this.at(path)
    return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined
  }

  refused(why: string): SluiceError {
    return new SluiceError('INVALID_ARGUMENT', `--costs: ${this.#file} ${why}`)
  }
}
