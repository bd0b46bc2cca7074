// Leads the client threads through the phases, shows how they go on, and reads the clocks around the measured one.

import type { Clock } from '../../util/clock.ts'
import type { ClientThreads, PhaseTotals } from '../load/client-threads.ts'
import type { BenchOptions } from './options.ts'
import type { BenchOutput } from './output.ts'
import type { BenchPhase, Measurements } from './result.ts'
import { type CountedClient, readCounters, type ServerCounters } from './server-counters.ts'
import { grouped, rateOf } from './text.ts'
import { startTicker } from './ticker.ts'

/** What is used of the client threads. */
export type PhasedClients = Pick<ClientThreads, 'checked' | 'mismatches' | 'load' | 'run' | 'stop'>

/** The parts that the phases are made with. */
export interface PhaseParts {
  readonly options: BenchOptions
  readonly clients: PhasedClients
  readonly control: CountedClient
  readonly output: BenchOutput
  readonly signal: AbortSignal
  readonly clock: Clock
}

/** What the phases find out. */
export type PhaseMeasurements = Omit<Measurements, 'options' | 'environment'>

const MS_PER_SECOND = 1_000
const NS_PER_US = 1_000

/** The server's counters are read so often in the run phase. */
const READING_INTERVAL_MS = 1_000

/** The warm-up lasts a part of the run, between bounds: the compilers are done by then. */
const WARM_UP_PART = 0.2
const WARM_UP_SECONDS_MIN = 0.3
const WARM_UP_SECONDS_MAX = 2

const NAME_WIDTH = 'warm-up'.length

/** Runs all phases; ends early when the signal aborts or the load met a mismatch. */
export async function runPhases(parts: PhaseParts): Promise<PhaseMeasurements> {
  const stop = (): void => parts.clients.stop()
  parts.signal.addEventListener('abort', stop)
  try {
    return await measure(parts)
  } finally {
    parts.signal.removeEventListener('abort', stop)
  }
}

async function measure(parts: PhaseParts): Promise<PhaseMeasurements> {
  const { options, clients, control, signal, clock } = parts
  const { threads: serverThreads } = await readCounters(control, clock)
  const nothing = { serverThreads, load: undefined, warmUp: undefined, run: undefined, readings: [], processCpuNs: 0 }
  if (signal.aborted) return { ...nothing, interruptedIn: 'load' }

  const load = await watchPhase(parts, 'load', () => clients.load(options.records))
  if (signal.aborted) return { ...nothing, load, interruptedIn: 'load' }
  // A run over records that were not stored would only repeat the bad news.
  if (load.tally.mismatches > 0) return { ...nothing, load, interruptedIn: null }

  const warmUp = await watchPhase(parts, 'warm-up', () => clients.run(warmUpSeconds(options.seconds)))
  if (signal.aborted) return { ...nothing, load, warmUp, interruptedIn: 'warm-up' }

  const readings = [await readCounters(control, clock)]
  const cpuBefore = process.cpuUsage()
  const run = await watchPhase(parts, 'run', () => clients.run(options.seconds), readings)
  const { user, system } = process.cpuUsage(cpuBefore)
  readings.push(await readCounters(control, clock))
  const processCpuNs = (user + system) * NS_PER_US
  return { serverThreads, load, warmUp, run, readings, processCpuNs, interruptedIn: signal.aborted ? 'run' : null }
}

/** Runs a phase with a live line; with `readings` the server's counters are added to them every second. */
async function watchPhase(
  parts: PhaseParts,
  name: BenchPhase,
  start: () => Promise<PhaseTotals>,
  readings?: ServerCounters[],
): Promise<PhaseTotals> {
  const { clients, control, output, clock } = parts
  const checkedBefore = clients.checked
  const label = `  ${name.padEnd(NAME_WIDTH)}`
  let shownMs = 0
  let shownChecked = 0
  const tick = async (elapsedMs: number): Promise<void> => {
    readings?.push(await readCounters(control, clock))
    // Half an interval of grace: ticks are never exactly on time.
    if (elapsedMs - shownMs < parts.output.liveIntervalMs - READING_INTERVAL_MS / 2) return
    const checked = clients.checked - checkedBefore
    const { value, unit } = rateOf(((checked - shownChecked) / (elapsedMs - shownMs)) * MS_PER_SECOND)
    shownMs = elapsedMs
    shownChecked = checked
    const seconds = (elapsedMs / MS_PER_SECOND).toFixed(0).padStart(4)
    const wrong = clients.mismatches === 0 ? 'all right' : output.styled('bad', `${grouped(clients.mismatches)} wrong`)
    output.live(`${label}${seconds} s  ${value} ${unit}  ${grouped(checked)} checked, ${wrong}`)
  }
  const ticker = startTicker(clock, READING_INTERVAL_MS, tick)
  const phase = start()
  // An interruption since the last phase has stopped nothing.
  if (parts.signal.aborted) clients.stop()
  const totals = await phase.finally(() => ticker.stop())
  const seconds = (totals.elapsedMs / MS_PER_SECOND).toFixed(1)
  output.line(`${label}${seconds.padStart(6)} s  ${grouped(totals.tally.checked)} operations`)
  return totals
}

function warmUpSeconds(seconds: number): number {
  return Math.min(WARM_UP_SECONDS_MAX, Math.max(WARM_UP_SECONDS_MIN, seconds * WARM_UP_PART))
}
