// Calls that wait for room in the queue to their server, before they are encoded. Each goes when it is its turn, in order,
// and keeps its time limit; one that has waited too long is not done.

import { SluiceError } from '../util/errors.ts'
import { Fifo } from './fifo.ts'

interface WaitingCall {
  readonly deadlineMs: number
  /** Encodes the call and settles its promise by it. */
  readonly go: () => void
  readonly fail: (error: SluiceError) => void
}

/** The waiting calls of one lane. */
export class CallLine {
  readonly #calls = new Fifo<WaitingCall>()

  get isEmpty(): boolean {
    return this.#calls.length === 0
  }

  /**
   * Resolves as `run` does, which is called with the deadline when it is this call's turn, or rejects with TIMEOUT at
   * `deadlineMs`.
   */
  wait<T>(deadlineMs: number, run: (deadlineMs: number) => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#calls.push({ deadlineMs, go: () => run(deadlineMs).then(resolve, reject), fail: reject })
    })
  }

  /** Lets calls go, one after the other, while there is room. */
  advance(hasRoom: () => boolean): void {
    while (this.#calls.length > 0 && hasRoom()) this.#calls.shift()?.go()
  }

  expire(nowMs: number): void {
    if ((this.#calls.peek()?.deadlineMs ?? Number.POSITIVE_INFINITY) > nowMs) return
    for (const call of this.#calls.takeAll()) {
      if (call.deadlineMs > nowMs) this.#calls.push(call)
      else call.fail(new SluiceError('TIMEOUT', 'the queue to the server stayed full'))
    }
  }
}
