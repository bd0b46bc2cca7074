// Compares systems: starts all of a case, loads each, then lets them run in turns, round by round (A B C A B C), so that
// what else the machine does meets all alike. One runs at a time; nothing is pinned to a core. What fails is left out of the
// rounds that follow, and the rounds that it lived through stand. A round that was cut short says too little to stand beside
// whole ones.

import { connect } from '../../client/index.ts'
import { systemClock } from '../../util/clock.ts'
import { addTally, createTally } from '../load/checker.ts'
import { ClientThreads, type PhaseTotals } from '../load/client-threads.ts'
import { defaultBatch } from '../run/options.ts'
import { type BenchOutput, labelled } from '../run/output.ts'
import { type BenchPhase, type PhaseRecord, runPhase, warmUpSeconds } from '../run/phases.ts'
import { type RunFigures, runFigures } from '../run/result.ts'
import { noProbe, processProbe, type ServerProbe, sluiceProbe } from '../run/server-probe.ts'
import { grouped } from '../run/text.ts'
import type { ResolvedSystemOptions, System } from '../systems/system.ts'
import { describeWorkload } from '../workload/resolve-workload.ts'
import type { WorkloadSpec } from '../workload/workload-spec.ts'
import type { CompareCase } from './cases.ts'
import type { CaseResult, ContenderResult } from './compare-result.ts'
import type { Contender } from './contenders.ts'

/** What a case is run with. */
export interface CaseParts {
  readonly compareCase: CompareCase
  readonly contenders: readonly Contender[]
  readonly workload: WorkloadSpec
  readonly setup: ResolvedSystemOptions
  readonly clients: number
  readonly rounds: number
  readonly secondsPerRound: number
  readonly seed: number
  readonly output: BenchOutput
  readonly signal: AbortSignal
}

/** Runs one case. Rejects when a system cannot start; then none is left running. */
export async function runCase(parts: CaseParts): Promise<CaseResult> {
  const { compareCase, contenders, workload, output, rounds, signal } = parts
  const { name, title, batch, window } = compareCase
  const entrants: Entrant[] = []
  try {
    for (const contender of contenders) entrants.push(await Entrant.start(parts, contender))
    for (const entrant of entrants) if (!signal.aborted) await entrant.load()
    for (let round = 0; round < rounds && !signal.aborted; round++) {
      output.line(output.styled('faint', `  round ${round + 1} of ${rounds}`))
      for (const entrant of entrants) if (!signal.aborted) await entrant.run()
    }
    const results = entrants.map((entrant) => entrant.result())
    const { records } = workload
    return { name, title, workload: describeWorkload(workload), batch, window, records, contenders: results }
  } finally {
    await Promise.all(entrants.map((entrant) => entrant.stop()))
  }
}

/** A contender that is running. */
class Entrant {
  readonly #parts: CaseParts
  readonly #name: string
  readonly #system: System | undefined
  readonly #probe: ServerProbe
  readonly #clients: ClientThreads
  readonly #close: () => Promise<void>
  readonly #rounds: RunFigures[] = []
  /** Of all phases. */
  readonly #tally = createTally()
  #loaded: PhaseTotals | undefined
  #memoryBytesPerRecord: number | null = null
  #failure: string | null = null
  #isWarm = false

  /** Starts the system and its clients. */
  static async start(parts: CaseParts, contender: Contender): Promise<Entrant> {
    const { compareCase, workload, clients: clientCount, seed, setup } = parts
    const { batch, window } = compareCase
    const system = await contender.start?.(setup)
    const closing: (() => Promise<void>)[] = system === undefined ? [] : [() => system.stop()]
    const close = async (): Promise<void> => {
      for (const each of closing.splice(0).reverse()) await each()
    }
    try {
      const driver = contender.driverAt(system?.address ?? '', setup)
      let probe = noProbe(systemClock)
      if (system !== undefined && 'addresses' in driver) {
        // Of a server that is gone nothing is known: waiting for it would hold up the others.
        const control = await connect(driver.addresses, { whenDisconnected: 'fail' })
        closing.push(async () => control.destroy())
        probe = await sluiceProbe(control, systemClock, system)
      } else if (system !== undefined) probe = processProbe(system.serverThreads, systemClock, system)
      const loadBatch = Math.max(batch, Math.min(LOAD_BATCH_MAX, defaultBatch(workload)))
      const shared = { clientCount, driver, workload, seed, batch, loadBatch, window, opsPerSecond: 0 }
      const clients = await ClientThreads.start(clientCount, shared)
      closing.push(() => clients.destroy())
      return new Entrant(parts, contender.name, system, probe, clients, close)
    } catch (error) {
      await close()
      throw error
    }
  }

  private constructor(
    parts: CaseParts,
    name: string,
    system: System | undefined,
    probe: ServerProbe,
    clients: ClientThreads,
    close: () => Promise<void>,
  ) {
    this.#parts = parts
    this.#name = name
    this.#system = system
    this.#probe = probe
    this.#clients = clients
    this.#close = close
    system?.ended.then((how) => {
      this.#failure ??= how
    })
  }

  /** Stores the records; how much memory they take is seen from outside. */
  async load(): Promise<void> {
    const { records } = this.#parts.workload
    const before = this.#system?.usage()
    const phase = await this.#phase('load', () => this.#clients.load(0, records))
    const after = this.#system?.usage()
    this.#loaded = phase.totals
    const { checked, mismatches } = phase.totals.tally
    // Rounds over records that were not stored would only repeat the bad news.
    if (mismatches > 0) this.#failure ??= `stored ${grouped(checked - mismatches)} of ${grouped(records)} records`
    if (before === undefined || after === undefined || !this.#isLoaded()) return
    this.#memoryBytesPerRecord = Math.round(((after.rssBytes - before.rssBytes) / records) * 10) / 10
  }

  /** One round, unless the system has failed before. */
  async run(): Promise<void> {
    const { secondsPerRound, signal } = this.#parts
    if (this.#failure !== null) return
    if (!this.#isWarm) await this.#phase('warm-up', () => this.#clients.run(warmUpSeconds(secondsPerRound)))
    this.#isWarm = true
    if (this.#failure !== null || signal.aborted) return
    const phase = await this.#phase('run', () => this.#clients.run(secondsPerRound))
    if (phase.totals.failures.length === 0 && !signal.aborted) this.#rounds.push(runFigures(phase))
  }

  result(): ContenderResult {
    const { tally, elapsedMs } = this.#loaded ?? { tally: createTally(), elapsedMs: 0 }
    return {
      name: this.#name,
      version: this.#system?.version ?? '',
      command: this.#system?.command ?? '',
      serverThreads: this.#probe.threads,
      loadedRecords: tally.checked - tally.mismatches,
      loadOpsPerSecond: this.#isLoaded() ? Math.round((tally.checked / elapsedMs) * MS_PER_SECOND) : null,
      memoryBytesPerRecord: this.#memoryBytesPerRecord,
      rounds: this.#rounds,
      mismatches: this.#tally.mismatches,
      mismatchExplanations: this.#tally.explanations,
      failure: this.#failure,
    }
  }

  stop(): Promise<void> {
    return this.#close()
  }

  /** Whether every record was stored. */
  #isLoaded(): boolean {
    const tally = this.#loaded?.tally
    return tally !== undefined && tally.checked - tally.mismatches === this.#parts.workload.records
  }

  async #phase(name: BenchPhase, start: () => Promise<PhaseTotals>): Promise<PhaseRecord> {
    const { workload, secondsPerRound: seconds, output, signal } = this.#parts
    const named = labelled(output, `  ${this.#name.padEnd(NAME_WIDTH)}`)
    const parts = { options: { workload, seconds }, clients: this.#clients, probe: this.#probe, signal }
    const phase = await runPhase({ ...parts, output: named, clock: systemClock }, name, start)
    const { tally, failures } = phase.totals
    addTally(this.#tally, tally)
    if (failures.length > 0) {
      // How the process ended says more than that a connection was lost; it is known a moment later.
      const how = this.#system === undefined ? undefined : await Promise.race([this.#system.ended, soon()])
      this.#failure ??= how ?? failures.join('; ')
    }
    return phase
  }
}

/** Operations of a batch while records are stored, at most, unless the case has larger ones. */
const LOAD_BATCH_MAX = 1_024
const NAME_WIDTH = 16
const MS_PER_SECOND = 1_000

/** Milliseconds after which a process whose connections were lost is taken to live on. */
const ENDED_MS = 500

function soon(): Promise<undefined> {
  return new Promise((resolve) => void systemClock.after(ENDED_MS, () => resolve(undefined), true))
}
