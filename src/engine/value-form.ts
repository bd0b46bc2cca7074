// In which form a store hands out keys and values: as text, or as bytes of the caller's own.

import { OwnedBytes } from '../util/owned-bytes.ts'

/** One piece of memory, seen in three ways. */
export interface Source {
  /** Copied from: a `Buffer` takes twice as long. */
  readonly bytes: Uint8Array
  /** Decodes a range of text without a view of it. */
  readonly text: Buffer
  /** Reads numbers of 64 bits. */
  readonly numbers: DataView
}

/** Sees `bytes` bytes of `memory` from `start` on. */
export function sourceOf(memory: ArrayBufferLike, start: number, bytes: number): Source {
  return {
    bytes: new Uint8Array(memory, start, bytes),
    text: Buffer.from(memory, start, bytes),
    numbers: new DataView(memory, start, bytes),
  }
}

/** Makes what the caller gets of the bytes [start, end) of a source. */
export interface ValueForm<Form> {
  read(source: Source, start: number, end: number): Form
}

/** UTF-8; a malformed sequence becomes U+FFFD. */
export const TEXT_FORM: ValueForm<string> = {
  read: ({ text }, start, end) => text.toString('utf8', start, end),
}

/** Copies. */
export class BytesForm implements ValueForm<Uint8Array> {
  readonly #owned = new OwnedBytes()

  read({ bytes }: Source, start: number, end: number): Uint8Array {
    return this.#owned.copy(bytes, start, end - start)
  }
}
