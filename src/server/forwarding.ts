// Everything that passes between one thread and the others of its node: what it sends them, and what it executes for
// them. A client that reaches the node at its public port only meets whichever thread took the connection; each part of
// its frames is executed by the thread that owns the shard, as if it had come there by itself.

import { assert } from '../util/assert.ts'
import type { Clock } from '../util/clock.ts'
import { ForwardMailbox, ReplyBudget } from './forward-room.ts'
import type { FrameExecutor } from './frame-executor.ts'
import type { ServerLimits } from './limits.ts'
import type { ShardOwners } from './shard-owners.ts'
import type { RunAnswered, RunRequest, Siblings } from './siblings.ts'
import type { Traffic } from './thread-stats.ts'
import type { Waiter, WaitingLine } from './waiting-lines.ts'

/** What forwarding needs of its thread. */
export interface ForwardingOptions {
  readonly executor: FrameExecutor
  readonly slabLine: WaitingLine
  readonly clock: Clock
  readonly limits: ServerLimits
  readonly owners: ShardOwners
  /** Default: there are no other threads. */
  readonly siblings: Siblings | undefined
  readonly traffic: Traffic
}

/** One thread's forwarding. */
export class Forwarding {
  readonly executor: FrameExecutor
  readonly slabLine: WaitingLine
  readonly clock: Clock
  readonly owners: ShardOwners
  readonly budget: ReplyBudget
  readonly traffic: Traffic
  readonly #siblings: Siblings | undefined
  readonly #mailboxBytesMax: number
  /** By thread; made when the first run goes there. */
  readonly #mailboxes = new Map<number, ForwardMailbox>()

  constructor(options: ForwardingOptions) {
    this.executor = options.executor
    this.slabLine = options.slabLine
    this.clock = options.clock
    this.owners = options.owners
    this.traffic = options.traffic
    this.budget = new ReplyBudget(options.limits.forwardedReplyBytesMax)
    this.#siblings = options.siblings
    this.#mailboxBytesMax = options.limits.mailboxBytesMax
  }

  /** The way to another thread. */
  mailboxOf(thread: number): ForwardMailbox {
    assert(this.#siblings !== undefined, 'only a thread that has siblings sends them something')
    const mailbox = this.#mailboxes.get(thread) ?? new ForwardMailbox(this.#siblings, thread, this.#mailboxBytesMax)
    this.#mailboxes.set(thread, mailbox)
    return mailbox
  }

  /** Bytes of runs that were sent to other threads and are not answered. */
  get mailboxBytes(): number {
    let bytes = 0
    for (const { unansweredBytes } of this.#mailboxes.values()) bytes += unansweredBytes
    return bytes
  }

  /** Frames that wait for room in a mailbox: at most one of each connection. */
  get waitingForMailboxes(): number {
    let count = 0
    for (const { line } of this.#mailboxes.values()) count += line.waitingCount
    return count
  }

  /** Executes a run that another thread sent, now or when it is its turn for slabs. */
  execute(request: RunRequest, answer: RunAnswered): void {
    new ReceivedRun(this, request, answer).proceed()
  }
}

/** A run of another thread that is not executed yet. It answers even if nobody waits for it any more. */
class ReceivedRun implements Waiter {
  readonly #forwarding: Forwarding
  readonly #request: RunRequest
  readonly #answer: RunAnswered

  constructor(forwarding: Forwarding, request: RunRequest, answer: RunAnswered) {
    this.#forwarding = forwarding
    this.#request = request
    this.#answer = answer
  }

  proceed(): void {
    const { slabLine, executor, clock, traffic } = this.#forwarding
    if (!slabLine.isOpenTo(this)) {
      slabLine.wait(this)
      return
    }
    const { bytes, sectionCount, bytesMax } = this.#request
    const run = { bytes, start: 0, end: bytes.length, sectionCount }
    const operationsBefore = executor.operationsExecuted
    const reply = executor.answerRun(run, bytesMax, clock.nowMs())
    traffic.runsExecutedForSiblings++
    traffic.operationsExecutedForSiblings += executor.operationsExecuted - operationsBefore
    this.#answer(reply)
  }
}
