// Questions that an agent has not answered yet, by their numbers.

import type { SluiceError } from '../../util/errors.ts'
import type { AgentAnswers, QuestionType } from './agent-messages.ts'

type Answer = AgentAnswers[QuestionType]

interface Waiter {
  resolve(answer: Answer): void
  reject(error: SluiceError): void
}

/** Each question is settled once; what is said of others, or again, is ignored. */
export class PendingQuestions {
  readonly #waiters = new Map<number, Waiter>()
  #asked = 0

  get count(): number {
    return this.#waiters.size
  }

  /** A further question: its number, and what becomes of it. */
  add(): { readonly number: number; readonly answer: Promise<Answer> } {
    const number = ++this.#asked
    const answer = new Promise<Answer>((resolve, reject) => {
      this.#waiters.set(number, { resolve, reject })
    })
    return { number, answer }
  }

  resolve(number: number, answer: Answer): void {
    this.#take(number)?.resolve(answer)
  }

  reject(number: number, error: SluiceError): void {
    this.#take(number)?.reject(error)
  }

  rejectAll(error: SluiceError): void {
    for (const number of [...this.#waiters.keys()]) this.reject(number, error)
  }

  #take(number: number): Waiter | undefined {
    const waiter = this.#waiters.get(number)
    this.#waiters.delete(number)
    return waiter
  }
}
