// The clients of all client hosts as one: sends every host into its part of a phase, and adds up what they report. A host
// that dies takes nothing with it: what it was last seen to have done counts, and the others end the phase soon.

import type { Clock } from '../../util/clock.ts'
import { addTally, createTally } from '../load/checker.ts'
import { type ClientSums, sumsSince } from '../load/client-counters.ts'
import type { PhaseTotals } from '../load/client-threads.ts'
import { Latencies } from '../load/latencies.ts'
import type { LoadClients } from '../load/load-clients.ts'
import type { PhaseAnswer, PhaseQuestion } from './agent-messages.ts'
import { receivedSums, type SentSums } from './sums-text.ts'

/** What is used of a client host's agent. */
export interface ClientAgent {
  /** What messages call it. */
  readonly title: string
  ask(question: PhaseQuestion | { readonly type: 'stop' }): Promise<PhaseAnswer | object>
}

/** For batches under way when a phase is stopped: longer than clients wait for an answer. */
const STOP_MS_MAX = 8_000

/** The same when a host has failed: batches that need it will fail too, and only make the phase longer than it was. */
const FAIL_MS_MAX = 1_000

/** Clients behind agents. */
export class RemoteClients implements LoadClients {
  readonly #agents: readonly ClientAgent[]
  readonly #clock: Clock
  /** What each agent's clients have done in all phases, as last heard. */
  readonly #sums: ClientSums[]
  /** When it was heard that more was done, monotonic. */
  readonly #progressMs: number[]
  /** Why no phase can go on: each part of it ends with this. */
  #failure: string | undefined
  /** Ends the wait for the answers of the present phase. */
  #giveUp: (reason: string) => void = () => {}

  constructor(agents: readonly ClientAgent[], clock: Clock) {
    this.#agents = agents
    this.#clock = clock
    this.#sums = agents.map(() => NO_SUMS)
    this.#progressMs = agents.map(() => 0)
  }

  sums(): ClientSums {
    return this.#sums.reduce(addSums)
  }

  /** Takes what an agent's clients have done so far. */
  note(agent: number, sums: SentSums): void {
    // A look that waited for other agents may be older than the end of a phase.
    if (sums.checked <= (this.#sums[agent] ?? NO_SUMS).checked) return
    this.#sums[agent] = receivedSums(sums)
    this.#progressMs[agent] = this.#clock.monotonicMs()
  }

  load(first: number, end: number): Promise<PhaseTotals> {
    return this.#phase((place) => ({ type: 'load', ...this.#part(first, end, place) }))
  }

  run(seconds: number): Promise<PhaseTotals> {
    return this.#phase(() => ({ type: 'run', seconds }))
  }

  verify(first: number, end: number): Promise<PhaseTotals> {
    return this.#phase((place) => ({ type: 'verify', ...this.#part(first, end, place) }))
  }

  stop(): void {
    this.#stopWithin(STOP_MS_MAX)
  }

  /** Stops: the run cannot go on, for that reason. */
  fail(reason: string): void {
    this.#failure ??= reason
    this.#stopWithin(FAIL_MS_MAX)
  }

  #stopWithin(limitMs: number): void {
    // Who cannot be told has failed, which its phase tells.
    for (const agent of this.#agents) agent.ask({ type: 'stop' }).catch(() => {})
    const giveUp = this.#giveUp
    this.#clock.after(limitMs, () => giveUp('batches were still under way'))
  }

  async #phase(questionOf: (place: number) => PhaseQuestion): Promise<PhaseTotals> {
    const givenUp = new Promise<never>((_, reject) => {
      this.#giveUp = (reason) => reject(new Error(reason))
    })
    givenUp.catch(() => {})
    const parts = this.#agents.map((agent, place) => this.#partOfPhase(agent, place, questionOf(place), givenUp))
    const totals = addTotals(await Promise.all(parts))
    // All of them may have ended in order when they were told to.
    return this.#failure === undefined || totals.failures.length > 0 ? totals : { ...totals, failures: [this.#failure] }
  }

  async #partOfPhase(
    agent: ClientAgent,
    place: number,
    question: PhaseQuestion,
    givenUp: Promise<never>,
  ): Promise<PhaseTotals> {
    const before = this.#sums[place] ?? NO_SUMS
    const startMs = this.#clock.monotonicMs()
    const partial = (failure: string): PhaseTotals => {
      const elapsedMs = Math.max(0, (this.#progressMs[place] ?? 0) - startMs)
      return totalsOf(sumsSince(this.#sums[place] ?? NO_SUMS, before), elapsedMs, failure)
    }
    if (this.#failure !== undefined) return partial(this.#failure)
    try {
      // To such a question an agent gives such an answer.
      const { totals, sums } = (await Promise.race([agent.ask(question), givenUp])) as PhaseAnswer
      this.note(place, sums)
      if (totals.failures.length === 0) return totals
      this.fail(`${agent.title}: ${totals.failures.join('; ')}`)
      return { ...totals, failures: totals.failures.map((failure) => `${agent.title}: ${failure}`) }
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      const failure = reason.startsWith(agent.title) ? reason : `${agent.title}: ${reason}`
      this.fail(failure)
      return partial(failure)
    }
  }

  #part(first: number, end: number, place: number): { readonly first: number; readonly end: number } {
    const startOf = (part: number): number => first + Math.floor(((end - first) * part) / this.#agents.length)
    return { first: startOf(place), end: startOf(place + 1) }
  }
}

const NO_SUMS: ClientSums = {
  checked: 0,
  mismatches: 0,
  bytesSent: 0,
  bytesReceived: 0,
  latencies: new Latencies(),
}

function addSums(left: ClientSums, right: ClientSums): ClientSums {
  const latencies = left.latencies.copy()
  latencies.add(right.latencies)
  return {
    checked: left.checked + right.checked,
    mismatches: left.mismatches + right.mismatches,
    bytesSent: left.bytesSent + right.bytesSent,
    bytesReceived: left.bytesReceived + right.bytesReceived,
    latencies,
  }
}

/** What is known of a part whose agent has not reported: reads and processor time are not. */
function totalsOf({ checked, mismatches }: ClientSums, elapsedMs: number, failure: string): PhaseTotals {
  return { tally: { ...createTally(), checked, mismatches }, elapsedMs, cpuNs: 0, failures: [failure] }
}

function addTotals(parts: readonly PhaseTotals[]): PhaseTotals {
  const tally = createTally()
  for (const part of parts) addTally(tally, part.tally)
  return {
    tally,
    elapsedMs: Math.max(...parts.map(({ elapsedMs }) => elapsedMs)),
    cpuNs: parts.reduce((sum, { cpuNs }) => sum + cpuNs, 0),
    failures: [...new Set(parts.flatMap(({ failures }) => failures))],
  }
}
