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

  /** The topology of the first of the lanes' servers that has a newer one; undefined when none has. */
  async among(lanes: readonly Lane[], current: Topology): Promise<Topology | undefined> {
    const { clock, timeoutMs } = this.#settings
    for (const lane of new Set(lanes)) {
      if (!lane.isConnected) continue
      try {
        const ask = (): Promise<string> => lane.request(KIND_TOPOLOGY)
        const topology = topologyOf(await withDeadline(clock, timeoutMs, this.#signal, ask))
        if (isNewer(topology, current)) return topology
      } catch (error) {
        if (!(error instanceof SluiceError)) throw error
        // Another lane may know.
      }
    }
    return undefined
  }

  /** As `among`, and of the addresses that the client was given; undefined also when a search was made just before. */
  async anywhere(lanes: readonly Lane[], current: Topology): Promise<Topology | undefined> {
    const { clock, connectTimeoutMs } = this.#settings
    const nowMs = clock.monotonicMs()
    if (this.#isSearching || this.#signal.aborted || nowMs - this.#searchedAtMs < SEARCH_INTERVAL_MS) return undefined
    this.#isSearching = true
    this.#searchedAtMs = nowMs
    try {
      const known = await this.among(lanes, current)
      if (known !== undefined) return known
      const topology = await withDeadline(clock, connectTimeoutMs, this.#signal, (signal) =>
        askForTopology(this.#addresses, this.#settings, signal),
      )
      return isNewer(topology, current) ? topology : undefined
    } catch (error) {
      if (!(error instanceof SluiceError)) throw error
      return undefined
    } finally {
      this.#isSearching = false
    }
  }
}
