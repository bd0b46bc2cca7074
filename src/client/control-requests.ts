// Requests that are no operations: rare, so each has a promise. Replies come in the order of the requests.

import { decodeControl } from '../protocol/control.ts'
import { type KIND_ADMIN, KIND_ADMIN_REPLY, KIND_TOPOLOGY, KIND_TOPOLOGY_REPLY } from '../protocol/frame.ts'
import type { FrameDecoder } from '../protocol/frame-decoder.ts'
import { protocolError } from '../protocol/protocol-error.ts'
import type { SluiceError } from '../util/errors.ts'
import { Fifo } from './fifo.ts'

/** The kinds of request. */
export type ControlKind = typeof KIND_TOPOLOGY | typeof KIND_ADMIN

interface ControlRequest {
  readonly sequence: number
  readonly replyKind: number
  readonly resolve: (text: string) => void
  readonly reject: (error: SluiceError) => void
}

/** The control requests of one connection that were sent and not answered. */
export class ControlRequests {
  readonly #waiting = new Fifo<ControlRequest>()

  /** Requests that wait for their reply. */
  get count(): number {
    return this.#waiting.length
  }

  /** A request was sent; resolves to the text of its reply. */
  add(kind: ControlKind, sequence: number): Promise<string> {
    const replyKind = kind === KIND_TOPOLOGY ? KIND_TOPOLOGY_REPLY : KIND_ADMIN_REPLY
    return new Promise((resolve, reject) => this.#waiting.push({ sequence, replyKind, resolve, reject }))
  }

  /** Takes the reply that the decoder has loaded. Throws PROTOCOL when it answers no request, or another one first. */
  answer({ kind, sequence, bytes, start, end }: FrameDecoder): void {
    const request = this.#waiting.peek()
    if (request?.sequence !== sequence || request.replyKind !== kind) throw protocolError('a reply is out of order')
    request.resolve(decodeControl(kind, bytes, start, end))
    this.#waiting.shift()
  }

  /** No reply will come any more. */
  fail(error: SluiceError): void {
    for (const { reject } of this.#waiting.takeAll()) reject(error)
  }
}
