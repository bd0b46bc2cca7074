// The value of a record follows from its rank and the sizes of values alone, so every reply can be checked without a
// copy of what was stored. Two parts, both derived from the rank:
//
//   stamp    32 bits that no other rank has, at both ends and at every 4 KiB in between: another record's value, a
//            torn one and a shifted one differ in at least one of them
//   pattern  pseudo-random bytes everywhere else, the same for all ranks that are equal modulo the template count
//
//   N >= 8   | stamp | pattern ... | stamp (at 4096) | pattern ... | stamp |
//   N < 8    | stamp, cut to N bytes | pattern |
//
// Writing a value of one size means writing its stamps over a ready-made template: two stores instead of N bytes. Where
// sizes vary, the stamps of one would lie in the middle of the next, so the template is copied first, and the value is a
// view of the copy. Checking the stamps takes a few nanoseconds and is done for every reply, comparing all bytes for a
// sample of them.

import { assert } from '../../util/assert.ts'
import { readU32, writeU32 } from '../../util/bytes.ts'
import { seededRandom } from '../../util/random.ts'
import { ValueSizer, valueBytesMost } from './value-sizes.ts'
import type { ValueSizes } from './workload-spec.ts'

const STAMP_BYTES = 4
const STAMP_STRIDE_BYTES = 4_096

/** Bytes from which a value has a stamp at its end as well. */
const TWO_STAMPS_BYTES = 2 * STAMP_BYTES

/** Templates for small values; of larger ones fewer, so that the templates keep to about a mebibyte. Powers of two. */
const TEMPLATES_MAX = 64
const TEMPLATES_MIN = 2
const TEMPLATES_BYTES_TARGET = 1024 * 1024

/** Every run writes the same values, so that a server which one run has filled can be checked by another. */
const PATTERN_SEED = 20_240_229

/** Makes and checks the values of one run; each client thread has its own. */
export class ValueTable {
  /** Undefined where all values have one size. */
  readonly #sizer: ValueSizer | undefined
  readonly #bytesMost: number
  readonly #templates: readonly Uint8Array[]
  readonly #templateMask: number
  /** Where sizes vary: room for the value, then all templates. */
  readonly #copies: Uint8Array

  constructor(sizes: ValueSizes) {
    const bytesMost = valueBytesMost(sizes)
    const count = templateCount(bytesMost)
    const isFixed = sizes.kind === 'fixed'
    this.#sizer = isFixed ? undefined : new ValueSizer(sizes)
    this.#bytesMost = bytesMost
    this.#templateMask = count - 1
    this.#copies = new Uint8Array(isFixed ? 0 : (1 + count) * bytesMost)
    const random = seededRandom(PATTERN_SEED)
    this.#templates = Array.from({ length: count }, (_, index) => {
      const start = (1 + index) * bytesMost
      const template = isFixed ? new Uint8Array(bytesMost) : this.#copies.subarray(start, start + bytesMost)
      random.fillBytes(template)
      return template
    })
  }

  /** Bytes of the value of a rank. */
  valueBytesOf(rank: number): number {
    return this.#sizer === undefined ? this.#bytesMost : this.#sizer.bytesOf(rank)
  }

  /** The value of a rank: valid until the next call, which may write to the same bytes. */
  value(rank: number): Uint8Array {
    if (this.#sizer !== undefined) return this.#copiedValue(rank, this.#sizer.bytesOf(rank))
    const template = this.#templates[rank & this.#templateMask] as Uint8Array
    writeStamps(template, this.#bytesMost, stampOf(rank))
    return template
  }

  /**
   * Whether `bytes` holds, from `start` on, a value of this rank, judged by its stamps. The length was checked before.
   */
  hasStamps(bytes: Uint8Array, start: number, rank: number): boolean {
    const size = this.valueBytesOf(rank)
    const stamp = stampOf(rank)
    if (size < TWO_STAMPS_BYTES) return hasShortStamp(bytes, start, size, stamp)
    if (readU32(bytes, start) !== stamp || readU32(bytes, start + size - STAMP_BYTES) !== stamp) return false
    return size <= STAMP_STRIDE_BYTES || hasInnerStamps(bytes, start, size, stamp)
  }

  /** Position of the first byte that is not that of the rank's value; -1 when there is none. */
  firstDifference(bytes: Uint8Array, start: number, rank: number): number {
    const expected = this.value(rank)
    for (let index = 0; index < expected.length; index++) {
      if (bytes[start + index] !== expected[index]) return index
    }
    return -1
  }

  #copiedValue(rank: number, size: number): Uint8Array {
    const copies = this.#copies
    const from = ((rank & this.#templateMask) + 1) * this.#bytesMost
    copies.copyWithin(0, from, from + size)
    writeStamps(copies, size, stampOf(rank))
    return copies.subarray(0, size)
  }
}

/** Bytes that the templates of one client thread take, and the copy of one where sizes vary. */
export function templateBytes(sizes: ValueSizes): number {
  const most = valueBytesMost(sizes)
  return (templateCount(most) + (sizes.kind === 'fixed' ? 0 : 1)) * most
}

function templateCount(bytesMost: number): number {
  let count = TEMPLATES_MAX
  while (count > TEMPLATES_MIN && count * bytesMost > TEMPLATES_BYTES_TARGET) count /= 2
  return count
}

/** A bijection of 32-bit numbers, also in its lower bytes alone, which does not give zero bytes to the first rank. */
function stampOf(rank: number): number {
  return (Math.imul(rank, 0x9e37_79b1) + 0x7f4a_7c15) >>> 0
}

function writeStamps(value: Uint8Array, size: number, stamp: number): void {
  if (size < TWO_STAMPS_BYTES) {
    for (let index = 0; index < size && index < STAMP_BYTES; index++) value[index] = stamp >>> (8 * index)
    return
  }
  for (let at = 0; at <= size - TWO_STAMPS_BYTES; at += STAMP_STRIDE_BYTES) writeU32(value, at, stamp)
  writeU32(value, size - STAMP_BYTES, stamp)
}

function hasShortStamp(bytes: Uint8Array, start: number, size: number, stamp: number): boolean {
  for (let index = 0; index < size && index < STAMP_BYTES; index++) {
    if (bytes[start + index] !== ((stamp >>> (8 * index)) & 0xff)) return false
  }
  return true
}

function hasInnerStamps(bytes: Uint8Array, start: number, size: number, stamp: number): boolean {
  for (let at = STAMP_STRIDE_BYTES; at <= size - TWO_STAMPS_BYTES; at += STAMP_STRIDE_BYTES) {
    if (readU32(bytes, start + at) !== stamp) return false
  }
  return true
}

assert((TEMPLATES_MAX & (TEMPLATES_MAX - 1)) === 0, 'a mask picks the template')
