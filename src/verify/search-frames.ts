// The stack of a search, as columns: an object for each operation that is tried would be most of its work.

import type { KeyModel } from './key-model.ts'

/** What is needed to go back, for each operation that is done. */
export class SearchFrames {
  readonly #operations: Int32Array
  readonly #flags: Uint8Array
  readonly #values: Uint32Array
  readonly #versions: Uint32Array
  readonly #barriers: Int32Array
  readonly #lastDone: Int32Array

  constructor(count: number) {
    this.#operations = new Int32Array(count)
    this.#flags = new Uint8Array(count)
    this.#values = new Uint32Array(count)
    this.#versions = new Uint32Array(count)
    this.#barriers = new Int32Array(count)
    this.#lastDone = new Int32Array(count)
  }

  push(
    depth: number,
    operation: number,
    hasVanished: boolean,
    isForced: boolean,
    model: KeyModel,
    isAfterUnknown: boolean,
  ): void {
    this.#operations[depth] = operation
    this.#values[depth] = model.value
    this.#versions[depth] = model.version
    this.#flags[depth] =
      (hasVanished ? 1 : 0) | (isForced ? 2 : 0) | (isAfterUnknown ? 4 : 0) | (model.isMortal ? 8 : 0)
  }

  keep(depth: number, barrier: number, lastDone: number): void {
    this.#barriers[depth] = barrier
    this.#lastDone[depth] = lastDone
  }

  restore(depth: number, model: KeyModel): void {
    model.value = this.#values[depth] as number
    model.version = this.#versions[depth] as number
    model.isMortal = ((this.#flags[depth] as number) & 8) !== 0
  }

  operation(depth: number): number {
    return this.#operations[depth] as number
  }

  barrier(depth: number): number {
    return this.#barriers[depth] as number
  }

  lastDone(depth: number): number {
    return this.#lastDone[depth] as number
  }

  hasVanished(depth: number): boolean {
    return ((this.#flags[depth] as number) & 1) !== 0
  }

  isForced(depth: number): boolean {
    return ((this.#flags[depth] as number) & 2) !== 0
  }

  isAfterUnknown(depth: number): boolean {
    return ((this.#flags[depth] as number) & 4) !== 0
  }
}
