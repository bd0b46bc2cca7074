// Looks at all nodes and client hosts at once, whenever the run wants to know how it goes: the nodes together are the
// server that is probed, the sums go to the clients, and what each machine did is kept for the result.

import type { Clock } from '../../util/clock.ts'
import type { ServerProbe, ServerReading } from '../run/server-probe.ts'
import type { AgentLook } from './agent-messages.ts'
import { type TimedLook, timedLook } from './node-samples.ts'
import type { SentSums } from './sums-text.ts'

/** What is used of any agent. */
export interface WatchedAgent {
  ask(question: { readonly type: 'look' }, limitMs: number): Promise<AgentLook>
}

/** A look that takes longer is done without. */
const LOOK_MS_MAX = 3_000

/** Watches the agents of a run, nodes in front of clients. */
export class ClusterWatch implements ServerProbe {
  readonly threads: number
  /** Of each agent, in their order. */
  readonly looks: readonly TimedLook[][]
  readonly #agents: readonly WatchedAgent[]
  readonly #clock: Clock
  readonly #noteSums: (client: number, sums: SentSums) => void
  /** The last word of each node: what it said last stands when it says no more, so that sums never fall. */
  readonly #last: (AgentLook | undefined)[]

  /** @param noteSums Is told what the clients of a client host, counted from 0, have done so far. */
  constructor(
    servers: readonly WatchedAgent[],
    clients: readonly WatchedAgent[],
    threads: number,
    clock: Clock,
    noteSums: (client: number, sums: SentSums) => void,
  ) {
    this.#agents = [...servers, ...clients]
    this.threads = threads
    this.#clock = clock
    this.#noteSums = noteSums
    this.looks = this.#agents.map(() => [])
    this.#last = servers.map(() => undefined)
  }

  async read(): Promise<ServerReading> {
    const looks = await Promise.all(
      this.#agents.map((agent) => agent.ask({ type: 'look' }, LOOK_MS_MAX).catch(() => undefined)),
    )
    const seenMs = this.#clock.monotonicMs()
    const nodes = this.#last.length
    for (const [place, look] of looks.entries()) {
      if (look === undefined) continue
      this.looks[place]?.push(timedLook(look, seenMs))
      if (place < nodes) this.#last[place] = { ...look, server: look.server ?? this.#last[place]?.server ?? null }
      else if (look.sums !== null) this.#noteSums(place - nodes, look.sums)
    }
    return this.#sumAt(seenMs)
  }

  #sumAt(atMs: number): ServerReading {
    const sum = (figure: (look: AgentLook) => number | undefined): number | undefined => {
      let total = 0
      for (const look of this.#last) {
        const value = look === undefined ? undefined : figure(look)
        if (value === undefined) return undefined
        total += value
      }
      return total
    }
    return {
      atMs,
      cpuNs: sum(({ processCpuNs }) => processCpuNs),
      rssBytes: sum(({ rssBytes }) => rssBytes),
      operations: sum(({ server }) => server?.operations),
      frames: sum(({ server }) => server?.frames),
    }
  }
}
