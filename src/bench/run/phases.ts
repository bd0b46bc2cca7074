// Leads the clients through the phases, shows how they go on, and measures the run.
//
//   load      every record is stored once and the reply checked
//   warm-up   the workload, not measured
//   run       the workload, measured
//   verify    every record that was loaded is read once more and checked
//
// A phase that fails, because a server dies or the reader has seen enough, ends the run; what was measured so far stands.

import type { Clock } from '../../util/clock.ts'
import { createTally } from '../load/checker.ts'
import type { ClientSums } from '../load/client-counters.ts'
import type { PhaseTotals } from '../load/client-threads.ts'
import type { LoadClients } from '../load/load-clients.ts'
import type { BenchOptions } from './options.ts'
import type { BenchOutput } from './output.ts'
import { phaseLine, progressLine } from './progress.ts'
import { type Sample, Sampler, type Stretch } from './sampler.ts'
import type { ServerProbe } from './server-probe.ts'
import { messageOf } from './text.ts'
import { startTicker } from './ticker.ts'

/** The phases of a run, in order. */
export type BenchPhase = 'load' | 'warm-up' | 'run' | 'verify'

/** The parts that the phases are made with. */
export interface PhaseParts {
  readonly options: Pick<BenchOptions, 'workload' | 'seconds'>
  readonly clients: LoadClients
  readonly probe: ServerProbe
  readonly output: BenchOutput
  readonly signal: AbortSignal
  readonly clock: Clock
}

/** A phase that is over. */
export interface PhaseRecord {
  readonly name: BenchPhase
  readonly totals: PhaseTotals
  readonly stretch: Stretch
  readonly samples: readonly Sample[]
  /** Processor time of this process meanwhile. */
  readonly processCpuNs: number
}

/** What became of the phases. */
export interface PhasesOutcome {
  /** Those that began, in order; the last one may be partial. */
  readonly phases: readonly PhaseRecord[]
  /** The phase in which the run was interrupted; null when it was not. */
  readonly interruptedIn: BenchPhase | null
  /** What ended the run early; null when nothing did. */
  readonly failure: string | null
}

const MS_PER_SECOND = 1_000
const NS_PER_US = 1_000

const LOOK_INTERVAL_MS = 1_000

/** The warm-up lasts a part of the run, between bounds: the compilers are done by then. */
const WARM_UP_PART = 0.2
const WARM_UP_SECONDS_MIN = 0.3
const WARM_UP_SECONDS_MAX = 2

/** Runs all phases. */
export async function runPhases(parts: PhaseParts): Promise<PhasesOutcome> {
  const { clients, options, signal } = parts
  const { records } = options.workload
  const plan: [BenchPhase, () => Promise<PhaseTotals>][] = [
    ['load', () => clients.load(0, records)],
    ['warm-up', () => clients.run(warmUpSeconds(options.seconds))],
    ['run', () => clients.run(options.seconds)],
    ['verify', () => clients.verify(0, records)],
  ]
  const phases: PhaseRecord[] = []
  for (const [name, start] of plan) {
    const phase = await runPhase(parts, name, start)
    phases.push(phase)
    const { failures, tally } = phase.totals
    if (signal.aborted) return { phases, interruptedIn: name, failure: null }
    if (failures.length > 0) return { phases, interruptedIn: null, failure: failures.join('; ') }
    // A run over records that were not stored would only repeat the bad news.
    if (name === 'load' && tally.mismatches > 0) break
  }
  return { phases, interruptedIn: null, failure: null }
}

/** Runs one phase and tells how it goes on; ends it early when the signal aborts. */
export async function runPhase(
  parts: PhaseParts,
  name: BenchPhase,
  start: () => Promise<PhaseTotals>,
): Promise<PhaseRecord> {
  const { clients, clock, output, probe, signal } = parts
  const sampler = await Sampler.start(clients, probe)
  let shownMs = 0
  const ticker = startTicker(clock, LOOK_INTERVAL_MS, async (elapsedMs) => {
    const sample = await sampler.look()
    // Half an interval of grace: ticks are never exactly on time.
    if (elapsedMs - shownMs < output.liveIntervalMs - LOOK_INTERVAL_MS / 2) return
    shownMs = elapsedMs
    const { checked: operations, mismatches } = sampler.stretch.sums
    const elapsedSeconds = elapsedMs / MS_PER_SECOND
    const share = shareOf(name, parts, elapsedSeconds, operations)
    output.live(progressLine({ name, share, elapsedSeconds, operations, mismatches, sample }, output))
  })
  const stop = (): void => clients.stop()
  const startMs = clock.monotonicMs()
  signal.addEventListener('abort', stop)
  const cpuBefore = process.cpuUsage()
  try {
    const phase = start()
    // An interruption since the last phase has stopped nothing.
    if (signal.aborted) clients.stop()
    const reported = await phase.catch(messageOf).finally(() => ticker.stop())
    const elapsedMs = clock.monotonicMs() - startMs
    const { user, system } = process.cpuUsage(cpuBefore)
    await sampler.look()
    const { sums } = sampler.stretch
    const totals = typeof reported === 'string' ? unreportedTotals(reported, elapsedMs, sums) : reported
    output.line(phaseLine(name, totals.elapsedMs / MS_PER_SECOND, totals.tally.checked))
    const { samples, stretch } = sampler
    return { name, totals, stretch, samples, processCpuNs: (user + system) * NS_PER_US }
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

/** Seconds of warm-up before a run of so many seconds. */
export function warmUpSeconds(seconds: number): number {
  return Math.min(WARM_UP_SECONDS_MAX, Math.max(WARM_UP_SECONDS_MIN, seconds * WARM_UP_PART))
}

/** What is known of a phase that a client never reported on, as one whose thread has ended: what all had counted. */
function unreportedTotals(failure: string, elapsedMs: number, { checked, mismatches }: ClientSums): PhaseTotals {
  return { tally: { ...createTally(), checked, mismatches }, elapsedMs, cpuNs: 0, failures: [failure] }
}

function shareOf(name: BenchPhase, { options }: PhaseParts, elapsedSeconds: number, operations: number): number {
  if (name === 'run') return elapsedSeconds / options.seconds
  if (name === 'warm-up') return elapsedSeconds / warmUpSeconds(options.seconds)
  return operations / options.workload.records
}
