// What each node did and used, second by second: the difference from one look to the next.

import { WHOLE_SECONDS_MIN } from '../run/sampler.ts'
import { median } from '../run/statistics.ts'
import type { AgentLook } from './agent-messages.ts'
import type { CoreTicks } from './machine-reading.ts'

/** From one look to the next; null is what nobody told. Machine figures are of the whole machine, whoever else uses it. */
export interface NodeSample {
  /** End of the stretch, seconds since the run began. */
  readonly second: number
  /** Its length. */
  readonly durationSeconds: number
  /** Executed by the node's own count, or checked by the clients of the host, per second. */
  readonly opsPerSecond: number | null
  /** Part of the time that each core of the machine was busy, 0 to 1. */
  readonly coreLoads: readonly number[]
  /** Cores that the node's or the clients' process kept busy. */
  readonly processCores: number
  readonly rssBytes: number
  /** Of all interfaces of the machine. */
  readonly bytesInPerSecond: number | null
  readonly packetsInPerSecond: number | null
  readonly bytesOutPerSecond: number | null
  readonly packetsOutPerSecond: number | null
  /** How late timers of the node's threads fire, the worst thread's 99th percentile of up to 15 seconds before. */
  readonly loopDelayP99Ms: number | null
}

/** What is kept of a look. */
export interface TimedLook extends Omit<AgentLook, 'sums' | 'server'> {
  /** When the benchmark looked, monotonic, by its own clock. */
  readonly seenMs: number
  /** So far; null when nobody told. */
  readonly operations: number | null
  readonly loopDelayP99Ms: number | null
}

const MS_PER_SECOND = 1_000
const NS_PER_SECOND = 1e9

/** The look without what is added up elsewhere. */
export function timedLook({ sums, server, ...look }: AgentLook, seenMs: number): TimedLook {
  const operations = server?.operations ?? sums?.checked ?? null
  return { ...look, seenMs, operations, loopDelayP99Ms: server?.loopDelayP99Ms ?? null }
}

/** Samples between the looks from one time to another, as the benchmark saw them. */
export function nodeSamples(looks: readonly TimedLook[], fromMs: number, toMs: number): NodeSample[] {
  const inside = looks.filter(({ seenMs }) => seenMs >= fromMs && seenMs <= toMs)
  return inside.slice(1).map((now, index) => sampleBetween(inside[index] as TimedLook, now, fromMs))
}

/** Without a short piece at the end. */
export function wholeSeconds(samples: readonly NodeSample[]): readonly NodeSample[] {
  return samples.filter(({ durationSeconds }) => durationSeconds >= WHOLE_SECONDS_MIN)
}

/** Median of the rates of whole seconds; null when there is none. */
export function medianRate(samples: readonly NodeSample[]): number | null {
  const rates = wholeSeconds(samples).flatMap(({ opsPerSecond }) => opsPerSecond ?? [])
  const rate = median(rates)
  return rate === undefined ? null : Math.round(rate)
}

function sampleBetween(before: TimedLook, now: TimedLook, startMs: number): NodeSample {
  // By the clock of the agent: on the way a look may wait.
  const durationSeconds = (now.atMs - before.atMs) / MS_PER_SECOND
  const rate = (later: number | undefined, earlier: number | undefined): number | null =>
    later === undefined || earlier === undefined || durationSeconds <= 0
      ? null
      : Math.round((later - earlier) / durationSeconds)
  return {
    second: rounded((now.seenMs - startMs) / MS_PER_SECOND),
    durationSeconds: rounded(durationSeconds),
    opsPerSecond: rate(now.operations ?? undefined, before.operations ?? undefined),
    coreLoads: now.cores.map((core, index) => loadOf(before.cores[index], core)),
    processCores:
      durationSeconds <= 0 ? 0 : rounded((now.processCpuNs - before.processCpuNs) / NS_PER_SECOND / durationSeconds),
    rssBytes: now.rssBytes,
    bytesInPerSecond: rate(now.network?.bytesIn, before.network?.bytesIn),
    packetsInPerSecond: rate(now.network?.packetsIn, before.network?.packetsIn),
    bytesOutPerSecond: rate(now.network?.bytesOut, before.network?.bytesOut),
    packetsOutPerSecond: rate(now.network?.packetsOut, before.network?.packetsOut),
    loopDelayP99Ms: now.loopDelayP99Ms,
  }
}

function loadOf(before: CoreTicks | undefined, now: CoreTicks): number {
  const all = now.all - (before?.all ?? now.all)
  return before === undefined || all <= 0 ? 0 : rounded(Math.min(1, Math.max(0, (now.busy - before.busy) / all)))
}

/** To the thousandth. */
function rounded(value: number): number {
  return Number(value.toFixed(3))
}
