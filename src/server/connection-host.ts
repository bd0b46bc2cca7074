// What the connections of one thread share: their only way to reach anything outside themselves.

import type { Clock } from '../util/clock.ts'
import type { ControlReplies } from './control-replies.ts'
import type { Forwarding } from './forwarding.ts'
import type { FrameExecutor } from './frame-executor.ts'
import type { FrameTimes } from './frame-times.ts'
import type { Gate } from './gate.ts'
import type { ServerFacts } from './handshake.ts'
import type { ServerLimits } from './limits.ts'
import type { Logger } from './logger.ts'
import type { Refusals } from './refusals.ts'
import type { ReplyWriter } from './reply-writer.ts'
import type { Traffic } from './thread-stats.ts'
import type { LargeFramePlaces, WaitingLine } from './waiting-lines.ts'

/** The thread, as a connection sees it. */
export interface ConnectionHost {
  readonly clock: Clock
  readonly limits: ServerLimits
  readonly logger: Logger
  readonly facts: ServerFacts
  readonly gate: Gate
  readonly writer: ReplyWriter
  readonly executor: FrameExecutor
  readonly forwarding: Forwarding
  readonly control: ControlReplies
  /** The line for reply slabs, enough for any one frame. */
  readonly slabLine: WaitingLine
  readonly largeFrames: LargeFramePlaces
  readonly traffic: Traffic
  readonly refusals: Refusals
  readonly frameTimes: FrameTimes
  /** The connection with this number has said a good hello; called once. */
  onIntroduced(connectionNumber: number): void
  /** The channel of the connection with this number is closed; called once. */
  onClosed(connectionNumber: number): void
}
