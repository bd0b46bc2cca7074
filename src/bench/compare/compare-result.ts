// What a comparison found, as data: under names that stay.

import type { BenchEnvironment } from '../run/environment.ts'
import type { RunFigures } from '../run/result.ts'
import { type Spread, spreadOf } from '../run/statistics.ts'

/** One system in one case. */
export interface ContenderResult {
  readonly name: string
  /** Of the program that served; empty without one. */
  readonly version: string
  /** The command line that started it; empty without one. */
  readonly command: string
  readonly serverThreads: number
  /** Records that the load stored, and how many in a second; null when it did not store all. */
  readonly loadedRecords: number
  readonly loadOpsPerSecond: number | null
  /** Resident memory that the load added, for each record; null where nobody told. */
  readonly memoryBytesPerRecord: number | null
  /** Of each round that it lived through to the end, in order. */
  readonly rounds: readonly RunFigures[]
  /** Replies that were wrong, of the load and all rounds. */
  readonly mismatches: number
  /** What was wrong with the first of them. */
  readonly mismatchExplanations: readonly string[]
  /** What ended it early; null when nothing did. */
  readonly failure: string | null
}

/** All systems in one case. */
export interface CaseResult {
  readonly name: string
  readonly title: string
  /** The workload in a line. */
  readonly workload: string
  readonly batch: number
  readonly window: number
  readonly records: number
  readonly contenders: readonly ContenderResult[]
}

/** The whole comparison. */
export interface CompareResult {
  readonly environment: BenchEnvironment
  /** Client threads that drove each system. */
  readonly clients: number
  readonly rounds: number
  readonly secondsPerRound: number
  readonly isInterrupted: boolean
  /** What kept a later case from being run; null when nothing did. */
  readonly failure: string | null
  readonly cases: readonly CaseResult[]
}

/** A figure by which systems are compared. */
export interface Metric {
  readonly name: string
  readonly unit: string
  readonly isMoreBetter: boolean
  readonly digits: number
  /** What was measured of it, once or in each round. */
  readonly valuesOf: (contender: ContenderResult) => readonly (number | null)[]
}

const MORE = 'more is better'
const LESS = 'less is better'

/** Every figure by which systems are compared. */
export const METRICS: readonly Metric[] = [
  ofRounds('operations', 'ops/s', MORE, 0, (run) => run.clientOpsPerSecond),
  ofRounds('server CPU', 'ns/op', LESS, 1, (run) => run.serverCpuNsPerOp),
  ofRounds('client CPU', 'ns/op', LESS, 1, (run) => run.clientCpuNsPerOp),
  ofRounds('request', 'B/op', LESS, 1, (run) => run.requestBytesPerOp),
  ofRounds('reply', 'B/op', LESS, 1, (run) => run.replyBytesPerOp),
  ofRounds('p50', 'ms', LESS, 3, (run) => run.latencyMs?.p50 ?? null),
  ofRounds('p99', 'ms', LESS, 3, (run) => run.latencyMs?.p99 ?? null),
  ofRounds('p99.9', 'ms', LESS, 3, (run) => run.latencyMs?.p999 ?? null),
  metric('memory', 'B/record', LESS, 1, ({ memoryBytesPerRecord }) => [memoryBytesPerRecord]),
  metric('load', 'ops/s', MORE, 0, ({ loadOpsPerSecond }) => [loadOpsPerSecond]),
]

/** A metric over what was measured of a contender; undefined when nothing was. */
export function spreadIn(contender: ContenderResult, metric: Metric): Spread | undefined {
  return spreadOf(measured(contender, metric))
}

/**
 * How often better the first one is than the other: above 1 when it is. Undefined when one of them has no such figure, or
 * one that is not positive: what a process holds can be less after the load than before.
 */
export function advantage(first: Spread | undefined, other: Spread | undefined, metric: Metric): number | undefined {
  if (first === undefined || other === undefined || first.median <= 0 || other.median <= 0) return undefined
  return metric.isMoreBetter ? first.median / other.median : other.median / first.median
}

/** How far a difference can be trusted: whether other rounds might say otherwise. */
export type Certainty = 'beyond the spread' | 'spreads overlap' | 'measured once'

/** A system that is better than the first one. */
export interface Winner {
  readonly name: string
  /** How often better it is. */
  readonly factor: number
  readonly certainty: Certainty
}

/** A figure in which the first system is worse than others. */
export interface Loss {
  readonly caseName: string
  readonly metric: Metric
  readonly winners: readonly Winner[]
}

/** Where the first system of each case loses. */
export function lossesIn(cases: readonly CaseResult[]): Loss[] {
  return cases.flatMap(({ name: caseName, contenders: [first, ...others] }) => {
    if (first === undefined) return []
    return METRICS.flatMap((metric) => {
      const winners = others.flatMap((other) => winnerOver(first, other, metric))
      return winners.length === 0 ? [] : [{ caseName, metric, winners }]
    })
  })
}

/** Whether the first system has a figure of any case that another one has too. */
export function hasComparison(cases: readonly CaseResult[]): boolean {
  return cases.some(({ contenders: [first, ...others] }) =>
    METRICS.some((metric) =>
      others.some((other) => {
        return first !== undefined && advantage(spreadIn(first, metric), spreadIn(other, metric), metric) !== undefined
      }),
    ),
  )
}

function winnerOver(first: ContenderResult, other: ContenderResult, metric: Metric): Winner[] {
  const factor = advantage(spreadIn(other, metric), spreadIn(first, metric), metric)
  if (factor === undefined || factor <= 1) return []
  return [{ name: other.name, factor, certainty: certaintyOf(measured(first, metric), measured(other, metric)) }]
}

function certaintyOf(own: readonly number[], theirs: readonly number[]): Certainty {
  if (own.length === 1 || theirs.length === 1) return 'measured once'
  const isOverlap = Math.min(...own) <= Math.max(...theirs) && Math.min(...theirs) <= Math.max(...own)
  return isOverlap ? 'spreads overlap' : 'beyond the spread'
}

function measured(contender: ContenderResult, metric: Metric): number[] {
  return metric.valuesOf(contender).filter((value) => value !== null)
}

type Better = typeof MORE | typeof LESS

function ofRounds(
  name: string,
  unit: string,
  better: Better,
  digits: number,
  read: (run: RunFigures) => number | null,
): Metric {
  return metric(name, unit, better, digits, ({ rounds }) => rounds.map(read))
}

function metric(name: string, unit: string, better: Better, digits: number, valuesOf: Metric['valuesOf']): Metric {
  return { name, unit, isMoreBetter: better === MORE, digits, valuesOf }
}
