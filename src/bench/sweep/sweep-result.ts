// What a sweep found, as data: under names that stay.

import type { ClusterResult } from '../cluster/cluster-result.ts'
import type { BenchEnvironment } from '../run/environment.ts'
import type { RunFigures } from '../run/result.ts'
import { type Spread, spreadOf } from '../run/statistics.ts'
import { type Axis, type Point, pointName } from './axes.ts'

/** One run of a point. */
export interface SweepRun extends RunFigures {
  /** Sum over the nodes of the median of their per-second counts, as the reference report counts. */
  readonly serverMediansOpsPerSecond: number | null
  readonly mismatches: number
  /** What ended it early; null when nothing did. */
  readonly failure: string | null
}

/** One combination of values. */
export interface SweepPoint {
  readonly values: Point
  readonly servers: number
  readonly clients: number
  /** Shard threads of each server. */
  readonly threads: number
  readonly batch: number
  /** In the order of rounds, at least one. */
  readonly runs: readonly SweepRun[]
}

/** The whole sweep. */
export interface SweepResult {
  readonly environment: BenchEnvironment
  readonly axes: readonly Axis[]
  readonly rounds: number
  readonly secondsPerRun: number
  readonly workload: string
  readonly isInterrupted: boolean
  /** Runs that could not be made, and why. */
  readonly failures: readonly string[]
  /** In the order of values, without those of which no run was finished. */
  readonly points: readonly SweepPoint[]
}

/** What is kept of a run. */
export function sweepRun(result: ClusterResult): SweepRun {
  const {
    environment: _environment,
    options: _options,
    hosts: _hosts,
    nodes: _nodes,
    samples: _samples,
    phases: _phases,
    ...figures
  } = result
  return figures
}

/** What the runs of a point tell: one that ended early says too little to stand beside whole ones. */
export function spreadOver({ runs }: SweepPoint, read: (run: SweepRun) => number | null): Spread | undefined {
  const whole = runs.filter(({ failure }) => failure === null)
  return spreadOf(whole.map(read).filter((value) => value !== null))
}

/** What ended runs before their time. */
export function earlyEnds({ axes, points }: SweepResult): string[] {
  return points.flatMap(({ values, runs }) =>
    runs.flatMap(({ failure }) => {
      return failure === null ? [] : [`${pointName(axes, values)}: a run ended early and is left out: ${failure}`]
    }),
  )
}

/** Operations a second of a run, completed and checked. */
export function clientRate(run: SweepRun): number {
  return run.clientOpsPerSecond
}

/** Operations a second of a run, as the reference report counts. */
export function serverRate(run: SweepRun): number | null {
  return run.serverMediansOpsPerSecond
}
