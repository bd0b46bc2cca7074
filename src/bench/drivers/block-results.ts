// The results of a block that was pipelined, as columns: filled in the order of the operations while replies arrive. Values
// stay where they were received.

import { STATUS_NUMBER, STATUS_VALUE } from '../../protocol/codes.ts'
import { assert } from '../../util/assert.ts'
import { decodeUtf8 } from '../../util/bytes.ts'
import type { OperationBlock } from '../workload/workload.ts'
import type { DrivenResults } from './driver.ts'
import type { ReceiveMemory } from './receive-memory.ts'

const NO_KINDS = new Uint8Array(0)

/** Results of one block; used for another one after `release`. */
export class BlockResults implements DrivenResults {
  /** Kinds of the block's operations. */
  kinds: Uint8Array = NO_KINDS
  /** Operations of the block. */
  count = 0
  /** How many of them are answered. */
  filled = 0
  /** What the first error reply said; undefined when there was none. */
  error: string | undefined
  readonly #memory: ReceiveMemory
  readonly #onRelease: (results: BlockResults) => void
  #isOpen = false
  #statuses = new Uint8Array(0)
  #starts = new Uint32Array(0)
  #ends = new Uint32Array(0)
  /** Which of `#sources` the value lies in. */
  #sourceIndexes = new Uint32Array(0)
  readonly #sources: Uint8Array[] = []
  #lastSource: Uint8Array | undefined

  /** @param onRelease Told when nothing of the results is used any more. */
  constructor(memory: ReceiveMemory, onRelease: (results: BlockResults) => void) {
    this.#memory = memory
    this.#onRelease = onRelease
  }

  /** Begins with the results of a block. */
  open(block: OperationBlock): void {
    assert(!this.#isOpen, 'results are released before they are used again')
    this.#isOpen = true
    this.kinds = block.kinds
    this.count = block.count
    this.filled = 0
    this.error = undefined
    if (block.count <= this.#statuses.length) return
    this.#statuses = new Uint8Array(block.count)
    this.#starts = new Uint32Array(block.count)
    this.#ends = new Uint32Array(block.count)
    this.#sourceIndexes = new Uint32Array(block.count)
  }

  /** The next operation has a result without a value. */
  add(status: number): void {
    this.#statuses[this.filled++] = status
  }

  /** The next operation's value, or the decimal text of its number, is `bytes[start, end)`. */
  addBytes(status: number, bytes: Uint8Array, start: number, end: number): void {
    if (bytes !== this.#lastSource) {
      this.#lastSource = bytes
      this.#sources.push(bytes)
      this.#memory.hold(bytes)
    }
    const index = this.filled
    this.#statuses[index] = status
    this.#starts[index] = start
    this.#ends[index] = end
    this.#sourceIndexes[index] = this.#sources.length - 1
    this.filled = index + 1
  }

  /** The next operation was answered with an error; the whole block counts as failed. */
  addError(text: string): void {
    this.error ??= text
    this.filled += 1
  }

  status(index: number): number {
    return this.#statuses[index] as number
  }

  source(index: number): Uint8Array {
    return this.#sources[this.#sourceIndexes[index] as number] as Uint8Array
  }

  valueStart(index: number): number {
    assert(this.#statuses[index] === STATUS_VALUE, 'only a result with status VALUE has a value')
    return this.#starts[index] as number
  }

  valueBytes(index: number): number {
    return (this.#ends[index] as number) - this.valueStart(index)
  }

  number(index: number): bigint {
    assert(this.#statuses[index] === STATUS_NUMBER, 'only a result with status NUMBER has a number')
    return BigInt(decodeUtf8(this.source(index), this.#starts[index] as number, this.#ends[index] as number))
  }

  release(): void {
    assert(this.#isOpen, 'results are released once')
    this.#isOpen = false
    for (const source of this.#sources) this.#memory.release(source)
    this.#sources.length = 0
    this.#lastSource = undefined
    this.kinds = NO_KINDS
    this.#onRelease(this)
  }
}
