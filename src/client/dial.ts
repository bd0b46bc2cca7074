// From an address to a connection that is ready for frames, and from addresses to a topology.

import { parseTopology } from '../cluster/parse-topology.ts'
import type { Topology } from '../cluster/topology.ts'
import { KIND_TOPOLOGY } from '../protocol/frame.ts'
import { SluiceError } from '../util/errors.ts'
import { Connection } from './connection.ts'
import { withDeadline } from './deadline.ts'
import { type Greeting, shakeHands } from './handshake.ts'
import type { Settings } from './options.ts'
import type { LaneTarget } from './routing.ts'

/** What came of dialling a shard thread. */
export interface Reached {
  readonly target: LaneTarget
  readonly greeting: Greeting | undefined
  /** Why there is no greeting; CLOSED when the signal has aborted. */
  readonly failure: SluiceError | undefined
}

/** Dials a target, for `connectTimeoutMs` at most. Never rejects. When the signal aborts, no channel stays open. */
export async function reach(target: LaneTarget, settings: Settings, outer?: AbortSignal): Promise<Reached> {
  const { clock, connectTimeoutMs } = settings
  try {
    const greeting = await withDeadline(clock, connectTimeoutMs, outer, (signal) =>
      dial(target.address, settings, signal),
    )
    return { target, greeting, failure: undefined }
  } catch (error) {
    if (!(error instanceof SluiceError)) throw error
    return { target, greeting: undefined, failure: error }
  }
}

/** Connects to an address and shakes hands. Rejects with CONNECT_FAILED, REFUSED or PROTOCOL. */
async function dial(address: string, settings: Settings, signal: AbortSignal): Promise<Greeting> {
  try {
    const channel = await settings.transport.connect(address, signal)
    return await shakeHands(channel, settings.introduction, signal)
  } catch (error) {
    if (error instanceof SluiceError) throw error
    throw new SluiceError('CONNECT_FAILED', `could not connect to ${address}`, { cause: error })
  }
}

/**
 * Asks the addresses in turn for their topology, each for `connectTimeoutMs` at most, until one has answered. Rejects as the
 * last one did.
 */
export async function askForTopology(
  addresses: readonly string[],
  settings: Settings,
  outer?: AbortSignal,
): Promise<Topology> {
  const { clock, connectTimeoutMs } = settings
  let failure = new SluiceError('INVALID_ARGUMENT', 'there is no address to connect to')
  for (const address of addresses) {
    try {
      return await withDeadline(clock, connectTimeoutMs, outer, (signal) => topologyFrom(address, settings, signal))
    } catch (error) {
      if (!(error instanceof SluiceError)) throw error
      failure = error
    }
    if (outer?.aborted === true) break
  }
  throw failure
}

/** The topology in the text of a TOPOLOGY_REPLY. Throws PROTOCOL when it is none. */
export function topologyOf(text: string): Topology {
  try {
    return parseTopology(JSON.parse(text))
  } catch (error) {
    throw new SluiceError('PROTOCOL', 'the server sent no valid topology', { cause: error })
  }
}

async function topologyFrom(address: string, settings: Settings, signal: AbortSignal): Promise<Topology> {
  const { clock, framesInFlightMax } = settings
  const greeting = await dial(address, settings, signal)
  const connection = new Connection(greeting, {
    clock,
    framesInFlightMax,
    resendUnknownWrites: false,
    // It carries no operations.
    onProgress() {},
    onMisrouted() {},
    onLeft() {},
    onLost() {},
  })
  const abort = (): void => connection.destroy(signal.reason)
  signal.addEventListener('abort', abort)
  try {
    return topologyOf(await connection.request(KIND_TOPOLOGY))
  } finally {
    signal.removeEventListener('abort', abort)
    // Nobody waits for it: it has nothing to finish.
    connection.destroy(new SluiceError('CLOSED', 'the topology is known'))
  }
}
