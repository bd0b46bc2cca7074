// The other shard threads of a node, as a runtime sees them: it sends them runs of sections, and executes what they
// send. `sibling-ports.ts` carries this between threads, `LocalServer` inside one.

import type { RunReply } from './frame-executor.ts'

/** A run of sections that another thread is to execute. */
export interface RunRequest {
  /** The sections with their headers, checked by the sender. Alone in its buffer, which goes to the receiver. */
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly sectionCount: number
  /** Bytes of the largest reply. */
  readonly bytesMax: number
}

/** Takes the reply to a run; its buffer goes to the receiver. */
export type RunAnswered = (reply: RunReply) => void

/** The way to the other threads. */
export interface Siblings {
  /**
   * Has the thread execute a run. `answered` is called once, never from inside `send`; not at all when the thread ends,
   * which ends the node. Runs for one thread are executed in the order in which they were sent.
   */
  send(thread: number, request: RunRequest, answered: RunAnswered): void
}
