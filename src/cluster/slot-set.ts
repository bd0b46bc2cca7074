// A set of slots, as one bit each: bit `slot & 7` of byte `slot >> 3`, which is how engines take it.

import { SLOT_COUNT } from './slot.ts'
import type { SlotRange } from './topology.ts'

/** An immutable set of slots. */
export class SlotSet {
  /** The bits; not to be written to. */
  readonly bytes: Uint8Array

  constructor(bytes: Uint8Array = new Uint8Array(SLOT_COUNT / 8)) {
    this.bytes = bytes
  }

  /** The slots of the ranges. */
  static of(ranges: readonly SlotRange[]): SlotSet {
    const bytes = new Uint8Array(SLOT_COUNT / 8)
    for (const [first, last] of ranges) {
      for (let slot = first; slot <= last; slot++) bytes[slot >> 3] = (bytes[slot >> 3] as number) | (1 << (slot & 7))
    }
    return new SlotSet(bytes)
  }

  /** The slots of a list. */
  static ofSlots(slots: readonly number[]): SlotSet {
    return SlotSet.of(slots.map((slot) => [slot, slot]))
  }

  get isEmpty(): boolean {
    return this.bytes.every((byte) => byte === 0)
  }

  /** Slots in the set. */
  get size(): number {
    let size = 0
    for (let slot = 0; slot < SLOT_COUNT; slot++) if (this.has(slot)) size++
    return size
  }

  has(slot: number): boolean {
    return ((this.bytes[slot >> 3] as number) & (1 << (slot & 7))) !== 0
  }

  equals(other: SlotSet): boolean {
    return this.bytes.every((byte, at) => byte === other.bytes[at])
  }

  /** The slots that are in this set or in the other. */
  union(other: SlotSet): SlotSet {
    return new SlotSet(this.bytes.map((byte, at) => byte | (other.bytes[at] as number)))
  }

  /** The slots that are in both sets. */
  intersection(other: SlotSet): SlotSet {
    return new SlotSet(this.bytes.map((byte, at) => byte & (other.bytes[at] as number)))
  }

  /** The slots of this set that are not in the other. */
  without(other: SlotSet): SlotSet {
    return new SlotSet(this.bytes.map((byte, at) => byte & ~(other.bytes[at] as number)))
  }

  /** The slots in order. */
  toSlots(): number[] {
    return this.toRanges().flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, at) => first + at))
  }

  /** The slots as the fewest ranges, in order. */
  toRanges(): SlotRange[] {
    const ranges: SlotRange[] = []
    for (let slot = 0; slot < SLOT_COUNT; slot++) {
      if (!this.has(slot)) continue
      const first = slot
      while (slot + 1 < SLOT_COUNT && this.has(slot + 1)) slot++
      ranges.push([first, slot])
    }
    return ranges
  }
}
