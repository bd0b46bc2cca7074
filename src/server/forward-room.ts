// What bounds the bytes that are on their way between two threads, both for the thread that sends. Whoever finds no room
// stands in a line; a thread never waits.
//
//   requests   a mailbox for each other thread: operations sent to it and not answered yet
//   replies    one budget: the largest reply is claimed before a frame's first run is executed, so that what was begun
//              can be finished, and what the reply turned out not to need is given back
//
//   invariant: both count exactly what was taken and not given back, and pass their limit only by what is alone in them.

import { assert } from '../util/assert.ts'
import type { RunAnswered, RunRequest, Siblings } from './siblings.ts'
import { type Waiter, WaitingLine } from './waiting-lines.ts'

/** Who waits for room in a mailbox. */
export interface RunSender extends Waiter {
  /** Bytes of the run that it is about to send. */
  readonly runBytes: number
}

/** Who waits for a part of the budget. */
export interface ReplyClaimant extends Waiter {
  /** Bytes of the largest reply that it may get. */
  readonly replyBytesMax: number
}

/** The way to one other thread. */
export class ForwardMailbox {
  readonly line: WaitingLine<RunSender>
  readonly #siblings: Siblings
  readonly #thread: number
  #unansweredBytes = 0

  constructor(siblings: Siblings, thread: number, bytesMax: number) {
    this.#siblings = siblings
    this.#thread = thread
    this.line = new WaitingLine(({ runBytes }) => {
      return this.#unansweredBytes === 0 || this.#unansweredBytes + runBytes <= bytesMax
    })
  }

  /** Bytes of the runs that were sent and are not answered. */
  get unansweredBytes(): number {
    return this.#unansweredBytes
  }

  /** Sends a run; the line was open to its sender. */
  send(request: RunRequest, answered: RunAnswered): void {
    const { byteLength } = request.bytes
    this.#unansweredBytes += byteLength
    this.#siblings.send(this.#thread, request, (reply) => {
      this.#unansweredBytes -= byteLength
      assert(this.#unansweredBytes >= 0, 'a run is answered once')
      this.line.advance()
      answered(reply)
    })
  }
}

/** The replies of one thread that other threads have a part in. */
export class ReplyBudget {
  readonly line: WaitingLine<ReplyClaimant>
  #claimedBytes = 0

  constructor(bytesMax: number) {
    this.line = new WaitingLine(({ replyBytesMax }) => {
      return this.#claimedBytes === 0 || this.#claimedBytes + replyBytesMax <= bytesMax
    })
  }

  get claimedBytes(): number {
    return this.#claimedBytes
  }

  /** Takes that many bytes; the line was open to their claimant. */
  claim(bytes: number): void {
    this.#claimedBytes += bytes
  }

  /** Gives back what is not needed any more. */
  give(bytes: number): void {
    this.#claimedBytes -= bytes
    assert(this.#claimedBytes >= 0, 'no byte is given back twice')
    this.line.advance()
  }
}
