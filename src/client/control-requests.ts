// Requests that are no operations: rare, so each has a promise. Replies come in the order of the requests, and each names the
// request that it answers.
//
// Of questions for the topology only one is under way on a connection: whoever asks meanwhile shares its answer. That one is
// as good as another would be: since replies come in order, it was asked behind every frame whose reply has come.

import { decodeControl } from '../protocol/control.ts'
import { KIND_ADMIN, KIND_ADMIN_REPLY, type KIND_TOPOLOGY, KIND_TOPOLOGY_REPLY } from '../protocol/frame.ts'
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
  /** The answer to the topology question that is under way. */
  #topology: Promise<string> | undefined

  /** Whether no caller waits for a reply. A topology question is the client's own, and not worth waiting for. */
  get isIdle(): boolean {
    return this.#waiting.length === (this.#topology === undefined ? 0 : 1)
  }

  /** Makes a request, which `send` sends and numbers, or joins the one under way; resolves to the text of its reply. */
  add(kind: ControlKind, send: () => number): Promise<string> {
    if (kind === KIND_ADMIN) return this.#sent(KIND_ADMIN_REPLY, send())
    this.#topology ??= this.#sent(KIND_TOPOLOGY_REPLY, send())
    return this.#topology
  }

  /** Takes the reply that the decoder has loaded. Throws PROTOCOL when it answers no request, or another one first. */
  answer({ kind, sequence, bytes, start, end }: FrameDecoder): void {
    const request = this.#waiting.peek()
    if (request?.sequence !== sequence || request.replyKind !== kind) throw protocolError('a reply is out of order')
    request.resolve(decodeControl(kind, bytes, start, end))
    this.#waiting.shift()
    if (kind === KIND_TOPOLOGY_REPLY) this.#topology = undefined
  }

  /** No reply will come any more. */
  fail(error: SluiceError): void {
    this.#topology = undefined
    for (const { reject } of this.#waiting.takeAll()) reject(error)
  }

  #sent(replyKind: number, sequence: number): Promise<string> {
    return new Promise((resolve, reject) => this.#waiting.push({ sequence, replyKind, resolve, reject }))
  }
}
