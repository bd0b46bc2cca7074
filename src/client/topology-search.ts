// Looks for a topology that is newer than the one in force: with the servers that the client is connected to, and where
// the client found its first one.
//
// A question belongs to the connection on which it was asked, and so does its answer. What an answer tells goes to `learn`,
// whenever it comes; but only an answer in time, from a server that was asked, counts for a search.

import type { Topology } from '../cluster/topology.ts'
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
  readonly #learn: (topology: Topology) => boolean
  #isSearching = false
  #searchedAtMs = Number.NEGATIVE_INFINITY

  /**
   * @param signal Ends every search.
   * @param learn Takes what a server has answered; returns whether that is newer than what was known.
   */
  constructor(
    addresses: readonly string[],
    settings: Settings,
    signal: AbortSignal,
    learn: (topology: Topology) => boolean,
  ) {
    this.#addresses = addresses
    this.#settings = settings
    this.#signal = signal
    this.#learn = learn
  }

  /**
   * Asks the servers of the lanes, the first ones of those that are connected, at once. Resolves to whether one of them had
   * something newer, when all have answered or their time is up.
   */
  async among(lanes: readonly Lane[]): Promise<boolean> {
    const connected = [...new Set(lanes)].filter(({ isConnected }) => isConnected).slice(0, LANES_ASKED_MAX)
    const news = await Promise.all(connected.map((lane) => this.#ask(lane)))
    return news.includes(true)
  }

  /** As `among`; if that is in vain, asks the addresses that the client was given. Does nothing when it was just called. */
  async anywhere(lanes: readonly Lane[]): Promise<void> {
    const nowMs = this.#settings.clock.monotonicMs()
    if (this.#isSearching || this.#signal.aborted || nowMs - this.#searchedAtMs < SEARCH_INTERVAL_MS) return
    this.#isSearching = true
    this.#searchedAtMs = nowMs
    try {
      if (await this.among(lanes)) return
      this.#learn(await askForTopology(this.#addresses, this.#settings, this.#signal))
    } catch (error) {
      if (!(error instanceof SluiceError)) throw error
    } finally {
      this.#isSearching = false
    }
  }

  /** Whether the server of the lane had something newer; false when it does not answer in time. */
  async #ask(lane: Lane): Promise<boolean> {
    // All of it is the work whose time is limited: an answer that comes too late is still learnt. A connection that ends
    // ends its question too, so no signal needs to.
    const ask = async (): Promise<boolean> => this.#learn(topologyOf(await lane.request(KIND_TOPOLOGY)))
    try {
      return await withDeadline(this.#settings.clock, ASK_MS_MAX, undefined, ask)
    } catch (error) {
      if (!(error instanceof SluiceError)) throw error
      return false
    }
  }
}
