// Runs every point, round by round, so that what else the machine does meets all alike. Each run has servers and clients of
// its own. One that fails leaves the others alone.

import { type GivenClusterOptions, placeHosts } from '../cluster/cluster-options.ts'
import type { ClusterResult } from '../cluster/cluster-result.ts'
import { readEnvironment } from '../run/environment.ts'
import type { BenchOutput } from '../run/output.ts'
import { messageOf } from '../run/text.ts'
import { describeWorkload, resolveWorkload } from '../workload/resolve-workload.ts'
import { type Axis, optionsAt, type Point, pointName, pointsOf } from './axes.ts'
import { type SweepPoint, type SweepResult, sweepRun } from './sweep-result.ts'

/** What a sweep is made with. */
export interface SweepParts {
  /** What does not vary. */
  readonly given: GivenClusterOptions
  readonly axes: readonly Axis[]
  readonly rounds: number
  /** Runs one point. */
  readonly runPoint: (options: GivenClusterOptions) => Promise<ClusterResult>
  readonly output: BenchOutput
  readonly signal: AbortSignal
}

const SECONDS_DEFAULT = 10

/**
 * Runs all of it. When the signal aborts, the result is partial. Rejects with INVALID_ARGUMENT before the first run when a
 * point makes no sense, and with what kept the first run from being made; what keeps a later one is in the result.
 */
export async function runSweep(parts: SweepParts): Promise<SweepResult> {
  const { given, axes, rounds, runPoint, output, signal } = parts
  const environment = readEnvironment()
  const plan = pointsOf(axes).map((values) => {
    const options = optionsAt(given, axes, values)
    placeHosts(options)
    return { values, options, results: [] as ClusterResult[] }
  })
  const failures: string[] = []
  for (let round = 1; round <= rounds && !signal.aborted; round++) {
    for (const { values, options, results } of plan) {
      if (signal.aborted) break
      const name = pointName(axes, values)
      output.line(output.styled('strong', `round ${round} of ${rounds}: ${name}`))
      try {
        const result = await runPoint(options)
        // An interrupted run says too little to stand beside whole ones.
        if (!signal.aborted) results.push(result)
      } catch (error) {
        if (signal.aborted) break
        if (plan.every((point) => point.results.length === 0)) throw error
        failures.push(`${name}, round ${round}: ${messageOf(error)}`)
      }
    }
  }
  return {
    environment,
    axes,
    rounds,
    secondsPerRun: given.seconds ?? SECONDS_DEFAULT,
    workload: describeFixed(given, axes),
    isInterrupted: signal.aborted,
    failures,
    points: plan.flatMap(({ values, results }) => pointOf(values, results)),
  }
}

/** The workload in a line, where it is the same for all points. */
function describeFixed(
  { servers: _servers, clients: _clients, ...given }: GivenClusterOptions,
  axes: readonly Axis[],
): string {
  const varied = axes.map(({ name }) => name).filter((name) => name === 'theta' || name === 'value-bytes')
  const workload = describeWorkload(resolveWorkload(given))
  return varied.length === 0 ? workload : `${workload}, but for ${varied.join(' and ')}`
}

function pointOf(values: Point, results: readonly ClusterResult[]): SweepPoint[] {
  const [first] = results
  if (first === undefined) return []
  const { serverCount: servers, clientHostCount: clients, threadsPerServer: threads, batch } = first.options
  return [{ values, servers, clients, threads, batch, runs: results.map(sweepRun) }]
}
