// What is noted of every section that was executed: how many operations it had, and now and then one of its keys.
//
// Each operation is sampled with the same chance, one in OPERATIONS_PER_SAMPLE, whatever the others are: the gaps
// between samples are geometric. So the sample has no bias, neither for a place in a section nor for large or small
// sections nor for callers whose operations repeat at some distance; only operations that were not executed are never
// in it. The gap is counted over the sections, and the operation is found through the list that the engine keeps of
// its section, without a walk.
//
// Cost: an increment, a subtraction and a comparison a section; a sample takes an operation apart, makes a text of its
// key and looks at up to HOT_KEYS_MAX counters, some hundred nanoseconds at most by their count, which is a fraction of
// a nanosecond for each of the operations that it stands for.

import { FRAME_OPS_MAX } from '../protocol/limits.ts'
import { decodeOperation } from '../protocol/operation-walk.ts'
import { assert } from '../util/assert.ts'
import type { Random } from '../util/random.ts'
import { type HotKey, HotKeys } from './hot-keys.ts'

/** Operations that one sample stands for. */
export const OPERATIONS_PER_SAMPLE = 1_024

/** Sizes of sections are counted by powers of two: the last one is FRAME_OPS_MAX. */
export const SECTION_SIZES = 16

/** What a watch needs of an engine that has just executed a section. */
export interface ExecutedSection {
  /** Operations that were executed. */
  readonly resultCount: number
  /** The bytes of its operations. */
  readonly request: Uint8Array
  /** Where in `request` an operation begins. */
  stagedAt(index: number): number
}

/** Watches the sections of one thread. */
export class SectionWatch {
  readonly #random: Random
  readonly #hotKeys: HotKeys
  readonly #sizes = new Float64Array(SECTION_SIZES)
  /** Operations that pass before the next one that is sampled. */
  #untilSample: number

  /** @param random Decides which operations are sampled. Not guessable by clients, or they could evade it. */
  constructor(random: Random, hotKeys = new HotKeys()) {
    this.#random = random
    this.#hotKeys = hotKeys
    this.#untilSample = this.#gap() - 1
  }

  /**
   * Sections by the operations that were executed of them: place n has those of at most 2^n and more than 2^(n - 1),
   * place 0 those of one or none.
   */
  sizes(): number[] {
    return [...this.#sizes]
  }

  /** The keys that came most, hottest first. */
  hotKeys(): HotKey[] {
    return this.#hotKeys.list()
  }

  /** Notes the section that the engine has just executed, before another one is staged. */
  note(engine: ExecutedSection): void {
    const count = engine.resultCount
    const size = count < 2 ? 0 : 32 - Math.clz32(count - 1)
    this.#sizes[size] = (this.#sizes[size] as number) + 1
    while (this.#untilSample < count) {
      this.#hotKeys.add(keyAt(engine, this.#untilSample))
      this.#untilSample += this.#gap()
    }
    this.#untilSample -= count
  }

  /** Operations from one sample to the next, at least 1: geometric, with a mean of OPERATIONS_PER_SAMPLE. */
  #gap(): number {
    const chance = 1 - this.#random.nextFloat()
    return 1 + Math.floor(Math.log(chance) / Math.log1p(-1 / OPERATIONS_PER_SAMPLE))
  }
}

/** The key of an operation, undefined when it has none. A view. */
function keyAt(engine: ExecutedSection, index: number): Uint8Array | undefined {
  const { request } = engine
  const { row, key } = decodeOperation(request, engine.stagedAt(index), request.length)
  return row.hasKey ? key : undefined
}

assert(2 ** (SECTION_SIZES - 1) === FRAME_OPS_MAX, 'the largest section has a place')
