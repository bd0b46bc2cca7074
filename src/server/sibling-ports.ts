// The ways between the shard threads of a node: one message port for each pair. The supervisor makes the ports and hands
// each end over at the start; it sees nothing of what passes.
//
// A thread that has drained may still be asked by siblings that have not. So each end says when its thread is finished,
// and is closed when both are: nothing keeps the thread alive then.

import { MessageChannel, type MessagePort } from 'node:worker_threads'
import { assert } from '../util/assert.ts'
import type { RunReply } from './frame-executor.ts'
import type { RunAnswered, RunRequest, Siblings } from './siblings.ts'

/** By thread; none at the thread's own place. */
export type PortsToSiblings = readonly (MessagePort | undefined)[]

/** Executes a run and answers it once. */
export type ExecuteRun = (request: RunRequest, answer: RunAnswered) => void

type Message =
  | ({ readonly kind: 'run'; readonly number: number } & RunRequest)
  | ({ readonly kind: 'reply'; readonly number: number } & RunReply)
  /** The sender needs nothing more. */
  | { readonly kind: 'finished' }

/** The ends of the ports of all pairs, by the thread that each is for. */
export function siblingPorts(threadCount: number): PortsToSiblings[] {
  const ports = Array.from({ length: threadCount }, () =>
    new Array<MessagePort | undefined>(threadCount).fill(undefined),
  )
  for (const [thread, own] of ports.entries()) {
    for (const [sibling, other] of ports.entries()) {
      if (sibling <= thread) continue
      const { port1, port2 } = new MessageChannel()
      own[sibling] = port1
      other[thread] = port2
    }
  }
  return ports
}

/** What one thread holds of them. */
export class SiblingPorts implements Siblings {
  readonly #links: readonly (Link | undefined)[]

  /** @param execute Executes what the siblings send. */
  constructor(ports: PortsToSiblings, execute: ExecuteRun) {
    this.#links = ports.map((port) => (port === undefined ? undefined : new Link(port, execute)))
  }

  send(thread: number, request: RunRequest, answered: RunAnswered): void {
    const link = this.#links[thread]
    assert(link !== undefined, 'there is a port to every sibling')
    link.send(request, answered)
  }

  /** Nothing will be sent any more. Siblings are answered until they are finished too. */
  finish(): void {
    for (const link of this.#links) link?.finish()
  }
}

/** One end of one port. */
class Link {
  readonly #port: MessagePort
  readonly #execute: ExecuteRun
  readonly #unanswered = new Map<number, RunAnswered>()
  #lastNumber = 0
  #isFinished = false
  #isSiblingFinished = false

  constructor(port: MessagePort, execute: ExecuteRun) {
    this.#port = port
    this.#execute = execute
    // Both ends run the same version of this file, so what arrives is believed.
    port.on('message', (message: Message) => this.#take(message))
  }

  send(request: RunRequest, answered: RunAnswered): void {
    const number = ++this.#lastNumber
    this.#unanswered.set(number, answered)
    this.#post({ kind: 'run', number, ...request }, request.bytes)
  }

  finish(): void {
    if (this.#isFinished) return
    this.#isFinished = true
    this.#post({ kind: 'finished' })
    this.#closeIfDone()
  }

  #take(message: Message): void {
    switch (message.kind) {
      case 'run': {
        const { number } = message
        this.#execute(message, (reply) => this.#post({ kind: 'reply', number, ...reply }, reply.bytes))
        break
      }
      case 'reply': {
        const answered = this.#unanswered.get(message.number)
        assert(answered !== undefined, 'a run is answered once')
        this.#unanswered.delete(message.number)
        answered(message)
        break
      }
      case 'finished':
        this.#isSiblingFinished = true
        this.#closeIfDone()
        break
    }
  }

  /** Hands the message over, with the buffer of its bytes. */
  #post(message: Message, bytes?: Uint8Array<ArrayBuffer>): void {
    this.#port.postMessage(message, bytes === undefined ? [] : [bytes.buffer])
  }

  #closeIfDone(): void {
    if (this.#isFinished && this.#isSiblingFinished) this.#port.close()
  }
}
