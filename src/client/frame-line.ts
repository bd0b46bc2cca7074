// Batches that may not go to their lanes yet, because a lane is full, or is being routed anew. One that waits blocks only
// the lanes that it is for: what comes later for these stays behind it, so that order holds on each lane.

import type { RoutedFrame } from './batch-builder.ts'
import type { OutgoingFrame } from './outgoing-frame.ts'

/** The frames of one batch. */
type Entry = readonly RoutedFrame[]

/** Batches in the order in which they came. */
export class FrameLine {
  #entries: Entry[] = []

  get isEmpty(): boolean {
    return this.#entries.length === 0
  }

  add(frames: Entry): void {
    this.#entries.push(frames)
  }

  /** Whether frames for these lanes have to stand behind others. */
  blocks(frames: Entry): boolean {
    return this.#entries.some((entry) => entry.some(({ lane }) => frames.some((other) => other.lane === lane)))
  }

  /** Takes the batches out whose turn it is, in order. `isFree` is asked again behind each, since it may fill a lane. */
  takeWhile(isFree: (lane: number) => boolean, take: (frames: Entry) => void): void {
    const blocked = new Set<number>()
    const entries = this.#entries
    this.#entries = []
    for (const entry of entries) {
      if (entry.every(({ lane }) => !blocked.has(lane) && isFree(lane))) {
        take(entry)
      } else {
        for (const { lane } of entry) blocked.add(lane)
        this.#entries.push(entry)
      }
    }
  }

  /** Puts other frames in the place of each batch's: the lanes have other numbers now. */
  replace(routed: (frames: readonly OutgoingFrame[]) => Entry): void {
    this.#entries = this.#entries.map((entry) => routed(entry.map(({ frame }) => frame)))
  }

  /** Shows every frame to `end`, which may end it; batches that have no other frame leave. */
  giveUp(end: (frame: OutgoingFrame) => void): void {
    for (const entry of this.#entries) for (const { frame } of entry) if (!frame.isSettled) end(frame)
    this.#entries = this.#entries.filter((entry) => entry.some(({ frame }) => !frame.isSettled))
  }
}
