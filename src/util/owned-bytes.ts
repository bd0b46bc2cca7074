// Values that a caller may keep: copies, so that they neither change with the buffer they came from nor pin it.
//
// An array of up to 64 bytes lies inside V8's heap and costs 45 to 60 ns. A larger one with an array buffer of its own
// takes 250 ns and more, so those up to a kilobyte share pages: 120 ns for 128 bytes. Copies never overlap, and nothing
// else is ever written to a page.

/** Bytes of a page. A kept value pins its page, so a page is small. */
const PAGE_BYTES = 16 * 1024

/** A value up to this size is allocated by itself, at no cost beside its own bytes. */
const INLINE_BYTES_MAX = 64

/** A larger value gets a buffer of its own. */
const SHARED_BYTES_MAX = 1_024

/** Copies byte ranges. */
export class OwnedBytes {
  #page = new Uint8Array(PAGE_BYTES)
  #used = 0

  /** A copy of `bytes[start, start + count)` that belongs to the caller. */
  copy(bytes: Uint8Array, start: number, count: number): Uint8Array {
    if (count <= INLINE_BYTES_MAX || count > SHARED_BYTES_MAX) return copySlice(bytes, start, start + count)
    if (this.#used + count > PAGE_BYTES) {
      this.#page = new Uint8Array(PAGE_BYTES)
      this.#used = 0
    }
    const at = this.#used
    this.#page.set(bytes.subarray(start, start + count), at)
    this.#used = at + count
    return new Uint8Array(this.#page.buffer, at, count)
  }
}

/** As `bytes.slice`, which for a `Buffer` is no copy. */
function copySlice(bytes: Uint8Array, start: number, end: number): Uint8Array {
  return Uint8Array.prototype.slice.call(bytes, start, end)
}
