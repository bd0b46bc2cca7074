// The way to one shard thread: its connection, and the batcher of the promise calls that go there.

import type { Clock } from '../util/clock.ts'
import { SluiceError } from '../util/errors.ts'
import { Batcher, type BatcherOutlet } from './batcher.ts'
import { Connection } from './connection.ts'
import type { ControlKind } from './control-requests.ts'
import type { Greeting } from './handshake.ts'
import type { OutgoingFrame } from './outgoing-frame.ts'
import type { LaneTarget } from './routing.ts'

/** Who opens lanes, and learns what happens on them. */
export interface LaneOwner extends Omit<BatcherOutlet, 'isPrompt'> {
  readonly clock: Clock
  readonly framesInFlightMax: number
  /** Frames were answered on some lane, or a connection has ended. */
  onProgress(): void
  /** The lane's server says that operations belong elsewhere. */
  onMisrouted(lane: Lane): void
}

/** A lane. Without a greeting, since its thread could not be reached, everything on it fails. */
export class Lane {
  readonly target: LaneTarget
  readonly batcher: Batcher
  readonly connection: Connection | undefined

  constructor(target: LaneTarget, greeting: Greeting | undefined, owner: LaneOwner) {
    this.target = target
    this.batcher = new Batcher({
      isPrompt: () => this.connection === undefined || this.connection.isIdle || !this.connection.isOpen,
      open: () => owner.open(),
      send: (builder, settled) => owner.send(builder, settled),
    })
    if (greeting === undefined) return
    this.connection = new Connection(greeting, {
      clock: owner.clock,
      framesInFlightMax: owner.framesInFlightMax,
      onProgress: () => {
        this.batcher.onProgress()
        owner.onProgress()
      },
      onMisrouted: () => owner.onMisrouted(this),
    })
  }

  /** Sends a frame, or fails it. */
  submit(frame: OutgoingFrame): void {
    if (this.connection !== undefined) this.connection.submit(frame)
    else frame.fail(this.#unreached())
  }

  /** Sends a control request and resolves to the text of its reply. */
  request(kind: ControlKind, text = ''): Promise<string> {
    return this.connection?.request(kind, text) ?? Promise.reject(this.#unreached())
  }

  #unreached(): SluiceError {
    return new SluiceError('DISCONNECTED', `there is no connection to ${this.target.address}`)
  }
}
