// Looks for a topology that is newer than the one in force: with the servers that the client is connected to, and where
// the client found its first one.

import { isNewer, type Topology } from '../cluster/topology.ts'
import { KIND_TOPOLOGY } from '../protocol/frame.ts'
import { SluiceError } from '../util/errors.ts'
import { withDeadline } from './deadline.ts'
import { askForTopology, topologyOf } from './dial.ts'
import type { Lane } from './lane.ts'
import type { Settings } from './options.ts'

/** Milliseconds between two searches for a server that cannot be reached. */
const SEARCH_INTERVAL_MS = 500

/** Servers that are asked at once, and for how long: one that hangs must not hold the others up. */
const LANES_ASKED_MAX = 4
const ASK_MS_MAX = 500

/** The searches of one client. */
export class TopologySearch {
  readonly #addresses: readonly string[]
  readonly #settings: Settings
  readonly #signal: AbortSignal
  #isSearching = false
  #searchedAtMs = Number.NEGATIVE_INFINITY

  /** @param signal Ends every search. */
  constructor(addresses: readonly string[], settings: Settings, signal: AbortSignal) {
    this.#addresses = addresses
    this.#settings = settings
    this.#signal = signal
  }

  /** A newer topology from one of the lanes' servers, some of which are asked at once; undefined when none has one. */
  async among(lanes: readonly Lane[], current: Topology): Promise<Topology | undefined> {
    const connected = [...new Set(lanes)].filter(({ isConnected }) => isConnected).slice(0, LANES_ASKED_MAX)
    const answers = await Promise.all(connected.map((lane) => this.#ask(lane)))
    return answers.find((topology) => topology !== undefined && isNewer(topology, current))
  }

  async #ask(lane: Lane): Promise<Topology | undefined> {
    const { clock } = this.#settings
    try {
      const ask = (): Promise<string> => lane.request(KIND_TOPOLOGY)
      return topologyOf(await withDeadline(clock, ASK_MS_MAX, this.#signal, ask))
    } catch (error) {
      if (!(error instanceof SluiceError)) throw error
      return undefined
    }
  }

  /** As `among`, and of the addresses that the client was given; undefined also when a search was made just before. */
  async anywhere(lanes: readonly Lane[], current: Topology): Promise<Topology | undefined> {
    const { clock } = this.#settings
    const nowMs = clock.monotonicMs()
    if (this.#isSearching || this.#signal.aborted || nowMs - this.#searchedAtMs < SEARCH_INTERVAL_MS) return undefined
    this.#isSearching = true
    this.#searchedAtMs = nowMs
    try {
      const known = await this.among(lanes, current)
      if (known !== undefined) return known
      const topology = await askForTopology(this.#addresses, this.#settings, this.#signal)
      return isNewer(topology, current) ? topology : undefined
    } catch (error) {
      if (!(error instanceof SluiceError)) throw error
      return undefined
    } finally {
      this.#isSearching = false
    }
  }
}
